"""What starters and workflows agree on. Imports nothing but the standard library: it is passed through the sandbox."""
