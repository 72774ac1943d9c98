"""What settings need in order to be in force: ownership, teams, scoring anew, and retiring what leads use."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TIMESTAMP = sa.DateTime(timezone=True)
_JSONB = postgresql.JSONB(astext_type=sa.Text())


def upgrade() -> None:
    op.add_column("leads", sa.Column("score_revision", sa.BigInteger(), server_default="0", nullable=False))
    op.create_index(
        "leads_open_of_owner",
        "leads",
        ["assigned_to"],
        unique=False,
        postgresql_where=sa.text("status = 'open' AND deleted_at IS NULL"),
    )
    op.create_table(
        "stage_assignments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("stage_id", sa.Uuid(), nullable=False),
        sa.Column("stage_name", sa.Text(), nullable=False),
        sa.Column("assigned_to", sa.Uuid(), nullable=True),
        sa.Column("started_at", _TIMESTAMP, nullable=False),
        sa.Column("ended_at", _TIMESTAMP, nullable=True),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    # What leads are at now began with their last move or assignment. The code of the version before writes none of
    # this: what it creates or moves until it stops has its times begin with the next change.
    op.execute(
        """
        INSERT INTO stage_assignments (id, lead_id, stage_id, stage_name, assigned_to, started_at)
        SELECT uuidv7(), leads.id, stage_id, coalesce(
            (SELECT new_label FROM history WHERE lead_id = leads.id AND field = 'stageId'
             ORDER BY changed_at DESC, id DESC LIMIT 1), ''),
            assigned_to, coalesce(
            (SELECT max(changed_at) FROM history WHERE lead_id = leads.id AND field IN ('stageId', 'assignedTo')),
            created_at)
        FROM leads WHERE deleted_at IS NULL
        """
    )
    op.create_index("stage_assignments_of_lead", "stage_assignments", ["lead_id", "started_at", "id"], unique=False)
    op.create_index(
        "stage_assignments_going_on",
        "stage_assignments",
        ["lead_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "assignment_turns",
        sa.Column("stage_id", sa.Uuid(), nullable=False),
        sa.Column("turn", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("stage_id"),
    )
    op.create_table(
        "team_members",
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("added_by", sa.Uuid(), nullable=False),
        sa.Column("added_at", _TIMESTAMP, nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"]),
        sa.PrimaryKeyConstraint("lead_id", "user_id"),
    )
    op.create_index("team_members_of_role", "team_members", ["role"], unique=False)
    rescore = op.create_table(
        "rescore",
        sa.Column("only_row", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("scoring_revision", sa.BigInteger(), nullable=False),
        sa.Column("cursor", sa.Uuid(), nullable=True),
        sa.Column("processed", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.Column("requested_at", _TIMESTAMP, nullable=True),
        sa.Column("started_at", _TIMESTAMP, nullable=True),
        sa.Column("ended_at", _TIMESTAMP, nullable=True),
        sa.CheckConstraint("only_row", name="rescore_one_row"),
        sa.CheckConstraint("state IN ('none', 'requested', 'running', 'completed')", name="rescore_state_known"),
        sa.PrimaryKeyConstraint("only_row"),
    )
    op.bulk_insert(
        rescore,
        [{"only_row": True, "state": "none", "scoring_revision": 0, "processed": 0, "total": 0, "changed": 0}],
    )
    op.create_table(
        "retirements",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("plan", _JSONB, nullable=False),
        sa.Column("known_from_xid", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", _TIMESTAMP, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "closed_entries",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("entry", sa.Text(), nullable=False),
        sa.Column("retirement_id", sa.Uuid(), nullable=False),
        sa.Column("open_from_revision", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("kind", "entry"),
    )
    op.create_index("closed_entries_of_retirement", "closed_entries", ["retirement_id"], unique=False)
    op.create_table(
        "retirement_moves",
        sa.Column("retirement_id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("before", _JSONB, nullable=False),
        sa.ForeignKeyConstraint(["retirement_id"], ["retirements.id"]),
        sa.PrimaryKeyConstraint("retirement_id", "record_id"),
    )


def downgrade() -> None:
    for table in (
        "retirement_moves",
        "closed_entries",
        "retirements",
        "rescore",
        "team_members",
        "assignment_turns",
        "stage_assignments",
    ):
        op.drop_table(table)
    op.drop_index("leads_open_of_owner", table_name="leads")
    op.drop_column("leads", "score_revision")
