"""The first configuration, and the migrations that bring it."""

from collections.abc import Callable
from uuid import UUID

import psycopg
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from leadline.settings.v1 import lists_pb2
from leadline.settings.v1 import settings_service_pb2 as pb

from kit.db.database import sqlalchemy_url
from kit.db.migrations import migrate
from settings_service.main import MIGRATIONS
from settings_service.store.tables import METADATA
from tests.integration.settings.door import Door

DOCUMENT = {
    "general": {"defaultRegion": "US", "currency": "USD"},
    "sla": {
        "policies": [
            {
                "name": "Standard Response",
                "isDefault": True,
                "match": [],
                "responseMinutes": {"*": 240},
                "businessHours": None,
                "pauseAtStages": [],
            }
        ],
        "atRiskAfterPercent": 60,
        "firstResponseOn": ["activity", "note", "stage_change"],
        "escalations": [],
    },
    "scoring": {"maxScore": 100},
    "duplicateDetection": {"onCreate": "allow"},
    "conversion": {"requiredFields": ["estimatedValue"], "fieldMap": [], "undoHours": 72, "requireQualified": False},
}
LABELS = {
    pb.LABEL_LIST_SOURCES: "website referral event cold_call partner social email_campaign other",
    pb.LABEL_LIST_DISQUALIFICATION_REASONS: (
        "no_budget no_authority no_need bad_timing competitor duplicate invalid no_response"
    ),
    pb.LABEL_LIST_TEAM_ROLES: "sales_rep account_executive technical_advisor executive_sponsor",
}


async def test_each_module_starts_with_one_default_pipeline(shared_door: Door) -> None:
    leads, opportunities = await shared_door.pipelines()
    assert (leads.module, leads.is_default) == (lists_pb2.MODULE_LEADS, True)
    assert (opportunities.module, opportunities.is_default) == (lists_pb2.MODULE_OPPORTUNITIES, True)
    assert leads.movement == opportunities.movement == lists_pb2.MOVEMENT_FREE
    assert UUID(leads.id).version == 7


async def test_the_lead_pipeline_ends_won_or_lost(shared_door: Door) -> None:
    stages = await shared_door.lead_stages()
    assert [stage.name for stage in stages] == [
        "New",
        "Contacted",
        "Qualified",
        "Proposal",
        "Converted",
        "Disqualified",
    ]
    assert [stage.name for stage in stages if stage.is_won] == ["Converted"]
    assert [stage.name for stage in stages if stage.is_lost] == ["Disqualified"]
    assert [stage.position for stage in stages] == [1, 2, 3, 4, 5, 6]
    assert [stage.probability for stage in stages] == [10, 20, 40, 60, 100, 0]


async def test_the_opportunity_pipeline_ends_won_or_lost(shared_door: Door) -> None:
    stages = await shared_door.stages(lists_pb2.MODULE_OPPORTUNITIES)
    assert [stage.name for stage in stages] == ["Prospecting", "Proposal", "Negotiation", "Closed Won", "Closed Lost"]
    assert [stage.name for stage in stages if stage.is_won] == ["Closed Won"]
    assert [stage.name for stage in stages if stage.is_lost] == ["Closed Lost"]


async def test_medium_is_the_default_of_four_priorities(shared_door: Door) -> None:
    priorities = await shared_door.priorities()
    assert [priority.name for priority in priorities] == ["low", "medium", "high", "critical"]
    assert [priority.name for priority in priorities if priority.is_default] == ["medium"]


async def test_sources_reasons_and_roles_are_there_and_active(shared_door: Door) -> None:
    for list_, names in LABELS.items():
        labels = await shared_door.labels(list_)
        assert [label.name for label in labels] == names.split()
        assert all(label.is_active and label.label for label in labels)


async def test_threshold_and_document_are_the_default_and_there_are_no_rules(shared_door: Door) -> None:
    assert (await shared_door.threshold()).threshold == 60
    assert await shared_door.document() == DOCUMENT
    snapshot = await shared_door.snapshot()
    assert list(snapshot.scoring_rules) == []
    assert list(snapshot.stage_fields) == []
    assert snapshot.revision == 1


def test_migrating_again_changes_nothing_and_brings_back_nothing(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("DELETE FROM labels WHERE name = 'social'")
        before = _everything(connection)
        migrate(MIGRATIONS, database_url)
        assert _everything(connection) == before


def test_the_migrations_make_the_tables_that_the_code_knows(migrated_database: str) -> None:
    engine = sa.create_engine(sqlalchemy_url(migrated_database), poolclass=sa.NullPool)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_the_migrations_can_be_taken_back_and_applied_again(create_database: Callable[[str], str]) -> None:
    url = create_database("settings_there_and_back")
    migrate(MIGRATIONS, url)
    config = Config(attributes={"url": url})
    config.set_main_option("script_location", str(MIGRATIONS))
    command.downgrade(config, "base")
    migrate(MIGRATIONS, url)
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM stages").fetchone() == (11,)


def test_the_stages_of_the_version_before_get_ownership_and_visibility(create_database: Callable[[str], str]) -> None:
    url = create_database("settings_of_the_version_before")
    migrate(MIGRATIONS, url)
    config = Config(attributes={"url": url})
    config.set_main_option("script_location", str(MIGRATIONS))
    command.downgrade(config, "0002")
    with psycopg.connect(url) as connection:
        connection.execute(
            "INSERT INTO stages (id, pipeline_id, name, position, color, probability, is_won, is_lost)"
            " SELECT gen_random_uuid(), id, 'Another', 9, '#000000', 0, false, false FROM pipelines"
        )
    migrate(MIGRATIONS, url)
    with psycopg.connect(url) as connection:
        for table in ("stage_ownership", "field_visibility"):
            query = f"SELECT count(*), min(own.version), max(own.version) FROM {table} AS own JOIN stages USING (id)"  # noqa: S608
            assert connection.execute(query.encode()).fetchone() == (13, 1, 1)
        revision = connection.execute("SELECT revision, scoring_revision FROM configuration_revision")
        assert revision.fetchone() == (1, 0)


def _everything(connection: psycopg.Connection) -> list[list[tuple[object, ...]]]:
    queries = [
        psycopg.sql.SQL("SELECT * FROM {} ORDER BY 1").format(psycopg.sql.Identifier(name)) for name in METADATA.tables
    ]
    return [connection.execute(query).fetchall() for query in queries]
