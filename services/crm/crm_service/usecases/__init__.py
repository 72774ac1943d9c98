"""One function for each thing that can be asked of the crm service; the caller owns the transaction."""
