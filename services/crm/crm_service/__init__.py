"""The crm service: owns accounts, contacts, opportunities and the product catalogue."""
