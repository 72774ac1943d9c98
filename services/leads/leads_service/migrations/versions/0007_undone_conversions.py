"""Conversions that are undone because somebody asks for it, what they wait for, and when they were ordered."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_JSONB = postgresql.JSONB(astext_type=sa.Text())
_TIMESTAMP = sa.DateTime(timezone=True)
_UNFINISHED = sa.text("state IN ('running', 'unconverting')")


def upgrade() -> None:
    op.add_column("conversions", sa.Column("obstacles", _JSONB, server_default="[]", nullable=False))
    op.add_column("conversions", sa.Column("ordered_at", _TIMESTAMP, server_default=sa.func.now(), nullable=False))
    op.add_column("conversions", sa.Column("waits", _JSONB, nullable=True))
    op.add_column("conversions", sa.Column("unconverted_by", sa.Uuid(), nullable=True))
    op.add_column("conversions", sa.Column("unconverted_at", _TIMESTAMP, nullable=True))
    _allow("'running', 'completed', 'failed', 'unconverting', 'unconverted'")
    op.drop_index("conversions_one_running", table_name="conversions")
    op.create_index("conversions_one_unfinished", "conversions", ["lead_id"], unique=True, postgresql_where=_UNFINISHED)
    op.create_index("conversions_unfinished", "conversions", ["id"], postgresql_where=_UNFINISHED)
    # A converted lead is locked, too, while its conversion is being undone.
    _require_of_converted("converted_at IS NOT NULL")


def downgrade() -> None:
    _require_of_converted("(converted_at IS NOT NULL AND conversion_id IS NULL)")
    op.drop_index("conversions_unfinished", table_name="conversions")
    op.drop_index("conversions_one_unfinished", table_name="conversions")
    op.create_index(
        "conversions_one_running",
        "conversions",
        ["lead_id"],
        unique=True,
        postgresql_where=sa.text("state = 'running'"),
    )
    _allow("'running', 'completed', 'failed'")
    for column in ("unconverted_at", "unconverted_by", "waits", "ordered_at", "obstacles"):
        op.drop_column("conversions", column)


def _allow(states: str) -> None:
    op.drop_constraint("conversions_state_known", "conversions")
    op.create_check_constraint("conversions_state_known", "conversions", f"state IN ({states})")


def _require_of_converted(what: str) -> None:
    op.drop_constraint("leads_converted_whole", "leads")
    op.create_check_constraint("leads_converted_whole", "leads", f"status <> 'converted' OR {what}")
