"""The settings service: owns the configuration, which all other services follow."""
