"""Alembic's entry for the leads database."""

from kit.db.migrations import run_migrations
from leads_service.store.tables import METADATA

run_migrations(METADATA)
