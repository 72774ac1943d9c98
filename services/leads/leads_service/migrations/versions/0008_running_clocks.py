"""Leads whose clock runs, by their ids, so that clocks can be compared with their workflows."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_RUNNING = sa.text("deleted_at IS NULL AND clock_closed_by = '' AND sla_deadline IS NOT NULL")


def upgrade() -> None:
    op.create_index("leads_running_clocks", "leads", ["id"], unique=False, postgresql_where=_RUNNING)


def downgrade() -> None:
    op.drop_index("leads_running_clocks", table_name="leads")
