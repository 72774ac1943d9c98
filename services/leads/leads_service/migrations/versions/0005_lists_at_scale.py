"""Lists at scale: facets and exact counts of them, a table that is searched, indexes for each order."""

import re

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_ALIVE = sa.text("deleted_at IS NULL")
_PENDING = sa.text(
    "deleted_at IS NULL AND first_response_at IS NULL AND sla_paused_at IS NULL AND sla_deadline IS NOT NULL"
)
_SEARCH_TEXT = "coalesce(first_name, '') || ' ' || coalesce(last_name, '') || E'\\n' || coalesce(email, '') || E'\\n' || coalesce(company, '')"
_OUTCOME = "leads_sla_outcome(first_response_at, sla_deadline, sla_paused_at)"
_FACET_PARTS = ("pipeline_id", "stage_id", "priority", "source", "status", "qualified")
_FACET = f"CASE WHEN deleted_at IS NULL THEN leads_facet({', '.join(_FACET_PARTS)}, {_OUTCOME}) END"
_NOBODY = "'00000000-0000-0000-0000-000000000000'::uuid"
_WIDTH = ["facet", "assigned_to", "created_at"]
_INDEXES: dict[str, tuple[list[str], list[str]]] = {
    "by_creation": (["created_at", "id"], ["facet", "assigned_to"]),
    "by_update": (["updated_at", "id"], _WIDTH),
    "by_first_name": (["first_name", "id"], _WIDTH),
    "by_last_name": (["last_name", "id"], _WIDTH),
    "by_company": (["company", "id"], _WIDTH),
    "by_score": (["qualified", "score", "id"], _WIDTH),
    "by_estimated_value": (["estimated_value", "id"], _WIDTH),
    "by_deadline": (["sla_deadline", "id"], _WIDTH),
    "by_stage": (["stage_id", "id"], _WIDTH),
    "by_priority": (["priority", "id"], _WIDTH),
    "of_facet": (["facet", "created_at", "id"], ["assigned_to"]),
    "of_owner": (["assigned_to", "created_at", "id"], ["facet"]),
}
_REPLACED: dict[str, list[str]] = {
    "by_creation": ["created_at", "id"],
    "by_update": ["updated_at", "id"],
    "by_first_name": ["first_name", "id"],
    "by_last_name": ["last_name", "id"],
    "by_company": ["company", "id"],
    "by_score": ["score", "id"],
    "by_estimated_value": ["estimated_value", "id"],
    "by_deadline": ["sla_deadline", "id"],
    "of_stage": ["stage_id", "created_at", "id"],
    "of_owner": ["assigned_to", "created_at", "id"],
    "of_priority": ["priority", "created_at", "id"],
    "of_status": ["status", "created_at", "id"],
}
# The text that is searched. First and last name stand together so that a full name is found.
_TEXT = f"leads_folded({_SEARCH_TEXT})"
_COUNTED = f"facet, {', '.join(_FACET_PARTS)}, {_OUTCOME}, coalesce(assigned_to, {_NOBODY}), leads_month(created_at)"
_FUNCTIONS = (
    # Its body is bound when it is made, so that no search path changes what it means.
    """
    CREATE FUNCTION leads_folded(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN lower(unaccent('unaccent'::regdictionary, normalize($1)))
    """,
    """
    CREATE FUNCTION leads_sla_outcome(first_response_at timestamptz, sla_deadline timestamptz, sla_paused_at timestamptz)
    RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE
        WHEN sla_deadline IS NULL THEN 'none'
        WHEN first_response_at < sla_deadline THEN 'met'
        WHEN first_response_at IS NOT NULL THEN 'met_late'
        WHEN sla_paused_at IS NOT NULL THEN 'paused'
        ELSE 'pending'
    END
    """,
    """
    CREATE FUNCTION leads_facet(
        pipeline_id uuid, stage_id uuid, priority text, source text, status text, qualified boolean, sla_outcome text
    ) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN hashtextextended(
        pipeline_id::text || stage_id::text || qualified::text || status || sla_outcome
        || quote_literal(priority) || coalesce(quote_literal(source), ''), 0)
    """,
    """
    CREATE FUNCTION leads_month(timestamptz) RETURNS date LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN date_trunc('month', $1 AT TIME ZONE 'UTC')::date
    """,
)
_CHANGE = f"facet, {', '.join(_FACET_PARTS)}, sla_outcome, owner, month, leads"
_TEXT_OF = "lead_texts (lead_id, facet, assigned_to, created_at, search_text)"
_TEXT_PARTS = ("first_name", "last_name", "email", "company")
_NOTE_INSERT = f"""
    INSERT INTO lead_count_changes ({_CHANGE})
    SELECT {_COUNTED}, count(*) FROM added WHERE facet IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10;
    INSERT INTO {_TEXT_OF}
    SELECT id, facet, assigned_to, created_at, {_TEXT} FROM added WHERE facet IS NOT NULL"""  # noqa: S608 - of names that stand here
