"""Alembic's entry for the settings database."""

from kit.db.migrations import run_migrations
from settings_service.store.tables import METADATA

run_migrations(METADATA)
