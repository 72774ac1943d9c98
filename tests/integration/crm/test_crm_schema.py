"""The database: the migration makes what the tables say, and every question that is asked of it has its index."""

from collections.abc import Callable

import psycopg
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from crm_service.main import MIGRATIONS
from crm_service.store.tables import METADATA
from kit.db.database import sqlalchemy_url
from kit.db.migrations import migrate
from kit.ids import new_id
from tests.integration.crm.conftest import crm_replica
from tests.integration.crm.crm_door import (
    PIPELINE,
    SORTS,
    STAGE,
    Conversion,
    CrmDoor,
    document,
    member,
    note,
    sold,
    unique,
)
from tests.support.waiting import eventually

_FILL = (
    """INSERT INTO accounts (id, name, name_key, email_domain, owner_id)
       SELECT gen_random_uuid(), 'Company ' || n, 'company ' || n, n || '.example', gen_random_uuid()
       FROM generate_series(1, 4000) n""",
    """INSERT INTO contacts (id, account_id, last_name, first_name, email, email_key, phone_e164, owner_id)
       SELECT gen_random_uuid(), id, name, name, name_key, name_key, '+49' || row_number() OVER (), owner_id
       FROM accounts""",
    """INSERT INTO opportunities (id, account_id, contact_id, name, pipeline_id, stage_id, currency, value, owner_id)
       SELECT gen_random_uuid(), account_id, id, last_name, id, id, 'EUR', row_number() OVER (), owner_id
       FROM contacts""",
    """INSERT INTO products (id, name, sku, unit_price, is_active)
       SELECT gen_random_uuid(), 'Product ' || n, 'SKU ' || n, 1, true FROM generate_series(1, 4000) n""",
    """INSERT INTO record_notes (id, conversion_id, account_id, content, created_by, created_at)
       SELECT gen_random_uuid(), gen_random_uuid(), id, 'x', id, now() FROM accounts""",
    """INSERT INTO record_notes (id, conversion_id, contact_id, content, created_by, created_at)
       SELECT gen_random_uuid(), gen_random_uuid(), id, 'x', id, now() FROM contacts""",
    """INSERT INTO record_notes (id, conversion_id, opportunity_id, content, created_by, created_at)
       SELECT gen_random_uuid(), gen_random_uuid(), id, 'x', id, now() FROM opportunities""",
    """INSERT INTO record_documents
       SELECT conversion_id, account_id, contact_id, opportunity_id, id, id, 'x', 'x', 1, created_by, created_at
       FROM record_notes""",
    """INSERT INTO record_members
       SELECT conversion_id, account_id, contact_id, opportunity_id, id, 'x', created_by, created_at
       FROM record_notes""",
    """INSERT INTO opportunity_lines
       SELECT id, 0, id, id, 'x', 1, 1, 0, 1 FROM opportunities""",
    """INSERT INTO conversion_records (conversion_id, kind, record_id, made)
       SELECT gen_random_uuid(), 'account', id, true FROM accounts""",
    """INSERT INTO opportunity_moves (retirement_id, opportunity_id, pipeline_id, stage_id, to_pipeline_id, to_stage_id)
       SELECT gen_random_uuid(), id, id, id, id, id FROM opportunities""",
    "INSERT INTO undone_retirements (retirement_id) SELECT id FROM opportunities",
)


_SHAPE = (
    """SELECT table_name, column_name, data_type, numeric_precision, numeric_scale, is_nullable, is_identity,
              column_default, generation_expression, collation_name
       FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'alembic_version'""",
    "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'alembic_version'",
    """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
       WHERE connamespace = 'public'::regnamespace AND conrelid <> 'alembic_version'::regclass""",
)


def shape(url: str) -> list[list[tuple[object, ...]]]:
    """The columns, indexes and constraints of a database."""
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS alembic_version (version_num text)")
        return [sorted(connection.execute(query).fetchall(), key=repr) for query in _SHAPE]


def folding(url: str) -> str:
    """How the function is made that takes case and accents out of a text."""
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT pg_get_functiondef('crm_folded(text)'::regprocedure)").fetchone()
    return str(row[0]) if row else ""


