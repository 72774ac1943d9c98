"""The leads database: migrations and the tables that the code knows are the same."""

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from kit.db.database import sqlalchemy_url
from kit.db.migrations import migrate
from leads_service.main import MIGRATIONS
from leads_service.store.tables import METADATA


def test_the_migrations_make_the_tables_that_the_code_knows(leads_url: str) -> None:
    engine = sa.create_engine(sqlalchemy_url(leads_url), poolclass=sa.NullPool)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_migrating_again_changes_nothing(leads_url: str) -> None:
    migrate(MIGRATIONS, leads_url)
    engine = sa.create_engine(sqlalchemy_url(leads_url), poolclass=sa.NullPool)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
