"""Ownership and field visibility of each stage, retirements, idempotency keys, and the revision of scores."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TIMESTAMP = sa.DateTime(timezone=True)


def upgrade() -> None:
    _belong_to_their_entry("stages", "pipeline_id", "pipelines", ondelete="CASCADE")
    _belong_to_their_entry("stage_fields", "stage_id", "stages", ondelete="CASCADE")
    op.add_column(
        "configuration_revision", sa.Column("scoring_revision", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.create_table(
        "stage_ownership",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_type", sa.Text(), nullable=True),
        sa.Column("owner_id", sa.Text(), nullable=True),
        sa.Column("auto_assign", sa.Boolean(), nullable=False),
        sa.Column("strategy", sa.Text(), nullable=False),
        sa.Column("member_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("created_at", _TIMESTAMP, server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", _TIMESTAMP, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("(owner_type IS NULL) = (owner_id IS NULL)", name="stage_ownership_owner_whole"),
        sa.CheckConstraint("char_length(owner_id) BETWEEN 1 AND 100", name="stage_ownership_owner_id_length"),
        sa.CheckConstraint("owner_type IN ('user', 'team', 'role')", name="stage_ownership_owner_type_known"),
        sa.CheckConstraint(
            "strategy IN ('none', 'round_robin', 'least_loaded')", name="stage_ownership_strategy_known"
        ),
        sa.ForeignKeyConstraint(["id"], ["stages.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "field_visibility",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("fields", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("created_at", _TIMESTAMP, server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", _TIMESTAMP, server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["id"], ["stages.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.execute(
        "INSERT INTO stage_ownership (id, auto_assign, strategy, member_ids) SELECT id, false, 'none', '{}' FROM stages"
    )
    op.execute("INSERT INTO field_visibility (id, fields) SELECT id, '{}' FROM stages")
    op.create_table(
        "retirements",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("module", sa.Text(), nullable=True),
        sa.Column("target_id", sa.Uuid(), nullable=True),
        sa.Column("target_name", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("moved", sa.BigInteger(), nullable=False),
        sa.Column("failure_reason", sa.Text(), nullable=True),
        sa.Column("failure_message", sa.Text(), nullable=True),
        sa.Column("revision", sa.BigInteger(), nullable=True),
        sa.Column("requested_by", sa.Uuid(), nullable=False),
        sa.Column("started_at", _TIMESTAMP, nullable=False),
        sa.Column("ended_at", _TIMESTAMP, nullable=True),
        sa.CheckConstraint(
            "kind IN ('pipeline', 'stage', 'priority', 'source', 'disqualification_reason', 'team_role')",
            name="retirements_kind_known",
        ),
        sa.CheckConstraint("state IN ('running', 'completed', 'failed')", name="retirements_state_known"),
        sa.CheckConstraint("(state = 'running') = (ended_at IS NULL)", name="retirements_ended"),
        sa.CheckConstraint("(state = 'completed') = (revision IS NOT NULL)", name="retirements_revision"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "retirements_running", "retirements", ["entry_id"], unique=True, postgresql_where=sa.text("state = 'running'")
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", _TIMESTAMP, server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("scope", "key"),
    )
    op.create_index("idempotency_keys_created_at", "idempotency_keys", ["created_at"], unique=False)


def downgrade() -> None:
    for table in ("idempotency_keys", "retirements", "field_visibility", "stage_ownership"):
        op.drop_table(table)
    op.drop_column("configuration_revision", "scoring_revision")
    _belong_to_their_entry("stage_fields", "stage_id", "stages")
    _belong_to_their_entry("stages", "pipeline_id", "pipelines")


def _belong_to_their_entry(table: str, column: str, entry: str, ondelete: str | None = None) -> None:
    constraint = f"{table}_{column}_fkey"
    op.drop_constraint(constraint, table, type_="foreignkey")
    op.create_foreign_key(constraint, table, entry, [column], ["id"], ondelete=ondelete)
