"""The tables of the crm database."""

import sqlalchemy as sa

from crm_service.domain.records import Kind
from kit.db.idempotency import idempotency_table

METADATA = sa.MetaData()

# PostgreSQL's own collation: upper and lower case are the same on every server.
COLLATION = "pg_c_utf8"

_TIMESTAMP = sa.DateTime(timezone=True)
_IN_CATALOGUE = sa.text("deleted_at IS NULL")
_KINDS = ", ".join(f"'{kind}'" for kind in Kind)
_FULL_NAME = "coalesce(first_name, '') || ' ' || coalesce(last_name, '')"


def _record_table(name: str, *parts: sa.schema.SchemaItem, searched: str) -> sa.Table:
    """A table of records; ``searched`` is the SQL of the text that searches look into."""
    return sa.Table(
        name,
        METADATA,
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
        sa.Column("created_at", _TIMESTAMP, nullable=False, server_default=sa.func.now()),
        sa.Column("updated_at", _TIMESTAMP, nullable=False, server_default=sa.func.now()),
        sa.Column(
            "search_text",
            sa.Text(collation=COLLATION),
            sa.Computed(f"lower(({searched}) COLLATE {COLLATION})", persisted=True),
        ),
        *parts,
    )


def _text(name: str, *, nullable: bool = True) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable)


def _ref(name: str, target: str, *, cascade: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Uuid, sa.ForeignKey(f"{target}.id", ondelete="CASCADE" if cascade else None))


def _search(table: str, where: sa.TextClause | None = None) -> sa.Index:
    return sa.Index(
        f"{table}_search",
        "search_text",
        postgresql_using="gin",
        postgresql_ops={"search_text": "gin_trgm_ops"},
        postgresql_where=where,
    )


def _newest(table: str, suffix: str, *columns: str) -> sa.Index:
    return sa.Index(f"{table}_{suffix}", *columns, "created_at", "id")


ACCOUNTS = _record_table(
    "accounts",
    _text("name", nullable=False),
    # See domain/company_name.py.
    _text("name_key", nullable=False),
    _text("email_domain"),
    _text("phone"),
    sa.Column("owner_id", sa.Uuid),
    sa.Column("lead_id", sa.Uuid),
    _search("accounts"),
    _newest("accounts", "by_creation"),
    _newest("accounts", "of_name", "name_key"),
    _newest("accounts", "of_domain", "email_domain"),
    searched="name",
)

CONTACTS = _record_table(
    "contacts",
    _ref("account_id", "accounts"),
    _text("first_name"),
    _text("last_name"),
    _text("email"),
    _text("email_key"),
    _text("phone"),
    _text("phone_e164"),
    _text("title"),
    sa.Column("owner_id", sa.Uuid),
    sa.Column("lead_id", sa.Uuid),
    _search("contacts"),
    _newest("contacts", "by_creation"),
    _newest("contacts", "of_account", "account_id"),
    _newest("contacts", "of_email", "email_key"),
    _newest("contacts", "of_phone", "phone_e164"),
    # A line break keeps apart what must not be found together.
    searched=f"{_FULL_NAME} || E'\\n' || coalesce(email, '')",
)

OPPORTUNITIES = _record_table(
    "opportunities",
    _text("name", nullable=False),
    _ref("account_id", "accounts"),
    _ref("contact_id", "contacts"),
    sa.Column("pipeline_id", sa.Uuid, nullable=False),
    sa.Column("stage_id", sa.Uuid, nullable=False),
    sa.Column("value", sa.Numeric(15, 2)),
    _text("currency", nullable=False),
    _text("description"),
    sa.Column("owner_id", sa.Uuid),
    sa.Column("lead_id", sa.Uuid),
    sa.CheckConstraint("value >= 0", name="opportunities_value_not_negative"),
    _search("opportunities"),
    _newest("opportunities", "by_creation"),
    _newest("opportunities", "of_account", "account_id"),
    sa.Index("opportunities_of_contact", "contact_id"),
    sa.Index("opportunities_of_stage", "stage_id", "id"),
    searched="name",
)

