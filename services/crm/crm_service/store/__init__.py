"""The crm database: its tables and its SQL."""
