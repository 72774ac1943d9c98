"""Alembic's entry for the crm database."""

from crm_service.store.tables import METADATA
from kit.db.migrations import run_migrations

run_migrations(METADATA)
