"""One function for each thing that can be asked. They neither open nor commit transactions."""
