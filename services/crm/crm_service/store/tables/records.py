"""Accounts, contacts, opportunities and products."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from crm_service.store.tables.common import COLLATION, METADATA, TIMESTAMP, newest, ref, text

_IN_CATALOGUE = sa.text("deleted_at IS NULL")
_FULL_NAME = "coalesce(first_name, '') || ' ' || coalesce(last_name, '')"


def _lower(column: str) -> str:
    return f"lower({column} COLLATE {COLLATION})"


_NAME_ORDER = f"left({_lower('name')}, 200)"


def _record_table(name: str, *parts: sa.schema.SchemaItem, searched: str) -> sa.Table:
    """A table of records; ``searched`` is the SQL of the text that searches look into, without case and accents."""
    return sa.Table(
        name,
        METADATA,
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
        sa.Column("created_at", TIMESTAMP, nullable=False, server_default=sa.func.now()),
        sa.Column("updated_at", TIMESTAMP, nullable=False, server_default=sa.func.now()),
        sa.Column("search_text", sa.Text(collation=COLLATION), sa.Computed(f"crm_folded({searched})", persisted=True)),
        *parts,
    )


def _custom_fields() -> sa.Column[object]:
    return sa.Column("custom_fields", JSONB, nullable=False, server_default="{}")


def _search(table: str, where: sa.TextClause | None = None) -> sa.Index:
    return sa.Index(
        f"{table}_search",
        "search_text",
        postgresql_using="gin",
        postgresql_ops={"search_text": "gin_trgm_ops"},
        postgresql_where=where,
    )


def _by(table: str, suffix: str, key: str) -> sa.Index:
    """An index in an order that lists may have."""
    return sa.Index(f"{table}_by_{suffix}", sa.text(key), "id")


ACCOUNTS = _record_table(
    "accounts",
    text("name", nullable=False),
    # See domain/company_name.py.
    text("name_key", nullable=False),
    text("email_domain"),
    text("phone"),
    sa.Column("owner_id", sa.Uuid),
    sa.Column("lead_id", sa.Uuid),
    _custom_fields(),
    _search("accounts"),
    newest("accounts", "by_creation"),
    newest("accounts", "of_name", "name_key"),
    newest("accounts", "of_domain", "email_domain"),
    newest("accounts", "of_owner", "owner_id"),
    _by("accounts", "update", "updated_at"),
    _by("accounts", "name", _NAME_ORDER),
    searched="name",
)

CONTACTS = _record_table(
    "contacts",
    ref("account_id", "accounts"),
    text("first_name"),
    text("last_name"),
    text("email"),
    text("email_key"),
    text("phone"),
    text("phone_e164"),
    text("title"),
    sa.Column("owner_id", sa.Uuid),
    sa.Column("lead_id", sa.Uuid),
    _custom_fields(),
    _search("contacts"),
    newest("contacts", "by_creation"),
    newest("contacts", "of_account", "account_id"),
    newest("contacts", "of_email", "email_key"),
    newest("contacts", "of_phone", "phone_e164"),
    newest("contacts", "of_owner", "owner_id"),
    _by("contacts", "update", "updated_at"),
    _by("contacts", "first_name", _lower("first_name")),
    _by("contacts", "last_name", _lower("last_name")),
    # A line break keeps apart what must not be found together.
    searched=f"{_FULL_NAME} || E'\\n' || coalesce(email, '')",
)

OPPORTUNITIES = _record_table(
    "opportunities",
    text("name", nullable=False),
    ref("account_id", "accounts"),
    ref("contact_id", "contacts"),
    sa.Column("pipeline_id", sa.Uuid, nullable=False),
    sa.Column("stage_id", sa.Uuid, nullable=False),
    sa.Column("value", sa.Numeric(15, 2)),
    text("currency", nullable=False),
    text("description"),
    sa.Column("owner_id", sa.Uuid),
    sa.Column("lead_id", sa.Uuid),
    _custom_fields(),
    sa.CheckConstraint("value >= 0", name="opportunities_value_not_negative"),
    _search("opportunities"),
    newest("opportunities", "by_creation"),
    newest("opportunities", "of_account", "account_id"),
    newest("opportunities", "of_contact", "contact_id"),
    newest("opportunities", "of_pipeline", "pipeline_id"),
    newest("opportunities", "at_stage", "stage_id"),
    newest("opportunities", "of_owner", "owner_id"),
    _by("opportunities", "update", "updated_at"),
    _by("opportunities", "name", _NAME_ORDER),
    _by("opportunities", "value", "value"),
    # In the order in which a deletion moves them.
    sa.Index("opportunities_of_stage", "stage_id", "id"),
    searched="name",
)

PRODUCTS = _record_table(
    "products",
    text("name", nullable=False),
    text("sku"),
    text("description"),
    sa.Column("unit_price", sa.Numeric(15, 2), nullable=False),
    sa.Column("is_active", sa.Boolean, nullable=False),
    sa.Column("deleted_at", TIMESTAMP),
    sa.CheckConstraint("unit_price >= 0", name="products_unit_price_not_negative"),
    _search("products", _IN_CATALOGUE),
    sa.Index("products_by_name", sa.text(_lower("name")), "id", postgresql_where=_IN_CATALOGUE),
    sa.Index(
        "products_active",
        "is_active",
        sa.text(_lower("name")),
        "id",
        postgresql_where=_IN_CATALOGUE,
    ),
    sa.Index("products_sku", sa.text(_lower("sku")), unique=True, postgresql_where=_IN_CATALOGUE),
    searched="name || E'\\n' || coalesce(sku, '')",
)
