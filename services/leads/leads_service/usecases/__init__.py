"""One function for each thing that can be asked: loads, lets the domain decide, stores. None of them commits."""
