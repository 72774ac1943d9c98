"""What lists are ordered by is beside the searched texts, and in the indexes that leads are gathered by.

To sort them, no lead is read. Counts by owner are read from their index alone.
"""

import re

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_TEXT_PARTS = ("first_name", "last_name", "email", "company")
_TEXT = (
    "leads_folded(coalesce(first_name, '') || ' ' || coalesce(last_name, '') || E'\\n' || coalesce(email, '')"
    " || E'\\n' || coalesce(company, ''))"
)
_FILTERED = ("facet", "assigned_to", "created_at")
_ORDERED = (
    "updated_at",
    "first_name",
    "last_name",
    "company",
    "score",
    "estimated_value",
    "sla_deadline",
    "stage_id",
    "priority",
)
# Columns that an index has beside those that it is by.
_INDEXES = {
    "of_facet": (["facet", "created_at", "id"], ["assigned_to"]),
    "of_owner": (["assigned_to", "created_at", "id"], ["facet"]),
}
_GATHERED = ["updated_at", "score", "estimated_value", "sla_deadline", "stage_id", "priority"]
_FACET_PARTS = ("pipeline_id", "stage_id", "priority", "source", "status", "qualified")
_OUTCOME = "leads_sla_outcome(first_response_at, sla_deadline, sla_paused_at)"
_OWNER = "coalesce(assigned_to, '00000000-0000-0000-0000-000000000000'::uuid)"
_COUNTED = ", ".join(
    ("facet", *_FACET_PARTS, _OUTCOME, _OWNER, "leads_month(created_at)", "leads_day(created_at)"),
)
_CHANGE = f"facet, {', '.join(_FACET_PARTS)}, sla_outcome, owner, month, day, leads"
_COLUMNS = {*_FACET_PARTS, *_TEXT_PARTS, *_FILTERED, *_ORDERED, "first_response_at", "sla_paused_at"}


def _of(row: str, expressions: str) -> str:
    """Expressions over the columns of a row of a trigger."""
    return re.sub(rf"\b({'|'.join(_COLUMNS)})\b", rf"{row}.\1", expressions)


def _differ(*columns: str) -> str:
    return " OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in columns)


def _noted(*kept: str) -> dict[str, str]:
    """What each event notes, with these columns beside the texts."""
    columns = ", ".join(kept)
    texts = f"lead_texts (lead_id, {columns}, search_text)"
    set_kept = ", ".join(f"{column} = NEW.{column}" for column in kept)
    return {
        "insert": f"""
            INSERT INTO lead_count_changes ({_CHANGE})
            SELECT {_COUNTED}, count(*) FROM added WHERE facet IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11;
            INSERT INTO {texts} SELECT id, {columns}, {_TEXT} FROM added WHERE facet IS NOT NULL""",  # noqa: S608 - of names that stand here
        "update": f"""
            IF {_differ(*_FILTERED)} THEN
                INSERT INTO lead_count_changes ({_CHANGE})
                SELECT * FROM (VALUES ({_of("OLD", _COUNTED)}, -1), ({_of("NEW", _COUNTED)}, 1)) AS counted (facet)
                WHERE counted.facet IS NOT NULL;
            END IF;
            IF NEW.facet IS NULL THEN
                DELETE FROM lead_texts WHERE lead_id = NEW.id;
            ELSIF OLD.facet IS NULL OR {_differ(*_TEXT_PARTS)} THEN
                INSERT INTO {texts} VALUES (NEW.id, {_of("NEW", columns)}, {_of("NEW", _TEXT)})
                ON CONFLICT (lead_id) DO UPDATE SET {set_kept}, search_text = excluded.search_text;
            ELSE
                UPDATE lead_texts SET {set_kept} WHERE lead_id = NEW.id;
            END IF""",  # noqa: S608 - as above
    }


