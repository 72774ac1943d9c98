"""Lists in every order, searches without accents, custom fields, what comes over from a lead, versions to undo by."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# Its body is bound when it is made, so that no search path changes what it means.
_FOLDED = """
    CREATE FUNCTION crm_folded(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN lower(unaccent('unaccent'::regdictionary, normalize($1)) COLLATE pg_c_utf8)
"""
_SEARCHED = {
    "accounts": "name",
    "contacts": "coalesce(first_name, '') || ' ' || coalesce(last_name, '') || E'\\n' || coalesce(email, '')",
    "opportunities": "name",
    "products": "name || E'\\n' || coalesce(sku, '')",
}
_CREATION = ["created_at", "id"]
_NAME = sa.text("left(lower(name COLLATE pg_c_utf8), 200)")
_LOWER_NAME = sa.text("lower(name COLLATE pg_c_utf8)")
_INDEXES = {
    "accounts": {
        "of_owner": ["owner_id", *_CREATION],
        "by_update": ["updated_at", "id"],
        "by_name": [_NAME, "id"],
    },
    "contacts": {
        "of_owner": ["owner_id", *_CREATION],
        "by_update": ["updated_at", "id"],
        "by_first_name": [sa.text("lower(first_name COLLATE pg_c_utf8)"), "id"],
        "by_last_name": [sa.text("lower(last_name COLLATE pg_c_utf8)"), "id"],
    },
    "opportunities": {
        "of_contact": ["contact_id", *_CREATION],
        "of_pipeline": ["pipeline_id", *_CREATION],
        "at_stage": ["stage_id", *_CREATION],
        "of_owner": ["owner_id", *_CREATION],
        "by_update": ["updated_at", "id"],
        "by_name": [_NAME, "id"],
        "by_value": ["value", "id"],
    },
}
_STEPS = "'account', 'contact', 'opportunity', 'notes'"


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS unaccent")
    op.execute(_FOLDED)
    # The version before searches it too, and finds all but what it is asked for with accents until it stops.
    for table, text in _SEARCHED.items():
        op.execute(f"ALTER TABLE {table} ALTER COLUMN search_text SET EXPRESSION AS (crm_folded({text}))")
    for table in ("accounts", "contacts", "opportunities"):
        column = sa.Column("custom_fields", postgresql.JSONB(), server_default="{}", nullable=False)
        op.add_column(table, column)
    op.drop_index("opportunities_of_contact", table_name="opportunities")
    for table, indexes in _INDEXES.items():
        for name, columns in indexes.items():
            op.create_index(f"{table}_{name}", table, columns, unique=False)
    op.create_index(
        "products_active",
        "products",
        ["is_active", _LOWER_NAME, "id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.add_column("conversion_records", sa.Column("record_version", sa.BigInteger(), nullable=True))
    _know_steps(f"{_STEPS}, 'documents', 'team'")
    _create_copies(
        "record_documents",
        ["id"],
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
    )
    op.create_index("record_documents_of_conversion", "record_documents", ["conversion_id"], unique=False)
    _create_copies(
        "record_members",
        ["conversion_id", "user_id"],
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
    )
    op.create_table(
        "opportunity_lines",
        sa.Column("opportunity_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("product_name", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=11, scale=4), nullable=False),
        sa.Column("unit_price", sa.Numeric(precision=15, scale=2), nullable=False),
        sa.Column("discount", sa.Numeric(precision=5, scale=2), nullable=False),
        sa.Column("total", sa.Numeric(precision=21, scale=2), nullable=False),
        sa.ForeignKeyConstraint(["opportunity_id"], ["opportunities.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("opportunity_id", "position"),
    )


def downgrade() -> None:
    for table in ("opportunity_lines", "record_members", "record_documents"):
        op.drop_table(table)
    op.execute("DELETE FROM conversion_records WHERE kind IN ('documents', 'team')")
    _know_steps(_STEPS)
    op.drop_column("conversion_records", "record_version")
    op.drop_index("products_active", table_name="products")
    for table, indexes in _INDEXES.items():
        for name in indexes:
            op.drop_index(f"{table}_{name}", table_name=table)
    op.create_index("opportunities_of_contact", "opportunities", ["contact_id"], unique=False)
    for table in ("accounts", "contacts", "opportunities"):
        op.drop_column(table, "custom_fields")
    for table, text in _SEARCHED.items():
        expression = f"lower(({text}) COLLATE pg_c_utf8)"
        op.execute(f"ALTER TABLE {table} ALTER COLUMN search_text SET EXPRESSION AS ({expression})")
    op.execute("DROP FUNCTION crm_folded")
    op.execute("DROP EXTENSION unaccent")


def _know_steps(kinds: str) -> None:
    op.drop_constraint("conversion_records_kind_known", "conversion_records", type_="check")
    op.create_check_constraint("conversion_records_kind_known", "conversion_records", f"kind IN ({kinds})")


def _create_copies(table: str, key: list[str], *columns: sa.schema.SchemaItem) -> None:
    op.create_table(
        table,
        sa.Column("conversion_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("opportunity_id", sa.Uuid(), nullable=True),
        *columns,
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("num_nonnulls(account_id, contact_id, opportunity_id) = 1", name=f"{table}_of_one_record"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["opportunity_id"], ["opportunities.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint(*key),
    )
    for record in ("account", "contact", "opportunity"):
        op.create_index(f"{table}_of_{record}", table, [f"{record}_id", "created_at", key[-1]], unique=False)
