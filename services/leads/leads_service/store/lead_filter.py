"""Which leads a list has, as conditions of SQL: by facets where that is possible, which are counted and indexed."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from kit.db.database import Reading
from leads_service.store.sla_conditions import is_pending, lies_ahead
from leads_service.store.tables import LEAD_COUNT_CHANGES, LEAD_FACETS, LEAD_TEXTS, LEADS

ALIVE = LEADS.c.deleted_at.is_(None)
# Owner of the counts of leads that nobody owns.
NOBODY = UUID(int=0)

_OUTCOMES = {"no_sla": "none", "met": "met", "met_late": "met_late", "paused": "paused", "breached": "pending"}
# What an unanswered lead is before its deadline comes: few leads at any moment.
_AHEAD = ("on_track", "at_risk")
_INDEXED = re.compile(r"[^\W_]{3}")
_Parts = Callable[["LeadFilter", sa.FromClause], list[sa.ColumnElement[bool]]]


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

    @property
    def by_owner(self) -> bool:
        """Whether it says anything of owners."""
        return bool(self.owners) or self.unassigned

    @property
    def by_creation(self) -> bool:
        """Whether it says anything of when leads were created."""
        return self.created_from is not None or self.created_to is not None

    @property
    def by_facet(self) -> bool:
        """Whether it says anything that facets are made of."""
        said = (self.stage_ids, self.pipeline_ids, self.priorities, self.sources, self.statuses, self.sla_statuses)
        return any(said) or self.qualified is not None

    @property
    def outcomes(self) -> set[str]:
        """What the SLA statuses mean at any time. One that is pending counts as breached: see ``excepted``."""
        return {_OUTCOMES[status] for status in self.sla_statuses if status in _OUTCOMES}

    @property
    def excepted(self) -> Sequence[str]:
        """Statuses of leads that are pending and not breached, and so are not in the list of breached ones."""
        if "breached" not in self.sla_statuses:
            return ()
        return [status for status in _AHEAD if status not in self.sla_statuses]

    @property
    def added(self) -> Sequence[str]:
        """Statuses of leads that are pending, and in the list though not all pending ones are."""
        if "breached" in self.sla_statuses:
            return ()
        return [status for status in _AHEAD if status in self.sla_statuses]

    @property
    def has_facets(self) -> bool:
        """Whether any facet is in it as a whole, but for the excepted leads."""
        return not self.sla_statuses or bool(self.outcomes)


def facet_values(which: LeadFilter) -> dict[str, Sequence[Any]]:
    """What the filter says of the parts of a facet, but for SLA and qualification, by column."""
    lists: dict[str, Sequence[Any]] = {
        "stage_id": which.stage_ids,
        "pipeline_id": which.pipeline_ids,
        "priority": which.priorities,
        "source": which.sources,
        "status": which.statuses,
    }
    return {name: values for name, values in lists.items() if values}


def touched_values(which: LeadFilter) -> dict[str, Sequence[Any]]:
    """The same with SLA outcomes, and with those that only some leads of are added from."""
    values = facet_values(which)
    if which.sla_statuses:
        values["sla_outcome"] = sorted(which.outcomes | ({"pending"} if which.added else set()))
    return values


def facet_parts(which: LeadFilter, table: sa.FromClause) -> list[sa.ColumnElement[bool]]:
    """What the filter says of the parts of a facet, but for SLA, of a table that has them as columns."""
    return _as_conditions(which, facet_values(which), table)


def counted_parts(which: LeadFilter, table: sa.FromClause) -> list[sa.ColumnElement[bool]]:
    """What the filter says of facets, of a table of counts."""
    outcomes = {"sla_outcome": sorted(which.outcomes)} if which.sla_statuses else {}
    return _as_conditions(which, {**facet_values(which), **outcomes}, table)


def touched_parts(which: LeadFilter, table: sa.FromClause) -> list[sa.ColumnElement[bool]]:
    """The same, with the facets that only some leads of are added from."""
    return _as_conditions(which, touched_values(which), table)


def _as_conditions(
    which: LeadFilter, values: Mapping[str, Sequence[Any]], table: sa.FromClause
) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = [table.c[name].in_(each) for name, each in values.items()]
    if which.qualified is not None:
        conditions.append(table.c.qualified.is_(which.qualified))
    return conditions


def facets(which: LeadFilter, parts: _Parts = counted_parts) -> sa.CompoundSelect[tuple[int]]:
    """The facets of the filter: those that are counted, and those of changes that are not yet."""
    return sa.union_all(
        *(sa.select(table.c.facet).where(*parts(which, table)) for table in (LEAD_FACETS, LEAD_COUNT_CHANGES))
    )


def in_facets(which: LeadFilter, facet: sa.ColumnElement[int] = LEADS.c.facet) -> sa.ColumnElement[bool]:
    """Has one of the facets, for leads that are gone through: each is looked up in memory.

    That it is true is said so that the planner does not make a join of it.
    """
    return facet.in_(facets(which)).is_(True)


def of_facets(which: LeadFilter, parts: _Parts = counted_parts) -> sa.ColumnElement[bool]:
    """Has one of the facets, for leads that are gathered facet by facet from their index."""
    return LEADS.c.facet == sa.any_(sa.func.array(facets(which, parts).scalar_subquery()))


def ahead(which: LeadFilter, statuses: Sequence[str], now: datetime) -> sa.Select[tuple[UUID]]:
    """The leads of the filter that are pending and in one of these statuses."""
    return sa.select(LEADS.c.id).where(
        ALIVE, is_pending(), lies_ahead(statuses, now), *facet_parts(which, LEADS), *own_conditions(which)
    )


def own_conditions(which: LeadFilter, table: sa.FromClause = LEADS) -> list[sa.ColumnElement[bool]]:
    """What the filter says of owner and creation."""
    conditions = created_between(which.created_from, which.created_to, table)
    if which.by_owner:
        conditions.append(owned_by(which.owners, unassigned=which.unassigned, table=table))
    return conditions


def conditions(which: LeadFilter, now: datetime) -> list[sa.ColumnElement[bool]]:
    """All that the filter says, of leads that are gone through."""
    said = [ALIVE, *own_conditions(which)]
    if which.by_facet:
        said.append(_in_facets_or_ahead(which, now, LEADS.c.id, LEADS.c.facet))
    if which.search:
        # Each on its own, so that the planner does not make a join of it.
        text = sa.select(LEAD_TEXTS.c.search_text).where(LEAD_TEXTS.c.lead_id == LEADS.c.id).scalar_subquery()
        said.append(is_in(text, which.search))
    return said


def searched(which: LeadFilter, now: datetime) -> sa.Select[tuple[UUID, datetime]]:
    """The leads of the filter whose text has the search, folded, in it."""
    lead_id, facet = LEAD_TEXTS.c.lead_id, LEAD_TEXTS.c.facet
    said = [is_in(LEAD_TEXTS.c.search_text, which.search), *own_conditions(which, LEAD_TEXTS)]
    if which.by_facet:
        said.append(_in_facets_or_ahead(which, now, lead_id, facet))
    return sa.select(lead_id.label("id"), LEAD_TEXTS.c.created_at).where(*said)


def _in_facets_or_ahead(
    which: LeadFilter, now: datetime, lead_id: sa.ColumnElement[UUID], facet: sa.ColumnElement[int]
) -> sa.ColumnElement[bool]:
    found = in_facets(which, facet) if which.has_facets else sa.false()
    if which.excepted:
        return sa.and_(found, lead_id.not_in(ahead(which, which.excepted, now)))
    return sa.or_(found, lead_id.in_(ahead(which, which.added, now))) if which.added else found


def is_in(text: sa.ColumnElement[str], search: str) -> sa.ColumnElement[bool]:
    """The folded search is somewhere in the text."""
    pattern = re.sub(r"([\\%_])", r"\\\1", search)
    # The index of texts knows three letters or digits in a row; with fewer it would be read as a whole.
    return (text if _INDEXED.search(search) else text + "").like(f"%{pattern}%")


async def folded(connection: Reading, search: str) -> str:
    """What is searched for without case and accents, as the texts are kept."""
    return str((await connection.execute(sa.select(sa.func.leads_folded(search)))).scalar_one())


def owned_by(owners: Sequence[UUID], *, unassigned: bool, table: sa.FromClause = LEADS) -> sa.ColumnElement[bool]:
    """Assigned to one of the owners, or to nobody where that is wanted."""
    nobody = table.c.assigned_to.is_(None) if unassigned else sa.false()
    return sa.or_(table.c.assigned_to.in_(owners), nobody) if owners else nobody


def created_between(
    start: datetime | None, end: datetime | None, table: sa.FromClause = LEADS
) -> list[sa.ColumnElement[bool]]:
    """Created at or after ``start`` and before ``end``."""
    said: list[sa.ColumnElement[bool]] = []
    if start is not None:
        said.append(table.c.created_at >= start)
    if end is not None:
        said.append(table.c.created_at < end)
    return said
