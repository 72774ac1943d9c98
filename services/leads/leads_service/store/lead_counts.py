"""How many leads a filter has, exactly, without looking at them: counts that the database keeps with each change.

What a transaction changes is added to ``lead_count_changes`` by triggers, and folded into the counts now and then. A
count is the sum of both in one statement, so that it is right at its moment whether or not anybody folds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from kit.db.database import Reading, Writing
from leads_service.store import lead_filter
from leads_service.store.lead_calendar import Calendar, Unit, Whole, calendar_of
from leads_service.store.lead_filter import (
    ALIVE,
    NOBODY,
    LeadFilter,
    ahead,
    counted_parts,
    in_facets,
    of_facets,
    one_of,
    touched_parts,
)
from leads_service.store.tables import (
    LEAD_COUNT_CHANGES,
    LEAD_COUNTS_OF_DAY,
    LEAD_COUNTS_OF_MONTH,
    LEAD_COUNTS_OF_OWNER,
    LEAD_FACETS,
    LEAD_SUMS_OF_MONTH,
    LEADS,
)

_LOCK = 5_060_102_031
_PARTS = "pipeline_id, stage_id, priority, source, status, qualified, sla_outcome"
_FOLD = sa.text(
    f"""
    WITH taken AS (
        DELETE FROM lead_count_changes
        WHERE id = ANY (ARRAY(SELECT id FROM lead_count_changes ORDER BY id LIMIT :limit)) RETURNING *
    ), facets AS (
        INSERT INTO lead_facets AS counted (facet, {_PARTS}, leads)
        SELECT facet, {_PARTS}, sum(leads) FROM taken GROUP BY facet, {_PARTS} HAVING sum(leads) <> 0
        ON CONFLICT (facet) DO UPDATE SET leads = counted.leads + excluded.leads
    ), months AS (
        INSERT INTO lead_counts_of_month AS counted (month, facet, leads)
        SELECT month, facet, sum(leads) FROM taken GROUP BY month, facet HAVING sum(leads) <> 0
        ON CONFLICT (month, facet) DO UPDATE SET leads = counted.leads + excluded.leads
    ), owners AS (
        INSERT INTO lead_counts_of_owner AS counted (owner, facet, leads)
        SELECT owner, facet, sum(leads) FROM taken GROUP BY owner, facet HAVING sum(leads) <> 0
        ON CONFLICT (owner, facet) DO UPDATE SET leads = counted.leads + excluded.leads
    )
    SELECT count(*) FROM taken
    """  # noqa: S608 - of names that stand here
)
_CHANGES = LEAD_COUNT_CHANGES.c
_COUNTS: dict[Unit, sa.Table] = {"month": LEAD_COUNTS_OF_MONTH, "day": LEAD_COUNTS_OF_DAY}
# Of all facets together, where that is summed up.
_SUMS: dict[Unit, sa.Table] = {**_COUNTS, "month": LEAD_SUMS_OF_MONTH}
_Number = sa.ColumnElement[int]


@dataclass(frozen=True, slots=True)
class Facts:
    """How many leads there are in all, in the filter whatever is searched for, and of the facets that it touches.

    Those by a value of the facets, or under None. Of its owners, whatever else it says, if it says more of facets.
    """

    everything: int
    count: int
    of_value: Mapping[Any, int]
    of_owners: int = 0
    # What is searched for, as the texts are kept: without case and accents.
    folded: str = ""

    @property
    def in_facets(self) -> int:
        """How many leads have the facets."""
        return sum(self.of_value.values())


async def facts(connection: Reading, which: LeadFilter, now: datetime, value: str | None = None) -> Facts:
    """What is known of a filter; ``value`` names the part of a facet that its facets are told apart by.

    What is searched for is folded on the way.
    """
    calendar = calendar_of(which.created_from, which.created_to)
    said = {**which.values(now), **calendar.values(), "text": which.search}
    rows = (await connection.execute(_facts(which.shape, calendar.shape, value), said)).all()
    if not rows:
        return Facts(0, 0, {})
    of_value = {row[0]: int(row[1]) for row in rows if row[1]}
    *_, folded, count, of_owners = rows[0]
    everything, in_facets = sum(int(row[2]) for row in rows), sum(of_value.values())
    return Facts(everything, in_facets if count is None else count, of_value, of_owners, folded)


@lru_cache(maxsize=512)
def _facts(which: LeadFilter, calendar: Calendar, value: str | None) -> sa.Select[Any]:
    """The statement for filters of this shape; it counts no leads where those of the facets are all."""
    # Where nothing of facets is asked, their sums by month say the same in fewer rows.
    folded_into = LEAD_FACETS if which.by_facet or value else LEAD_SUMS_OF_MONTH
    each = [_facts_of(table, which, value) for table in (folded_into, LEAD_COUNT_CHANGES)]
    counted = sa.union_all(*each).subquery().c
    wanted = sa.func.sum(counted.leads).filter(counted.wanted)
    folded = sa.func.leads_folded(sa.bindparam("text", type_=sa.Text)) if which.search else sa.literal("")
    is_more = which.by_owner or which.by_creation or which.added or which.excepted
    count = sa.cast(number(replace(which, search=""), calendar), sa.BigInteger) if is_more else sa.null()
    alone = LeadFilter(owners=which.owners, unassigned=which.unassigned)
    of_owners = _count_of_owners(alone) if which.by_owner and which.by_facet else sa.literal(0)
    of_owners = sa.cast(of_owners, sa.BigInteger)
    return sa.select(counted.by, wanted, sa.func.sum(counted.leads), folded, count, of_owners).group_by(counted.by)


def _facts_of(table: sa.Table, which: LeadFilter, value: str | None) -> sa.Select[Any]:
    by = table.c[value] if value else sa.cast(sa.null(), sa.Text)
    wanted = sa.and_(sa.true(), *touched_parts(which, table))
    return sa.select(by.label("by"), table.c.leads, wanted.label("wanted"))


def number(which: LeadFilter, calendar: Calendar, *, by_facet: bool = False) -> sa.ColumnElement[int]:
    """How many leads the filter has, whatever is searched for, for a statement that may ask for more; of shapes.

    ``by_facet``: leads created within bounds are counted by facet once for all numbers, not for the facets of each.
    """
    total: _Number = _count_of_facets(which, calendar, by_facet=by_facet) if which.has_facets else sa.literal(0)
    if which.added:
        total = total + _count(ahead(which, which.added))
    if which.excepted:
        total = total - _count(ahead(which, which.excepted))
    return total


def _count_of_facets(which: LeadFilter, calendar: Calendar, *, by_facet: bool) -> _Number:
    if which.by_owner and which.by_creation:
        return _count_by_facet(which, _owned(which.of_owner_and_creation))
    if which.by_owner:
        return _count_of_owners(which)
    if not which.by_creation:
        return _total_of(LEAD_FACETS, which) + _total_of(LEAD_COUNT_CHANGES, which)
    return _count_by_facet(which, _created(calendar)) if by_facet else _count_of_creation(which, calendar)


def _count_of_owners(which: LeadFilter) -> _Number:
    counted = LEAD_COUNTS_OF_OWNER.c
    folded = _total(counted.leads, _counted_for(which, counted.owner), *_of_facets(which, LEAD_COUNTS_OF_OWNER))
    parts = counted_parts(which, LEAD_COUNT_CHANGES)
    return folded + _total(_CHANGES.leads, _counted_for(which, _CHANGES.owner), *parts)


def _counted_for(which: LeadFilter, owner: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """Counts of the owners, or of nobody where that is wanted."""
    said = [owner == one_of("owners", owner.type)] if which.owners else []
    return sa.or_(*said, owner == NOBODY) if which.unassigned else said[0]


def _count_by_facet(which: LeadFilter, counted: sa.CTE) -> _Number:
    return _total(counted.c.leads, *_in_facets(which, counted))


@lru_cache(maxsize=32)
def _owned(which: LeadFilter) -> sa.CTE:
    """The leads of owners that were created within bounds, by facet: looked at once, however many numbers ask."""
    conditions = (ALIVE, *lead_filter.own_conditions(which))
    query = sa.select(LEADS.c.facet, sa.func.count().label("leads")).where(*conditions).group_by(LEADS.c.facet)
    return query.cte("owned").prefix_with("MATERIALIZED")


@lru_cache(maxsize=32)
def _created(calendar: Calendar) -> sa.CTE:
    """The leads created within bounds, by facet: looked at once, however many numbers ask."""
    # The bounds may leave no time at all.
    parts = [sa.select(LEAD_FACETS.c.facet, LEAD_FACETS.c.leads).where(sa.false())]
    for place, whole in enumerate(calendar.whole):
        for table in (_COUNTS[whole.unit], LEAD_COUNT_CHANGES):
            leads = (table.c.leads * whole.sign).label("leads")
            parts.append(sa.select(table.c.facet, leads).where(*_within(place, whole, table)))
    for place, each in enumerate(calendar.remainders):
        leads = (sa.func.count() * each.sign).label("leads")
        parts.append(sa.select(LEADS.c.facet, leads).where(*_cut_off(place)).group_by(LEADS.c.facet))
    counted = sa.union_all(*parts).subquery().c
    query = sa.select(counted.facet, sa.func.sum(counted.leads).label("leads")).group_by(counted.facet)
    return query.cte("created").prefix_with("MATERIALIZED")


def _count_of_creation(which: LeadFilter, calendar: Calendar) -> _Number:
    total: _Number = sa.literal(0)
    for place, whole in enumerate(calendar.whole):
        counts = (_COUNTS if which.by_facet else _SUMS)[whole.unit]
        folded = _total(counts.c.leads, *_within(place, whole, counts), *_of_facets(which, counts))
        within = _within(place, whole, LEAD_COUNT_CHANGES)
        recent = _total(_CHANGES.leads, *within, *counted_parts(which, LEAD_COUNT_CHANGES))
        total = total + (folded + recent) * whole.sign
    for place, each in enumerate(calendar.remainders):
        cut_off = sa.select(LEADS.c.id).where(*_cut_off(place), *_in_facets(which, LEADS))
        total = total + _count(cut_off) * each.sign
    return total


def _cut_off(place: int) -> list[sa.ColumnElement[bool]]:
    """What the bounds cut off of a day."""
    created = LEADS.c.created_at
    start, end = (sa.bindparam(f"{name}_{place}", type_=created.type) for name in ("start", "end"))
    return [ALIVE, created >= start, created < end]


def _in_facets(which: LeadFilter, table: sa.FromClause) -> list[sa.ColumnElement[bool]]:
    return [in_facets(which, table.c.facet)] if which.by_facet else []


def _of_facets(which: LeadFilter, table: sa.Table) -> list[sa.ColumnElement[bool]]:
    return [of_facets(which, facet=table.c.facet)] if which.by_facet else []


def _within(place: int, whole: Whole, table: sa.Table) -> list[sa.ColumnElement[bool]]:
    created, bounds = table.c[whole.unit], []
    if whole.first is not None:
        bounds.append(created >= sa.bindparam(f"first_{place}", type_=sa.Date))
    if whole.before is not None:
        bounds.append(created < sa.bindparam(f"before_{place}", type_=sa.Date))
    return bounds


def _sum(leads: sa.ColumnElement[Any]) -> _Number:
    return sa.func.coalesce(sa.func.sum(leads), 0)


def _total_of(table: sa.Table, which: LeadFilter) -> _Number:
    return _total(table.c.leads, *counted_parts(which, table))


def _total(leads: sa.ColumnElement[Any], *conditions: sa.ColumnElement[bool]) -> _Number:
    return sa.select(_sum(leads)).where(*conditions).scalar_subquery()


def _count(query: sa.Select[Any]) -> _Number:
    return sa.select(sa.func.count()).select_from(query.subquery()).scalar_subquery()


async def fold(tx: Writing, limit: int) -> int:
    """Put the oldest changes into the counts, at most ``limit``; says how many. One does so at a time."""
    locked = sa.select(sa.func.pg_try_advisory_xact_lock(_LOCK))
    if not (await tx.execute(locked)).scalar_one():
        return 0
    return int((await tx.execute(_FOLD, {"limit": limit})).scalar_one())
