"""The rules of the records, pure: what they may hold, and which of them are the same company or person."""
