"""The rules of leads: pure, on frozen data, with the present as an argument."""
