"""Reading records of every kind by their ids, and deleting them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from enum import Enum, auto
from typing import Any, Generic, TypeVar
from uuid import UUID

import sqlalchemy as sa

from crm_service.domain.records import Account, Contact, Opportunity, Product, Record
from crm_service.store.tables import ACCOUNTS, COLLATION, CONTACTS, OPPORTUNITIES, PRODUCTS
from kit.db.database import Reading, Writing

R = TypeVar("R", bound=Record)


class Hold(Enum):
    """How far a record stays as it is until the transaction ends."""

    THERE = auto()  # nobody deletes it: FOR KEY SHARE
    UNCHANGED = auto()  # nor changes it: FOR NO KEY UPDATE
    UNUSED = auto()  # nor comes to refer to it: FOR UPDATE


@dataclass(frozen=True)
class Records(Generic[R]):
    """One kind of records: its table, its noun, what its lists can be ordered by, and which rows count as there.

    ``sorts`` are by REST name, the usual one first; ``optional`` are those of them that not every record has.
    """

    table: sa.Table
    record: type[R]
    noun: str
    sorts: Mapping[str, sa.ColumnElement[Any]]
    optional: frozenset[str] = frozenset()
    only: Sequence[sa.ColumnElement[bool]] = ()

    @property
    def columns(self) -> list[sa.Column[Any]]:
        """The columns that a record consists of."""
        return [self.table.c[each.name] for each in fields(self.record)]

    def of_row(self, row: sa.Row[Any]) -> R:
        """The record in a row that has ``columns``."""
        values = row._mapping
        return self.record(**{each.name: values[each.name] for each in fields(self.record)})

    def select(self, *conditions: sa.ColumnElement[bool]) -> sa.Select[Any]:
        """The records that are there and fulfil the conditions."""
        return sa.select(*self.columns).where(*self.only, *conditions)

    async def first(self, connection: Reading, query: sa.Select[Any], hold: Hold | None = None) -> R | None:
        """The first record that the query finds; to hold it takes a transaction."""
        query = query.limit(1)
        if hold:
            query = query.with_for_update(read=hold is Hold.THERE, key_share=hold is not Hold.UNUSED)
        row = (await connection.execute(query)).one_or_none()
        return self.of_row(row) if row else None

    async def find(self, connection: Reading, record_id: UUID, hold: Hold | None = None) -> R | None:
        """The record of this id."""
        return await self.first(connection, self.select(self.table.c.id == record_id), hold)

    async def delete(self, tx: Writing, record_id: UUID) -> None:
        """Delete the record and what was copied to it."""
        await tx.execute(sa.delete(self.table).where(self.table.c.id == record_id))


def _without_case(column: sa.Column[str]) -> sa.ColumnElement[str]:
    return sa.func.lower(sa.collate(column, COLLATION), type_=sa.Text)


def _name_order(column: sa.Column[str]) -> sa.ColumnElement[str]:
    """So much of a name that a cursor can hold it. The number is written out, or no index would have it."""
    return sa.func.left(_without_case(column), sa.literal_column("200"), type_=sa.Text)


def _by_time(table: sa.Table) -> dict[str, sa.ColumnElement[Any]]:
    return {"createdAt": table.c.created_at, "updatedAt": table.c.updated_at}


ACCOUNT_RECORDS = Records(
    ACCOUNTS, Account, "account", sorts=_by_time(ACCOUNTS) | {"name": _name_order(ACCOUNTS.c.name)}
)
CONTACT_RECORDS = Records(
    CONTACTS,
    Contact,
    "contact",
    sorts=_by_time(CONTACTS)
    | {"firstName": _without_case(CONTACTS.c.first_name), "lastName": _without_case(CONTACTS.c.last_name)},
    optional=frozenset({"firstName", "lastName"}),
)
OPPORTUNITY_RECORDS = Records(
    OPPORTUNITIES,
    Opportunity,
    "opportunity",
    sorts=_by_time(OPPORTUNITIES) | {"name": _name_order(OPPORTUNITIES.c.name), "value": OPPORTUNITIES.c.value},
    optional=frozenset({"value"}),
)
PRODUCT_RECORDS = Records(
    PRODUCTS,
    Product,
    "product",
    sorts={"name": _without_case(PRODUCTS.c.name), "unitPrice": PRODUCTS.c.unit_price} | _by_time(PRODUCTS),
    only=(PRODUCTS.c.deleted_at.is_(None),),
)
