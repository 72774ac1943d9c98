"""Counts by day: what the bounds of creation cut off of a month is no longer counted lead by lead."""

import re

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_TEXT_PARTS = ("first_name", "last_name", "email", "company")
_TEXT = (
    "leads_folded(coalesce(first_name, '') || ' ' || coalesce(last_name, '') || E'\\n' || coalesce(email, '')"
    " || E'\\n' || coalesce(company, ''))"
)
_TEXT_OF = "lead_texts (lead_id, facet, assigned_to, created_at, search_text)"
_FACET_PARTS = ("pipeline_id", "stage_id", "priority", "source", "status", "qualified")
_OUTCOME = "leads_sla_outcome(first_response_at, sla_deadline, sla_paused_at)"
_OWNER = "coalesce(assigned_to, '00000000-0000-0000-0000-000000000000'::uuid)"
_COLUMNS = (
    *_FACET_PARTS,
    *_TEXT_PARTS,
    "facet",
    "assigned_to",
    "created_at",
    "first_response_at",
    "sla_deadline",
    "sla_paused_at",
)


def _of(row: str, expressions: str) -> str:
    """Expressions over the columns of a row of a trigger."""
    return re.sub(rf"\b({'|'.join(_COLUMNS)})\b", rf"{row}.\1", expressions)


def _differ(*columns: str) -> str:
    return " OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in columns)


def _noted(*units: str) -> dict[str, str]:
    """What each event notes, with the time of creation in these units."""
    counted = ", ".join(
        ["facet", *_FACET_PARTS, _OUTCOME, _OWNER, *(f"leads_{unit}(created_at)" for unit in units)],
    )
    change = f"facet, {', '.join(_FACET_PARTS)}, sla_outcome, owner, {', '.join(units)}, leads"
    grouped = ", ".join(str(place + 1) for place in range(9 + len(units)))
    return {
        "insert": f"""
            INSERT INTO lead_count_changes ({change})
            SELECT {counted}, count(*) FROM added WHERE facet IS NOT NULL GROUP BY {grouped};
            INSERT INTO {_TEXT_OF}
            SELECT id, facet, assigned_to, created_at, {_TEXT} FROM added WHERE facet IS NOT NULL""",  # noqa: S608 - of names that stand here
        "delete": f"""
            INSERT INTO lead_count_changes ({change})
            SELECT {counted}, -count(*) FROM gone WHERE facet IS NOT NULL GROUP BY {grouped};
            DELETE FROM lead_texts USING gone WHERE lead_id = gone.id""",  # noqa: S608 - as above
        "update": f"""
            IF {_differ("facet", "assigned_to", "created_at")} THEN
                INSERT INTO lead_count_changes ({change})
                SELECT * FROM (VALUES ({_of("OLD", counted)}, -1), ({_of("NEW", counted)}, 1)) AS counted (facet)
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
            END IF""",  # noqa: S608 - as above
    }


def _replace_triggers(*units: str) -> None:
    for event, noted in _noted(*units).items():
        op.execute(
            f"""
            CREATE OR REPLACE FUNCTION leads_note_{event}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                {noted};
                RETURN NULL;
            END $$
            """
        )


def upgrade() -> None:
    op.execute(
        """
        CREATE FUNCTION leads_day(timestamptz) RETURNS date LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
        RETURN ($1 AT TIME ZONE 'UTC')::date
        """
    )
    op.create_table(
        "lead_counts_of_day",
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("facet", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("leads", sa.BigInteger(), nullable=False),
    )
    # With what is summed up, so that only the index is read.
    op.drop_index("lead_counts_of_month_facet", table_name="lead_counts_of_month")
    op.create_index(
        "lead_counts_of_month_facet", "lead_counts_of_month", ["facet", "month"], postgresql_include=["leads"]
    )
    # Nobody writes leads until the leads that are there are counted: they are read meanwhile.
    op.execute("LOCK TABLE leads IN SHARE ROW EXCLUSIVE MODE")
    op.execute(
        """
        INSERT INTO lead_counts_of_day
        SELECT leads_day(created_at) AS day, facet, count(*) FROM leads
        WHERE deleted_at IS NULL GROUP BY day, facet ORDER BY day, facet
        """
    )
    op.add_column("lead_count_changes", sa.Column("day", sa.Date(), nullable=True))
    _replace_triggers("month", "day")
    # By a trigger, so that days are counted whichever version folds. What was noted before has no day.
    op.execute(
        """
        CREATE FUNCTION leads_count_days() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO lead_counts_of_day AS counted
            SELECT day, facet, sum(leads) FROM taken WHERE day IS NOT NULL GROUP BY day, facet HAVING sum(leads) <> 0
            ON CONFLICT (day, facet) DO UPDATE SET leads = counted.leads + excluded.leads;
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER leads_count_days AFTER DELETE ON lead_count_changes REFERENCING OLD TABLE AS taken"
        " FOR EACH STATEMENT EXECUTE FUNCTION leads_count_days()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER leads_count_days ON lead_count_changes")
    op.execute("DROP FUNCTION leads_count_days()")
    _replace_triggers("month")
    op.drop_column("lead_count_changes", "day")
    op.drop_table("lead_counts_of_day")
    op.drop_index("lead_counts_of_month_facet", table_name="lead_counts_of_month")
    op.create_index("lead_counts_of_month_facet", "lead_counts_of_month", ["facet", "month"])
    op.execute("DROP FUNCTION leads_day")