PRODUCTS = _record_table(
    "products",
    _text("name", nullable=False),
    _text("sku"),
    _text("description"),
    sa.Column("unit_price", sa.Numeric(15, 2), nullable=False),
    sa.Column("is_active", sa.Boolean, nullable=False),
    sa.Column("deleted_at", _TIMESTAMP),
    sa.CheckConstraint("unit_price >= 0", name="products_unit_price_not_negative"),
    _search("products", _IN_CATALOGUE),
    sa.Index("products_by_name", sa.text(f"lower(name COLLATE {COLLATION})"), "id", postgresql_where=_IN_CATALOGUE),
    sa.Index("products_sku", sa.text(f"lower(sku COLLATE {COLLATION})"), unique=True, postgresql_where=_IN_CATALOGUE),
    searched="name || E'\\n' || coalesce(sku, '')",
)

RECORD_NOTES = sa.Table(
    "record_notes",
    METADATA,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("conversion_id", sa.Uuid, nullable=False),
    _ref("account_id", "accounts", cascade=True),
    _ref("contact_id", "contacts", cascade=True),
    _ref("opportunity_id", "opportunities", cascade=True),
    _text("content", nullable=False),
    sa.Column("created_by", sa.Uuid, nullable=False),
    sa.Column("created_at", _TIMESTAMP, nullable=False),
    sa.CheckConstraint("num_nonnulls(account_id, contact_id, opportunity_id) = 1", name="record_notes_of_one_record"),
    sa.Index("record_notes_of_conversion", "conversion_id"),
    _newest("record_notes", "of_account", "account_id"),
    _newest("record_notes", "of_contact", "contact_id"),
    _newest("record_notes", "of_opportunity", "opportunity_id"),
)

# One row for each step of a conversion that has been ensured or released. Without a record: a tombstone.
CONVERSION_RECORDS = sa.Table(
    "conversion_records",
    METADATA,
    sa.Column("conversion_id", sa.Uuid, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    # In which order conversions came to use a record.
    sa.Column("position", sa.BigInteger, sa.Identity(always=True), nullable=False),
    sa.Column("record_id", sa.Uuid),
    sa.Column("made", sa.Boolean, nullable=False),
    # The contact's version once this conversion had given it an account: what a release takes back.
    sa.Column("account_given_at", sa.BigInteger),
    sa.Column("ensured_at", _TIMESTAMP),
    sa.Column("released_at", _TIMESTAMP),
    sa.CheckConstraint(f"kind IN ({_KINDS})", name="conversion_records_kind_known"),
    sa.CheckConstraint("record_id IS NOT NULL OR released_at IS NOT NULL", name="conversion_records_tombstone"),
    sa.Index("conversion_records_of_record", "record_id", "position"),
)

# What the deletion of a pipeline or stage has moved: where it was, and where it was put. Moving back deletes the row.
OPPORTUNITY_MOVES = sa.Table(
    "opportunity_moves",
    METADATA,
    sa.Column("retirement_id", sa.Uuid, primary_key=True),
    sa.Column("opportunity_id", sa.Uuid, sa.ForeignKey("opportunities.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("pipeline_id", sa.Uuid, nullable=False),
    sa.Column("stage_id", sa.Uuid, nullable=False),
    sa.Column("to_pipeline_id", sa.Uuid, nullable=False),
    sa.Column("to_stage_id", sa.Uuid, nullable=False),
    sa.Column("moved_at", _TIMESTAMP, nullable=False, server_default=sa.func.now()),
    sa.Index("opportunity_moves_of_opportunity", "opportunity_id"),
)

# Tombstones: a move that comes after its undoing is refused.
UNDONE_RETIREMENTS = sa.Table(
    "undone_retirements",
    METADATA,
    sa.Column("retirement_id", sa.Uuid, primary_key=True),
    sa.Column("undone_at", _TIMESTAMP, nullable=False, server_default=sa.func.now()),
)

IDEMPOTENCY_KEYS = idempotency_table(METADATA)
