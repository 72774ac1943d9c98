"""What comes over from a lead to the records of its conversion. It goes with the record."""

import sqlalchemy as sa

from crm_service.store.tables.common import METADATA, TIMESTAMP, ref, text


def _copy_table(name: str, key: list[str], *columns: sa.schema.SchemaItem) -> sa.Table:
    """A table of what a conversion put on an account, a contact or an opportunity. ``key`` is its primary one."""
    return sa.Table(
        name,
        METADATA,
        sa.Column("conversion_id", sa.Uuid, nullable=False),
        ref("account_id", "accounts", cascade=True),
        ref("contact_id", "contacts", cascade=True),
        ref("opportunity_id", "opportunities", cascade=True),
        *columns,
        sa.Column("created_by", sa.Uuid, nullable=False),
        sa.Column("created_at", TIMESTAMP, nullable=False),
        sa.PrimaryKeyConstraint(*key),
        sa.CheckConstraint("num_nonnulls(account_id, contact_id, opportunity_id) = 1", name=f"{name}_of_one_record"),
        *(
            sa.Index(f"{name}_of_{record}", f"{record}_id", "created_at", key[-1])
            for record in ("account", "contact", "opportunity")
        ),
    )


RECORD_NOTES = _copy_table(
    "record_notes",
    ["id"],
    sa.Column("id", sa.Uuid, nullable=False),
    text("content", nullable=False),
    sa.Index("record_notes_of_conversion", "conversion_id"),
)

# The contents stay in the object store of the leads.
RECORD_DOCUMENTS = _copy_table(
    "record_documents",
    ["id"],
    sa.Column("id", sa.Uuid, nullable=False),
    sa.Column("lead_id", sa.Uuid, nullable=False),
    text("name", nullable=False),
    text("content_type", nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Index("record_documents_of_conversion", "conversion_id"),
)

# A user may have come to one record with several conversions.
RECORD_MEMBERS = _copy_table(
    "record_members",
    ["conversion_id", "user_id"],
    sa.Column("user_id", sa.Uuid, nullable=False),
    text("role", nullable=False),
)

OPPORTUNITY_LINES = sa.Table(
    "opportunity_lines",
    METADATA,
    sa.Column("opportunity_id", sa.Uuid, sa.ForeignKey("opportunities.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    # The lead's line's.
    sa.Column("id", sa.Uuid, nullable=False),
    # Of the catalogue as it was then: a product that is deleted is still what was sold.
    sa.Column("product_id", sa.Uuid, nullable=False),
    text("product_name", nullable=False),
    sa.Column("quantity", sa.Numeric(11, 4), nullable=False),
    sa.Column("unit_price", sa.Numeric(15, 2), nullable=False),
    sa.Column("discount", sa.Numeric(5, 2), nullable=False),
    sa.Column("total", sa.Numeric(21, 2), nullable=False),
)
