"""Applying a service's Alembic migrations: by its ``migrate`` command, never by serving.

Alembic is imported where it is used: a process that serves has no use for its memory.
"""

from pathlib import Path

import sqlalchemy as sa

from kit.db.database import sqlalchemy_url

_LOCK = 5_060_102_030
_TIMEOUTS = ("SET lock_timeout = '5s'", "SET statement_timeout = '10min'")


def migrate(scripts: Path, url: str) -> None:
    """Bring the database to the newest revision; replicas that do so at once wait for each other."""
    from alembic import command  # noqa: PLC0415 - see above
    from alembic.config import Config  # noqa: PLC0415 - see above

    config = Config()
    config.set_main_option("script_location", str(scripts))
    config.attributes["url"] = url
    command.upgrade(config, "head")


def run_migrations(metadata: sa.MetaData) -> None:
    """The body of each service's ``migrations/env.py``."""
    from alembic import context  # noqa: PLC0415 - see above

    engine = sa.create_engine(sqlalchemy_url(context.config.attributes["url"]), poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.execute(sa.select(sa.func.pg_advisory_lock(_LOCK)))
        for statement in _TIMEOUTS:
            connection.execute(sa.text(statement))
        connection.commit()
        context.configure(connection=connection, target_metadata=metadata, transaction_per_migration=True)
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()