def test_the_migration_makes_what_the_tables_say(crm_url: str, create_database: Callable[[str], str]) -> None:
    url = create_database("crm_from_tables")
    engine = sa.create_engine(sqlalchemy_url(url), poolclass=sa.NullPool)
    with engine.begin() as connection:
        for extension in ("pg_trgm", "unaccent"):
            connection.execute(sa.text(f"CREATE EXTENSION {extension}"))
        # Of what computed columns are computed by, the tables know the name only.
        connection.exec_driver_sql(folding(crm_url))
        METADATA.create_all(connection)
    migrated = shape(crm_url)
    assert all(migrated)
    assert migrated == shape(url)


def test_migrating_again_changes_nothing(crm_url: str) -> None:
    before = shape(crm_url)
    migrate(MIGRATIONS, crm_url)
    assert shape(crm_url) == before


def test_what_the_version_before_kept_is_found_without_accents(create_database: Callable[[str], str]) -> None:
    url, found = create_database("crm_before_copies"), {}
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["url"] = url
    command.upgrade(config, "0002")
    with psycopg.connect(url) as connection:
        connection.execute("INSERT INTO accounts (id, name, name_key) VALUES (gen_random_uuid(), 'Größe Öst', 'x')")
        connection.execute("INSERT INTO contacts (id, last_name, email) VALUES (gen_random_uuid(), 'Ägir', 'Ä@x')")
    migrate(MIGRATIONS, url)
    with psycopg.connect(url) as connection:
        for table in ("accounts", "contacts"):
            found[table] = connection.execute(f"SELECT search_text, custom_fields FROM {table}").fetchone()  # noqa: S608
    assert found == {"accounts": ("grosse ost", {}), "contacts": (" agir\na@x", {})}


async def ask_everything(door: CrmDoor) -> None:
    """Every list, match, step and move, for single ones out of thousands."""
    for list_ in (door.accounts, door.contacts, door.opportunities, door.products):
        await list_()
        await list_("t 3977" if list_ == door.products else "y 3977")
    (account,) = (await door.accounts("Company 3977")).accounts
    await door.contacts(account_id=account.id)
    await door.opportunities(account_id=account.id)
    for name, sorts in SORTS.items():
        for by in sorts:
            await getattr(door, name)(sort_by=by)
    (contact,) = (await door.contacts(emails=["company 77"])).contacts
    (deal,) = (await door.opportunities(contact_ids=[contact.id])).opportunities
    for which in ({"pipeline_ids": [deal.pipeline_id]}, {"stage_ids": [deal.stage_id]}, {"owner_ids": ["me"]}):
        await door.opportunities(**which)
    await door.contacts(owner_ids=["me"])
    await door.accounts(owner_ids=["me"])
    await door.accounts(email_domains=["9.example"])
    await door.products(is_active=False)
    await door.match(email="company 1", phone_e164="+4977", company="Nobody", email_domain="17.example")
    product = await door.add_product(name="New", sku="New", unit_price="1")
    assert await door.product(product.id) == product
    conversion = Conversion(door)
    made = (await conversion.account(unique(), email_domain=f"{new_id().hex}.example")).account_id
    person = (await conversion.contact(email=f"{new_id().hex}@x.example", account_id=made)).contact_id
    sale = (await conversion.opportunity(account_id=made, contact_id=person, lines=[sold()])).opportunity_id
    await conversion.notes(note())
    await conversion.documents(document())
    await conversion.team(member())
    assert await door.account(made)
    assert await door.contact(person)
    assert await door.opportunity(sale)
    retirement, stage = str(new_id()), str(new_id())
    assert await door.count_at(STAGE) == 1
    assert await door.move(retirement, (STAGE, PIPELINE, stage)) == (1, 0)
    assert await door.move_back(retirement) == 0
    await conversion.release_all()


async def test_every_question_has_its_index(copy_crm: Callable[[], str]) -> None:
    url = copy_crm()
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in _FILL:
            connection.execute(statement)
        connection.execute("VACUUM ANALYZE")
        connection.execute("SELECT pg_stat_reset()")
    async with crm_replica(url) as door:
        await ask_everything(door)
    # One that only keeps SKUs unique, and those of tables that others ask.
    expected = {"products_sku", "idempotency_keys_created_at", "idempotency_keys_pkey", "alembic_version_pkc"}

    async def unused() -> set[str]:
        async with await psycopg.AsyncConnection.connect(url) as connection:
            asked = await connection.execute("SELECT indexrelname FROM pg_stat_user_indexes WHERE idx_scan = 0")
            return {name for (name,) in await asked.fetchall()}

    # What the replica's sessions counted is written down as they end.
    await eventually(unused, lambda found: found <= expected)
