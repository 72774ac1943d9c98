"""Configuration of the crm service."""

from kit.config import DatabaseSettings, GrpcSettings, TokenSettings


class CrmSettings(GrpcSettings, DatabaseSettings, TokenSettings):
    """What the crm service needs: its database, and how tokens are checked."""
