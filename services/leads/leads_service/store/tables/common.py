"""What the tables of the leads database have in common."""

import sqlalchemy as sa

METADATA = sa.MetaData()

TIMESTAMP = sa.DateTime(timezone=True)
ALIVE = sa.text("deleted_at IS NULL")


def timeline_table(name: str, *columns: sa.Column[object]) -> sa.Table:
    """A table of what belongs to a lead, read newest first."""
    return sa.Table(
        name,
        METADATA,
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("lead_id", sa.Uuid, sa.ForeignKey("leads.id"), nullable=False),
        *columns,
        sa.Index(f"{name}_of_lead", "lead_id", columns[-1].name, "id"),
    )
