"""Reading records of every kind: one by its id, or a page of a list."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import Enum, auto
from typing import Any, Generic, TypeVar
from uuid import UUID

import sqlalchemy as sa

from crm_service.domain.paging import Page
from crm_service.domain.records import Account, Contact, Opportunity, Product, Record
from crm_service.store.tables import ACCOUNTS, COLLATION, CONTACTS, OPPORTUNITIES, PRODUCTS
from kit.db.database import Reading, Writing

R = TypeVar("R", bound=Record)


class Hold(Enum):
    """How far a record stays as it is until the transaction ends."""

    THERE = auto()  # nobody deletes it: FOR KEY SHARE
    UNCHANGED = auto()  # nor changes it: FOR NO KEY UPDATE
    UNUSED = auto()  # nor comes to refer to it: FOR UPDATE


@dataclass(frozen=True, slots=True)
class Listed(Generic[R]):
    """The items of a page, and how many there are on all pages."""

    items: Sequence[R]
    total: int


@dataclass(frozen=True)
class Records(Generic[R]):
    """One kind of records: its table, its noun, the order of its list, and which rows count as there."""

    table: sa.Table
    record: type[R]
    noun: str
    order: Sequence[sa.ColumnElement[Any]]
    only: Sequence[sa.ColumnElement[bool]] = ()

    @property
    def columns(self) -> list[sa.Column[Any]]:
        """The columns that a record consists of."""
        return [self.table.c[field.name] for field in fields(self.record)]

    def of_row(self, row: sa.Row[Any]) -> R:
        """The record in a row of ``columns``."""
        return self.record(**row._mapping)

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
        """Delete the record and its notes."""
        await tx.execute(sa.delete(self.table).where(self.table.c.id == record_id))

    async def page(
        self, connection: Reading, page: Page, *, search: str = "", account_id: UUID | None = None
    ) -> Listed[R]:
        """A page of those that ``search`` is part of, of one account where one is given."""
        conditions = self._conditions(search, account_id)
        count = sa.select(sa.func.count()).select_from(self.table).where(*self.only, *conditions)
        total = (await connection.execute(count)).scalar_one()
        query = self.select(*conditions).order_by(*self.order).limit(page.limit).offset(page.offset)
        return Listed([self.of_row(row) for row in await connection.execute(query)], total)

    def _conditions(self, search: str, account_id: UUID | None) -> list[sa.ColumnElement[bool]]:
        conditions: list[sa.ColumnElement[bool]] = []
        if search:
            pattern = search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
            wanted = sa.func.lower(sa.collate(sa.literal(f"%{pattern}%"), COLLATION))
            conditions.append(self.table.c.search_text.like(wanted))
        if account_id:
            conditions.append(self.table.c.account_id == account_id)
        return conditions


def _newest_first(table: sa.Table) -> Sequence[sa.ColumnElement[Any]]:
    return (table.c.created_at.desc(), table.c.id.desc())


ACCOUNT_RECORDS = Records(ACCOUNTS, Account, "account", _newest_first(ACCOUNTS))
CONTACT_RECORDS = Records(CONTACTS, Contact, "contact", _newest_first(CONTACTS))
OPPORTUNITY_RECORDS = Records(OPPORTUNITIES, Opportunity, "opportunity", _newest_first(OPPORTUNITIES))
PRODUCT_RECORDS = Records(
    PRODUCTS,
    Product,
    "product",
    order=(sa.func.lower(sa.collate(PRODUCTS.c.name, COLLATION)), PRODUCTS.c.id),
    only=(PRODUCTS.c.deleted_at.is_(None),),
)
