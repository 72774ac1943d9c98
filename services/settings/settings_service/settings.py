"""Configuration of the settings service."""

from kit.config import DatabaseSettings, GrpcSettings, TokenSettings


class SettingsServiceSettings(GrpcSettings, DatabaseSettings, TokenSettings):
    """What the settings service needs: its database, and how tokens are checked."""