_NOTE_DELETE = f"""
    INSERT INTO lead_count_changes ({_CHANGE})
    SELECT {_COUNTED}, -count(*) FROM gone WHERE facet IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10;
    DELETE FROM lead_texts USING gone WHERE lead_id = gone.id"""  # noqa: S608 - as above


def _of(row: str, expressions: str) -> str:
    """Expressions over the columns of a row of a trigger."""
    columns = (
        *_FACET_PARTS,
        *_TEXT_PARTS,
        "facet",
        "assigned_to",
        "created_at",
        "first_response_at",
        "sla_deadline",
        "sla_paused_at",
    )
    return re.sub(rf"\b({'|'.join(columns)})\b", rf"{row}.\1", expressions)


def _differ(*columns: str) -> str:
    return " OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in columns)


_NOTE_UPDATE = f"""
    IF {_differ("facet", "assigned_to", "created_at")} THEN
        INSERT INTO lead_count_changes ({_CHANGE})
        SELECT * FROM (VALUES ({_of("OLD", _COUNTED)}, -1), ({_of("NEW", _COUNTED)}, 1)) AS counted (facet)
        WHERE counted.facet IS NOT NULL;
    END IF;
    IF NEW.facet IS NULL THEN
        DELETE FROM lead_texts WHERE lead_id = NEW.id;
    ELSIF OLD.facet IS NULL OR {_differ(*_TEXT_PARTS)} THEN
        INSERT INTO {_TEXT_OF} VALUES (NEW.id, NEW.facet, NEW.assigned_to, NEW.created_at, {_of("NEW", _TEXT)})
        ON CONFLICT (lead_id) DO UPDATE SET
            facet = excluded.facet, assigned_to = excluded.assigned_to, created_at = excluded.created_at,
            search_text = excluded.search_text;
    ELSE
        UPDATE lead_texts SET facet = NEW.facet, assigned_to = NEW.assigned_to, created_at = NEW.created_at
        WHERE lead_id = NEW.id;
    END IF"""  # noqa: S608 - as above
# Leads come in statements of many and are changed one by one: there, a change that no list asks for costs nothing.
_TRIGGERS = {
    "insert": (_NOTE_INSERT, "REFERENCING NEW TABLE AS added FOR EACH STATEMENT"),
    "delete": (_NOTE_DELETE, "REFERENCING OLD TABLE AS gone FOR EACH STATEMENT"),
    "update": (_NOTE_UPDATE, f"FOR EACH ROW WHEN ({_differ('facet', 'assigned_to', 'created_at', *_TEXT_PARTS)})"),
}


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS unaccent")
    for function in _FUNCTIONS:
        op.execute(function)
    for name in _REPLACED:
        op.drop_index(f"leads_{name}", table_name="leads")
    # The column that it is on stays for the version before, whose searches take longer until it stops.
    op.drop_index("leads_search", table_name="leads")
    op.execute(f"ALTER TABLE leads ADD COLUMN facet bigint GENERATED ALWAYS AS ({_FACET}) STORED")
    _create_indexes()
    _create_counts()
    _create_texts()
    _create_triggers()
    # Pages that are known to be visible to all are read from an index alone.
    op.execute(
        "ALTER TABLE leads SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.02)"
    )


