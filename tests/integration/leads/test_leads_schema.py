"""The leads database: migrations and the tables that the code knows are the same."""

from collections.abc import Callable

import psycopg
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext

from kit.db.database import sqlalchemy_url
from kit.db.migrations import migrate
from leads_service.domain.email_key import email_key
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


BEFORE = """INSERT INTO leads (id, email, priority, pipeline_id, stage_id, custom_fields, stage_field_values, status,
                score, score_breakdown, qualified, version, created_by, created_at, updated_at)
            SELECT gen_random_uuid(), email, 'low', gen_random_uuid(), gen_random_uuid(), '{}', '{}', 'open', 0, '[]',
                false, 1, gen_random_uuid(), now(), now()
            FROM unnest(%s::text[]) AS email"""


def test_addresses_that_were_there_before_are_compared_as_new_ones_are(create_database: Callable[[str], str]) -> None:
    url = create_database("leads_before_email_keys")
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["url"] = url
    command.upgrade(config, "0003")
    beyond = ["Alice@MÜNCHEN.de", "JÜRGEN@startup.io", "alice@ſtartup_.io"]
    with psycopg.connect(url) as connection:
        connection.execute(BEFORE, ([*beyond, "Alice@Startup.io", None],))
    migrate(MIGRATIONS, url)
    with psycopg.connect(url) as connection:
        found: dict[str, str | None] = dict(
            connection.execute("SELECT email, email_key FROM leads WHERE email IS NOT NULL").fetchall()
        )
    assert found == {email: email_key(email) for email in beyond} | {"Alice@Startup.io": None}
