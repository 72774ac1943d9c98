"""Which leads a list has, as conditions of SQL: by facets where that is possible, which are counted and indexed.

A statement is built once for all filters of one shape; what they say are its parameters.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from kit.db.search import pattern
from leads_service.store.sla_conditions import in_status_ahead, pending_ahead
from leads_service.store.tables import LEAD_COUNT_CHANGES, LEAD_FACETS, LEAD_TEXTS, LEADS

ALIVE = LEADS.c.deleted_at.is_(None)
# Owner of the counts of leads that nobody owns.
NOBODY = UUID(int=0)

_OUTCOMES = {"no_sla": "none", "met": "met", "met_late": "met_late", "paused": "paused", "breached": "pending"}
# What an unanswered lead is before its deadline comes: few leads at any moment.
_AHEAD = ("on_track", "at_risk")
# What a shape has in place of what is said: nothing looks at it.
_SOME: Any = ("…",)
_A_TIME = datetime(1, 1, 1, tzinfo=UTC)
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
    def shape(self) -> "LeadFilter":
        """Of what it says something, but not what."""
        return LeadFilter(
            search="…" if self.search else "",
            stage_ids=_SOME if self.stage_ids else (),
            pipeline_ids=_SOME if self.pipeline_ids else (),
            priorities=_SOME if self.priorities else (),
            sources=_SOME if self.sources else (),
            # The leads of one owner are in order in an index.
            owners=_SOME * min(len(self.owners), 2),
            unassigned=self.unassigned,
            statuses=_SOME if self.statuses else (),
            sla_statuses=tuple(sorted(set(self.sla_statuses))),
            qualified=self.qualified,
            created_from=_A_TIME if self.created_from else None,
            created_to=_A_TIME if self.created_to else None,
        )

    def values(self, now: datetime) -> dict[str, Any]:
        """What it says, as parameters of the statements of its shape. A search is folded before."""
        said: dict[str, Any] = {name: list(values) for name, values in _facet_values(self).items()}
        said |= {"created_from": self.created_from, "created_to": self.created_to, "now": now}
        if self.owners:
            said |= {"owners": list(self.owners), "owner": self.owners[0]}
        return said | ({"search": pattern(self.search)} if self.search else {})

    @property
    def of_owner_and_creation(self) -> "LeadFilter":
        """What it says of owner and creation alone."""
        return LeadFilter(
            owners=self.owners,
            unassigned=self.unassigned,
            created_from=self.created_from,
            created_to=self.created_to,
        )

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


def _facet_values(which: LeadFilter) -> dict[str, Sequence[Any]]:
    """What the filter says of the parts of a facet, but for SLA and qualification, by column."""
    lists: dict[str, Sequence[Any]] = {
        "stage_id": which.stage_ids,
        "pipeline_id": which.pipeline_ids,
        "priority": which.priorities,
        "source": which.sources,
        "status": which.statuses,
    }
    return {name: values for name, values in lists.items() if values}


def facet_parts(which: LeadFilter, table: sa.FromClause) -> list[sa.ColumnElement[bool]]:
    """What the filter says of the parts of a facet, but for SLA, of a table that has them as columns."""
    said = [table.c[name] == one_of(name, table.c[name].type) for name in _facet_values(which)]
    return said if which.qualified is None else [*said, table.c.qualified.is_(which.qualified)]


def counted_parts(which: LeadFilter, table: sa.FromClause) -> list[sa.ColumnElement[bool]]:
    """What the filter says of facets, of a table of counts."""
    return [*facet_parts(which, table), *_have_outcome(which, which.outcomes, table)]


def touched_parts(which: LeadFilter, table: sa.FromClause) -> list[sa.ColumnElement[bool]]:
    """The same, with the facets that only some leads of are added from."""
    outcomes = which.outcomes | ({"pending"} if which.added else set())
    return [*facet_parts(which, table), *_have_outcome(which, outcomes, table)]


def _have_outcome(which: LeadFilter, outcomes: Iterable[str], table: sa.FromClause) -> list[sa.ColumnElement[bool]]:
    known = sa.literal(sorted(outcomes), sa.ARRAY(sa.Text))
    return [table.c.sla_outcome == sa.any_(known)] if which.sla_statuses else []


def one_of(name: str, kind: Any) -> sa.ColumnElement[Any]:
    """Any of the values that the parameter of this name says, for a comparison."""
    return sa.any_(sa.bindparam(name, type_=sa.ARRAY(kind)))


@lru_cache(maxsize=512)
def _facets(which: LeadFilter, parts: _Parts) -> sa.CTE:
    """The facets of the filter: those that are counted, and those of changes that are not yet. One for a statement."""
    each = (sa.select(table.c.facet).where(*parts(which, table)) for table in (LEAD_FACETS, LEAD_COUNT_CHANGES))
    return sa.union_all(*each).cte()


def in_facets(which: LeadFilter, facet: sa.ColumnElement[int] = LEADS.c.facet) -> sa.ColumnElement[bool]:
    """Has one of the facets, for leads that are gone through: each is looked up in memory.

    That it is true is said so that the planner does not make a join of it.
    """
    return facet.in_(sa.select(_facets(which, counted_parts).c.facet)).is_(True)


def of_facets(
    which: LeadFilter, parts: _Parts = counted_parts, facet: sa.ColumnElement[int] = LEADS.c.facet
) -> sa.ColumnElement[bool]:
    """Has one of the facets, for what is gathered facet by facet from an index."""
    return facet == sa.any_(sa.func.array(sa.select(_facets(which, parts).c.facet).scalar_subquery()))


def ahead(which: LeadFilter, statuses: Sequence[str], *columns: str) -> sa.Select[Any]:
    """The leads of the filter that are pending and in one of these statuses: their ids, and these columns."""
    leads = pending_ahead(frozenset((*_columns(which), *columns)))
    said = (*in_status_ahead(leads, statuses), *facet_parts(which, leads), *own_conditions(which, leads))
    return sa.select(leads.c.id, *(leads.c[name] for name in columns)).where(*said)


def _columns(which: LeadFilter) -> list[str]:
    """What the filter asks of a lead, but for SLA and what is searched for."""
    asked = {"qualified": which.qualified is not None, "assigned_to": which.by_owner, "created_at": which.by_creation}
    return [*_facet_values(which), *(name for name, is_asked in asked.items() if is_asked)]


def own_conditions(which: LeadFilter, table: sa.FromClause = LEADS) -> list[sa.ColumnElement[bool]]:
    """What the filter says of owner and creation."""
    said = [*_owned_by(which, table)] if which.by_owner else []
    if which.created_from is not None:
        said.append(table.c.created_at >= sa.bindparam("created_from", type_=table.c.created_at.type))
    if which.created_to is not None:
        said.append(table.c.created_at < sa.bindparam("created_to", type_=table.c.created_at.type))
    return said


def _owned_by(which: LeadFilter, table: sa.FromClause) -> list[sa.ColumnElement[bool]]:
    owner, said = table.c.assigned_to, []
    if len(which.owners) == 1:
        said.append(owner == sa.bindparam("owner", type_=owner.type))
    elif which.owners:
        said.append(owner == one_of("owners", owner.type))
    if which.unassigned:
        said.append(owner.is_(None))
    return [sa.or_(*said)]


def conditions(which: LeadFilter, *, by_creation: bool) -> list[sa.ColumnElement[bool]]:
    """All that the filter says, of leads that are gone through, in the order of their creation or in another one.

    In another one, that it is true is said of owner and creation, so that no index is asked for them instead of the
    order's: how many leads they have, a plan for any values takes for far fewer than they may be.
    """
    own = own_conditions(which)
    said = [ALIVE, *(own if by_creation else (each.is_(True) for each in own))]
    if which.by_facet:
        said.append(in_facets_or_ahead(which, LEADS.c.id, LEADS.c.facet))
    if which.search:
        said.append(has_text(LEADS.c.id))
    return said


def has_text(lead_id: sa.ColumnElement[UUID]) -> sa.ColumnElement[bool]:
    """The lead's text has what is searched for: each is looked up alone, so that the planner makes no join of it."""
    text = sa.select(LEAD_TEXTS.c.search_text).where(LEAD_TEXTS.c.lead_id == lead_id).scalar_subquery()
    return is_in(text)


def in_facets_or_ahead(
    which: LeadFilter, lead_id: sa.ColumnElement[UUID], facet: sa.ColumnElement[int]
) -> sa.ColumnElement[bool]:
    """What the filter says of facets and of leads whose deadline lies ahead, for leads that are gone through."""
    found = in_facets(which, facet) if which.has_facets else sa.false()
    if which.excepted:
        return sa.and_(found, lead_id.not_in(ahead(which, which.excepted)))
    return sa.or_(found, lead_id.in_(ahead(which, which.added))) if which.added else found


def is_in(text: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """What is searched for is somewhere in the text, which is looked at: no index is asked for all trigrams of it."""
    return (text + "").like(sa.bindparam("search", type_=sa.Text))