def _replace_triggers(*kept: str) -> None:
    for event, noted in _noted(*kept).items():
        op.execute(
            f"""
            CREATE OR REPLACE FUNCTION leads_note_{event}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                {noted};
                RETURN NULL;
            END $$
            """
        )
    op.execute("DROP TRIGGER leads_note_update ON leads")
    op.execute(
        "CREATE TRIGGER leads_note_update AFTER UPDATE ON leads FOR EACH ROW"
        f" WHEN ({_differ(*dict.fromkeys((*kept, *_TEXT_PARTS)))}) EXECUTE FUNCTION leads_note_update()"
    )


def _replace_owners_key(included: str) -> None:
    op.execute(
        "ALTER TABLE lead_counts_of_owner DROP CONSTRAINT lead_counts_of_owner_pkey,"
        f" ADD CONSTRAINT lead_counts_of_owner_pkey PRIMARY KEY (owner, facet) {included}"
    )


def _replace_indexes(*gathered: str) -> None:
    for name, (columns, included) in _INDEXES.items():
        op.create_index(
            f"leads_{name}_anew",
            "leads",
            columns,
            postgresql_include=[*included, *gathered],
            postgresql_where=sa.text("deleted_at IS NULL"),
        )
    # Only now nobody reads leads, for a moment.
    for name in _INDEXES:
        op.drop_index(f"leads_{name}", table_name="leads")
        op.execute(f"ALTER INDEX leads_{name}_anew RENAME TO leads_{name}")


def upgrade() -> None:
    # Nobody writes leads until the texts are written anew: leads are read and searched meanwhile.
    op.execute("LOCK TABLE leads IN SHARE ROW EXCLUSIVE MODE")
    # Anew, since to change each row would put it into the index of texts once more.
    op.create_table(
        "lead_texts_anew",
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("facet", sa.BigInteger(), nullable=False),
        sa.Column("assigned_to", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sla_deadline", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stage_id", sa.Uuid(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("priority", sa.Text(), nullable=False),
        sa.Column("estimated_value", sa.Numeric(15, 2), nullable=True),
        sa.Column("first_name", sa.Text(), nullable=True),
        sa.Column("last_name", sa.Text(), nullable=True),
        sa.Column("company", sa.Text(), nullable=True),
        sa.Column("search_text", sa.Text(), nullable=False),
    )
    # A row that changes while its text stays is written without its indexes if there is room on its page.
    op.execute("ALTER TABLE lead_texts_anew SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02)")
    columns = ", ".join((*_FILTERED, *_ORDERED))
    kept = ", ".join(f"leads.{column}" for column in (*_FILTERED, *_ORDERED))
    op.execute(
        f"INSERT INTO lead_texts_anew (lead_id, {columns}, search_text)"  # noqa: S608 - of names that stand here
        f" SELECT lead_id, {kept}, lead_texts.search_text FROM lead_texts JOIN leads ON leads.id = lead_id ORDER BY lead_id"
    )
    op.create_primary_key("lead_texts_anew_pkey", "lead_texts_anew", ["lead_id"])
    op.create_index(
        "lead_texts_anew_search",
        "lead_texts_anew",
        ["search_text"],
        postgresql_using="gin",
        postgresql_ops={"search_text": "gin_trgm_ops"},
    )
    op.execute("CREATE STATISTICS lead_texts_anew_trigrams ON (show_trgm(search_text)) FROM lead_texts_anew")
    op.execute("ANALYZE lead_texts_anew")
    op.drop_table("lead_texts")
    op.rename_table("lead_texts_anew", "lead_texts")
    for kind, name in (("INDEX", "pkey"), ("INDEX", "search"), ("STATISTICS", "trigrams")):
        op.execute(f"ALTER {kind} lead_texts_anew_{name} RENAME TO lead_texts_{name}")
    _replace_triggers(*_FILTERED, *_ORDERED)
    _replace_owners_key("INCLUDE (leads)")
    _replace_indexes(*_GATHERED)


def downgrade() -> None:
    _replace_indexes()
    _replace_owners_key("")
    _replace_triggers(*_FILTERED)
    for column in _ORDERED:
        op.drop_column("lead_texts", column)
    op.execute("ALTER TABLE lead_texts SET (fillfactor = 90)")
