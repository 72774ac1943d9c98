"""The rules of the configuration, pure: what an entry may be, and what a change of one does to its neighbours."""
