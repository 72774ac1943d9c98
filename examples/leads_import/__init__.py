"""Imports leads from a CSV file through the REST API; the command is `examples/import_leads.py`."""
