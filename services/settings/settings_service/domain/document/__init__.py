"""The settings document: its shape, what must hold between its parts, and how changes are merged into it."""
