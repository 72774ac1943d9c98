"""Opportunities that the deletion of a pipeline or stage moves, and a quick way to those at a stage."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("opportunities_of_stage", "opportunities", ["stage_id", "id"], unique=False)
    op.create_table(
        "opportunity_moves",
        sa.Column("retirement_id", sa.Uuid(), nullable=False),
        sa.Column("opportunity_id", sa.Uuid(), nullable=False),
        sa.Column("pipeline_id", sa.Uuid(), nullable=False),
        sa.Column("stage_id", sa.Uuid(), nullable=False),
        sa.Column("to_pipeline_id", sa.Uuid(), nullable=False),
        sa.Column("to_stage_id", sa.Uuid(), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["opportunity_id"], ["opportunities.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("retirement_id", "opportunity_id"),
    )
    op.create_index("opportunity_moves_of_opportunity", "opportunity_moves", ["opportunity_id"], unique=False)
    op.create_table(
        "undone_retirements",
        sa.Column("retirement_id", sa.Uuid(), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("retirement_id"),
    )


def downgrade() -> None:
    op.drop_table("undone_retirements")
    op.drop_table("opportunity_moves")
    op.drop_index("opportunities_of_stage", table_name="opportunities")
