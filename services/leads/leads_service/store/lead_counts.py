"""How many leads a filter has, exactly, without looking at them: counts that the database keeps with each change.

What a transaction changes is added to ``lead_count_changes`` by triggers, and folded into the counts now and then. A
count is the sum of both in one statement, so that it is right at its moment whether or not anybody folds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from kit.db.database import Reading, Writing
from leads_service.store import lead_filter
from leads_service.store.lead_filter import (
    ALIVE,
    NOBODY,
    LeadFilter,
    ahead,
    counted_parts,
    facets,
    in_facets,
    touched_values,
)
from leads_service.store.lead_months import Months, Remainder, months_of
from leads_service.store.tables import (
    LEAD_COUNT_CHANGES,
    LEAD_COUNTS_OF_MONTH,
    LEAD_COUNTS_OF_OWNER,
    LEAD_FACETS,
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
_Number = sa.ColumnElement[int]


@dataclass(frozen=True, slots=True)
class Facts:
    """How many leads there are in all, and of the facets that a filter touches: by a value of theirs, or under None."""

    everything: int
    of_value: Mapping[Any, int]

    @property
    def in_facets(self) -> int:
        """How many leads have the facets."""
        return sum(self.of_value.values())


async def facts(connection: Reading, which: LeadFilter, value: str | None = None) -> Facts:
    """What is known of the filter's facets; ``value`` names the part of a facet that they are told apart by."""
    given: dict[str, Any] = {name: list(values) for name, values in touched_values(which).items()}
    if which.qualified is not None:
        given["qualified"] = [which.qualified]
    rows = (await connection.execute(_facts(tuple(given), value), given)).all()
    return Facts(sum(int(row[2]) for row in rows), {row[0]: int(row[1]) for row in rows if row[1]})


@lru_cache(maxsize=512)
def _facts(names: tuple[str, ...], value: str | None) -> sa.TextClause:
    """The statement for filters of these names; as text, since each list asks for it and to build it takes as long."""
    wanted = " AND ".join(f"{name} = ANY (:{name})" for name in names) or "true"
    one = f"SELECT {value or 'NULL'} AS by, leads, {wanted} AS wanted FROM"
    query = f"""
        SELECT by, sum(leads) FILTER (WHERE wanted), sum(leads)
        FROM ({one} lead_facets UNION ALL {one} lead_count_changes) AS counted GROUP BY by
    """  # noqa: S608 - of names of columns
    types = {name: sa.bindparam(name, type_=sa.ARRAY(LEAD_FACETS.c[name].type)) for name in names}
    return sa.text(query).bindparams(*types.values())


async def count(connection: Reading, which: LeadFilter, now: datetime) -> int:
    """How many leads the filter has, whatever is searched for."""
    return int((await connection.execute(sa.select(number(which, now)))).scalar_one())


def number(which: LeadFilter, now: datetime) -> sa.ColumnElement[int]:
    """The same, for a statement that asks for several numbers of one moment."""
    total: _Number = _count_of_facets(which) if which.has_facets else sa.literal(0)
    if which.added:
        total = total + _count(ahead(which, which.added, now))
    if which.excepted:
        total = total - _count(ahead(which, which.excepted, now))
    return total


def _count_of_facets(which: LeadFilter) -> _Number:
    if which.by_owner and which.by_creation:
        return _count(sa.select(LEADS.c.id).where(ALIVE, *lead_filter.own_conditions(which), *_in_facets(which)))
    if which.by_owner:
        return _count_of_owners(which)
    if not which.by_creation:
        return _total_of(LEAD_FACETS, which) + _total_of(LEAD_COUNT_CHANGES, which)
    return _count_of_months(which, months_of(which.created_from, which.created_to))


def _count_of_owners(which: LeadFilter) -> _Number:
    owners = [*which.owners, *([NOBODY] if which.unassigned else [])]
    counted = LEAD_COUNTS_OF_OWNER.c
    folded = _total(counted.leads, counted.owner.in_(owners), *_of_facets(which, counted.facet))
    return folded + _total(_CHANGES.leads, _CHANGES.owner.in_(owners), *counted_parts(which, LEAD_COUNT_CHANGES))


def _count_of_months(which: LeadFilter, months: Months) -> _Number:
    counted = LEAD_COUNTS_OF_MONTH.c
    folded = _total(counted.leads, *_within(months, counted.month), *_of_facets(which, counted.facet))
    recent = _total(_CHANGES.leads, *_within(months, _CHANGES.month), *counted_parts(which, LEAD_COUNT_CHANGES))
    return sum((_count_of_remainder(which, each) for each in months.remainders), folded + recent)


def _count_of_remainder(which: LeadFilter, remainder: Remainder) -> _Number:
    created = lead_filter.created_between(remainder.start, remainder.end)
    return _count(sa.select(LEADS.c.id).where(ALIVE, *created, *_in_facets(which))) * remainder.sign


def _in_facets(which: LeadFilter) -> list[sa.ColumnElement[bool]]:
    return [in_facets(which)] if which.by_facet else []


def _of_facets(which: LeadFilter, column: sa.ColumnElement[int]) -> list[sa.ColumnElement[bool]]:
    return [column.in_(facets(which)).is_(True)] if which.by_facet else []


def _within(months: Months, month: sa.ColumnElement[Any]) -> list[sa.ColumnElement[bool]]:
    bounds = []
    if months.first is not None:
        bounds.append(month >= months.first)
    if months.before is not None:
        bounds.append(month < months.before)
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