def _create_indexes() -> None:
    for name, (columns, more) in _INDEXES.items():
        op.create_index(f"leads_{name}", "leads", columns, postgresql_include=more, postgresql_where=_ALIVE)
    op.create_index(
        "leads_pending",
        "leads",
        ["sla_deadline", "id"],
        postgresql_include=["sla_at_risk_at"],
        postgresql_where=_PENDING,
    )


def _create_counts() -> None:
    op.create_table("lead_facets", _facet(primary_key=True), *_parts(), _leads())
    op.create_table(
        "lead_counts_of_month",
        sa.Column("month", sa.Date(), primary_key=True),
        _facet(primary_key=True),
        _leads(),
    )
    op.create_table(
        "lead_counts_of_owner",
        sa.Column("owner", sa.Uuid(), primary_key=True),
        _facet(primary_key=True),
        _leads(),
    )
    op.create_table(
        "lead_count_changes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        _facet(),
        *_parts(),
        sa.Column("owner", sa.Uuid(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        _leads(),
    )
    # It is emptied all the time, and read as a whole.
    op.execute(
        "ALTER TABLE lead_count_changes SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000)"
    )
    op.execute(_NOTE_INSERT.partition(";")[0].replace("FROM added", "FROM leads"))


def _create_texts() -> None:
    op.create_table(
        "lead_texts",
        sa.Column("lead_id", sa.Uuid(), primary_key=True),
        sa.Column("facet", sa.BigInteger(), nullable=False),
        sa.Column("assigned_to", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
    )
    op.execute(_NOTE_INSERT.partition(";")[2].replace("FROM added", "FROM leads"))
    op.create_index(
        "lead_texts_search",
        "lead_texts",
        ["search_text"],
        postgresql_using="gin",
        postgresql_ops={"search_text": "gin_trgm_ops"},
    )
    # Most changes leave the text as it is: with room on its page, such a row is written without its indexes.
    op.execute("ALTER TABLE lead_texts SET (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.02)")


def _create_triggers() -> None:
    for event, (noted, fired) in _TRIGGERS.items():
        op.execute(
            f"""
            CREATE FUNCTION leads_note_{event}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                {noted};
                RETURN NULL;
            END $$
            """
        )
        op.execute(
            f"CREATE TRIGGER leads_note_{event} AFTER {event} ON leads {fired} EXECUTE FUNCTION leads_note_{event}()"
        )


def _facet(**options: bool) -> sa.Column[int]:
    return sa.Column("facet", sa.BigInteger(), nullable=False, autoincrement=False, **options)


def _parts() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("pipeline_id", sa.Uuid(), nullable=False),
        sa.Column("stage_id", sa.Uuid(), nullable=False),
        sa.Column("priority", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("qualified", sa.Boolean(), nullable=False),
        sa.Column("sla_outcome", sa.Text(), nullable=False),
    )


def _leads() -> sa.Column[int]:
    return sa.Column("leads", sa.BigInteger(), nullable=False)


def downgrade() -> None:
    for event in _TRIGGERS:
        op.execute(f"DROP TRIGGER leads_note_{event} ON leads")
        op.execute(f"DROP FUNCTION leads_note_{event}()")
    for table in ("lead_texts", "lead_count_changes", "lead_counts_of_owner", "lead_counts_of_month", "lead_facets"):
        op.drop_table(table)
    for name in ("pending", *_INDEXES):
        op.drop_index(f"leads_{name}", table_name="leads")
    op.drop_column("leads", "facet")
    op.execute("ALTER TABLE leads RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_insert_scale_factor)")
    op.create_index(
        "leads_search",
        "leads",
        ["search_text"],
        postgresql_using="gin",
        postgresql_ops={"search_text": "gin_trgm_ops"},
        postgresql_where=_ALIVE,
    )
    for name, columns in _REPLACED.items():
        op.create_index(f"leads_{name}", "leads", columns, postgresql_where=_ALIVE)
    op.execute("DROP FUNCTION leads_facet, leads_sla_outcome, leads_month, leads_folded")
    op.execute("DROP EXTENSION unaccent")
