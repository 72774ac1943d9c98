"""SQL and nothing else: rows in, domain objects out."""
