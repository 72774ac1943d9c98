"""The list of leads: filters, order, pages by number or by cursor."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from kit.db.database import Reading
from leads_service.domain.lead import Lead
from leads_service.store.rows import LEAD_COLUMNS, lead_from_row
from leads_service.store.sla_conditions import has_status
from leads_service.store.tables import LEADS

SORT_COLUMNS: dict[str, sa.ColumnElement[Any]] = {
    "createdAt": LEADS.c.created_at,
    "updatedAt": LEADS.c.updated_at,
    "firstName": LEADS.c.first_name,
    "lastName": LEADS.c.last_name,
    "company": LEADS.c.company,
    "score": LEADS.c.score,
    "estimatedValue": LEADS.c.estimated_value,
    "slaDeadline": LEADS.c.sla_deadline,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadFilter:
    """Which leads. An empty sequence and None filter nothing; filters combine with and, values with or."""

    search: str = ""
    stage_ids: Sequence[UUID] = ()
    pipeline_ids: Sequence[UUID] = ()
    priorities: Sequence[str] = ()
    sources: Sequence[str] = ()
    owners: Sequence[UUID] = ()
    unassigned: bool = False
    statuses: Sequence[str] = ()
    sla_statuses: Sequence[str] = ()
    qualified: bool | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None


@dataclass(frozen=True, slots=True)
class LeadOrder:
    """By what, and which way. ``ranks`` gives the positions of priorities or stages where it is by these."""

    by: str = "createdAt"
    descending: bool = True
    ranks: Mapping[Any, int] | None = None

    def key(self) -> sa.ColumnElement[Any]:
        """The expression that leads are ordered by, before their id."""
        if self.ranks is None:
            return SORT_COLUMNS[self.by]
        column = LEADS.c.stage_id if self.by == "stage" else LEADS.c.priority
        return sa.case(dict(self.ranks), value=column) if self.ranks else sa.null()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: the last lead's order key, nothing where it has none, and its id.

    Where the key is not to be told, it is looked up when the list goes on.
    """

    key: Any
    id: UUID
    is_told: bool = True


@dataclass(frozen=True, slots=True)
class LeadPage:
    """The leads of a page, how many there are in all, and where the page ended if there is more."""

    leads: Sequence[Lead]
    total: int
    end: Place | None


async def list_leads(
    connection: Reading,
    which: LeadFilter,
    order: LeadOrder,
    *,
    limit: int,
    offset: int = 0,
    after: Place | None = None,
    now: datetime,
) -> LeadPage:
    """One page of the leads that are not deleted; ``after`` takes the place of ``offset``."""
    if after is not None and not after.is_told:
        after = await _looked_up(connection, order, after.id)
    conditions = _conditions(which, now)
    key = order.key().label("order_key")
    query = sa.select(*LEAD_COLUMNS, key).where(*conditions).order_by(*_order_by(key, order)).limit(limit + 1)
    query = query.where(_beyond(order, after)) if after else query.offset(offset)
    total = (await connection.execute(sa.select(sa.func.count()).where(*conditions))).scalar_one()
    rows = (await connection.execute(query)).mappings().all()
    page = rows[:limit]
    end = Place(page[-1]["order_key"], page[-1]["id"]) if len(rows) > limit else None
    return LeadPage([lead_from_row(row) for row in page], total, end)


async def _looked_up(connection: Reading, order: LeadOrder, lead_id: UUID) -> Place:
    query = sa.select(order.key()).where(LEADS.c.id == lead_id)
    return Place((await connection.execute(query)).scalar_one_or_none(), lead_id)


def _order_by(key: sa.Label[Any], order: LeadOrder) -> list[sa.ColumnElement[Any]]:
    """Leads without a value come last, whichever way."""
    if order.descending:
        return [key.desc().nulls_last(), LEADS.c.id.desc()]
    return [key.asc().nulls_last(), LEADS.c.id.asc()]


def _beyond(order: LeadOrder, after: Place) -> sa.ColumnElement[bool]:
    key, ident = order.key(), LEADS.c.id
    later_id = ident < after.id if order.descending else ident > after.id
    if after.key is None:
        return sa.and_(key.is_(None), later_id)
    later_key = key < after.key if order.descending else key > after.key
    return sa.or_(later_key, sa.and_(key == after.key, later_id), key.is_(None))


def _conditions(which: LeadFilter, now: datetime) -> list[sa.ColumnElement[bool]]:
    lists = (
        (LEADS.c.stage_id, which.stage_ids),
        (LEADS.c.pipeline_id, which.pipeline_ids),
        (LEADS.c.priority, which.priorities),
        (LEADS.c.source, which.sources),
        (LEADS.c.status, which.statuses),
    )
    conditions: list[sa.ColumnElement[bool]] = [LEADS.c.deleted_at.is_(None)]
    conditions += [column.in_(values) for column, values in lists if values]
    if which.search:
        conditions.append(LEADS.c.search_text.contains(which.search.lower(), autoescape=True))
    if which.owners or which.unassigned:
        conditions.append(owned_by(which.owners, unassigned=which.unassigned))
    if which.sla_statuses:
        conditions.append(has_status(which.sla_statuses, now))
    if which.qualified is not None:
        conditions.append(LEADS.c.qualified.is_(which.qualified))
    return conditions + created_between(which.created_from, which.created_to)


def owned_by(owners: Sequence[UUID], *, unassigned: bool) -> sa.ColumnElement[bool]:
    """Assigned to one of the owners, or to nobody where that is wanted."""
    nobody = LEADS.c.assigned_to.is_(None) if unassigned else sa.false()
    return sa.or_(LEADS.c.assigned_to.in_(owners), nobody) if owners else nobody


def created_between(start: datetime | None, end: datetime | None) -> list[sa.ColumnElement[bool]]:
    """Created at or after ``start`` and before ``end``."""
    conditions: list[sa.ColumnElement[bool]] = []
    if start is not None:
        conditions.append(LEADS.c.created_at >= start)
    if end is not None:
        conditions.append(LEADS.c.created_at < end)
    return conditions
