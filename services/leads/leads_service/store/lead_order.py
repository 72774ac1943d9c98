"""The orders of a list, as parts that indexes have in just this order: one behind the other, they are the list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from kit.paging import Place
from leads_service.store.lead_filter import LeadFilter, of_facets, touched_parts
from leads_service.store.tables import LEADS

SORT_COLUMNS: dict[str, sa.Column[Any]] = {
    "createdAt": LEADS.c.created_at,
    "updatedAt": LEADS.c.updated_at,
    "firstName": LEADS.c.first_name,
    "lastName": LEADS.c.last_name,
    "company": LEADS.c.company,
    "score": LEADS.c.score,
    "estimatedValue": LEADS.c.estimated_value,
    "slaDeadline": LEADS.c.sla_deadline,
}
_RANKED_COLUMNS: dict[str, sa.Column[Any]] = {"stage": LEADS.c.stage_id, "priority": LEADS.c.priority}
# So many are sorted at once; of more, an index that has them in order is gone through.
MOST_SORTED = 3_000
_BEYOND_INTEGERS = 2**31
# What a place's shape has in place of its key and its id: nothing looks at it.
_SOME = "…"
_NO_ID = UUID(int=0)
_ID_OF_PLACE = sa.bindparam("id_of_place", type_=LEADS.c.id.type)
# Too long for an index that has something else in order.
_TEXTS = ("firstName", "lastName", "company")
_ALWAYS_THERE = ("createdAt", "updatedAt", "score")
_KINDS: dict[str, type] = {"createdAt": datetime, "updatedAt": datetime, "slaDeadline": datetime, "score": int}
_KINDS |= {"estimatedValue": Decimal, "stage": int, "priority": int}


@dataclass(frozen=True, slots=True)
class LeadOrder:
    """By what, and which way. ``ranks`` gives the positions of priorities or stages where it is by these."""

    by: str = "createdAt"
    descending: bool = True
    ranks: Mapping[Any, int] | None = field(default=None, hash=False)

    @property
    def column(self) -> str:
        """The column that leads are ordered by, be it its value or that value's rank."""
        return (SORT_COLUMNS[self.by] if self.ranks is None else _RANKED_COLUMNS[self.by]).name

    @property
    def is_gathered(self) -> bool:
        """Whether the indexes by which leads are gathered have what they are ordered by."""
        return self.by not in _TEXTS

    def key(self, table: sa.FromClause = LEADS) -> sa.ColumnElement[Any]:
        """The expression that leads are ordered by, before their id, of a table that has the column."""
        if self.ranks is None:
            return table.c[self.column]
        return sa.case(dict(self.ranks), value=table.c[self.column]) if self.ranks else sa.null()

    def labelled_key(self, table: sa.FromClause) -> sa.Label[Any]:
        """The same, as the column by which a page of leads is sorted."""
        return self.key(table).label("order_key")

    def has_key(self, key: Any) -> bool:
        """Whether such a key may be one of this order."""
        match key:
            case None:
                return True
            case datetime():
                fits = key.tzinfo is not None
            case int():
                fits = abs(key) < _BEYOND_INTEGERS and not isinstance(key, bool)
            case str():
                fits = "\x00" not in key
            case _:
                fits = isinstance(key, Decimal)
        return fits and isinstance(key, _KINDS.get(self.by, str))

    def shape_of(self, place: Place) -> Place:
        """Whether the place has a key, or of which rank it is, but not where: all that statements are built by."""
        return Place(place.key if self.ranks is not None or place.key is None else _SOME, _NO_ID)

    @property
    def ranked(self) -> str | None:
        """The column whose values are ranked, where it is by one."""
        return None if self.ranks is None else self.column

    def reversed(self) -> "LeadOrder":
        """From the far end; leads without a value then come first."""
        return replace(self, descending=not self.descending)

    def wholly(self, key: sa.ColumnElement[Any], ident: sa.ColumnElement[UUID]) -> list[sa.ColumnElement[Any]]:
        """How leads are put into this order that were gathered in none. Those without a value come last."""
        if self.descending:
            return [key.desc().nulls_last(), ident.desc()]
        return [key.asc().nulls_last(), ident.asc()]


@dataclass(frozen=True, slots=True)
class Run:
    """Leads that an index has in order, or so few that they are sorted."""

    condition: sa.ColumnElement[bool]
    is_sorted: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """Leads that stand together: those with a value, those without, or those of one rank.

    Where there are several runs, they are merged.
    """

    key: sa.ColumnElement[Any]
    runs: Sequence[Run]
    # Of one rank, or of no value; otherwise leads have keys of their own.
    is_level: bool = False
    rank: int | None = None
    # The column that has no value: an index is in the order of it and the id.
    missing: sa.ColumnElement[Any] | None = None


# Values that are ranked, each with whether it has so many leads that they are not sorted.
Levels = frozenset[tuple[Any, bool]]


def levels_of(of_value: Mapping[Any, int]) -> Levels:
    """The levels of these values, of which it is known how many leads each has at most."""
    return frozenset((value, count > MOST_SORTED) for value, count in of_value.items())


def parts_of(order: LeadOrder, which: LeadFilter, levels: Levels) -> list[Part]:
    """The parts of an order that may have leads of a filter of this shape, the first one first.

    ``levels`` are those of the ranked values, where the order is by rank.
    """
    if order.ranks is not None:
        return _ranks(order, order.ranks, which, levels)
    key = SORT_COLUMNS[order.by]
    if order.by == "score":
        both = [True, False] if which.qualified is None else [which.qualified]
        return [Part(key, [Run(LEADS.c.qualified.is_(each)) for each in both])]
    if order.by in _ALWAYS_THERE:
        return [Part(key, [Run(_at_or_after(key, which))])]
    there = Part(key, [Run(sa.and_(key.is_not(None), _at_or_after(key, which)))])
    missing = Part(sa.cast(sa.null(), key.type), [Run(key.is_(None))], is_level=True, missing=key)
    if order.by == "slaDeadline" and which.sla_statuses:
        statuses = set(which.sla_statuses)
        return [*([there] if statuses - {"no_sla"} else []), *([missing] if "no_sla" in statuses else [])]
    return [there, missing]


def _at_or_after(key: sa.ColumnElement[Any], which: LeadFilter) -> sa.ColumnElement[bool]:
    """No lead is changed or due before it is created: leads that were changed or due before are not gone through."""
    follows = key is LEADS.c.updated_at or key is LEADS.c.sla_deadline
    if not follows or which.created_from is None:
        return sa.true()
    return key >= sa.bindparam("created_from", type_=key.type)


def _ranks(order: LeadOrder, ranks: Mapping[Any, int], which: LeadFilter, levels: Levels) -> list[Part]:
    alike: dict[int | None, list[Run]] = {}
    for value, is_large in levels:
        alike.setdefault(ranks.get(value), []).append(_run_of(order, which, value, is_large=is_large))
    ranked = sorted((rank for rank in alike if rank is not None), reverse=order.descending)
    return [Part(_level(rank), alike[rank], is_level=True, rank=rank) for rank in (*ranked, *({None} & alike.keys()))]


def _run_of(order: LeadOrder, which: LeadFilter, value: Any, *, is_large: bool) -> Run:
    column = _RANKED_COLUMNS[order.by]
    if is_large:
        return Run(column == value)

    def parts(which: LeadFilter, table: sa.FromClause) -> list[sa.ColumnElement[bool]]:
        return [*touched_parts(which, table), table.c[column.name] == value]

    return Run(of_facets(which, parts), is_sorted=True)


def _level(rank: int | None) -> sa.ColumnElement[Any]:
    return sa.cast(sa.null() if rank is None else sa.literal(rank), sa.Integer)


def behind(parts: Sequence[Part], order: LeadOrder, place: Place) -> list[tuple[Part, sa.ColumnElement[bool]]]:
    """The parts that come behind a place of this shape, and what is left of each."""
    left = ((part, _left(part, order, place)) for part in parts)
    return [(part, condition) for part, condition in left if condition is not None]


def _left(part: Part, order: LeadOrder, place: Place) -> sa.ColumnElement[bool] | None:
    ident = LEADS.c.id
    if not part.is_level:
        if place.key is None:
            return None
        pair, there = sa.tuple_(part.key, ident), sa.tuple_(_key_of_place(part.key), _ID_OF_PLACE)
        return pair < there if order.descending else pair > there
    if part.rank == place.key:
        return _has_later_id(order, ident)
    if part.rank is None:
        return sa.true()
    comes_later = place.key is not None and (part.rank < place.key if order.descending else part.rank > place.key)
    return sa.true() if comes_later else None


def beyond(
    order: LeadOrder, place: Place, key: sa.ColumnElement[Any], ident: sa.ColumnElement[UUID]
) -> sa.ColumnElement[bool]:
    """Behind a place of this shape, of leads that were gathered in no order."""
    if place.key is None:
        return sa.and_(key.is_(None), _has_later_id(order, ident))
    there = _key_of_place(key)
    later_key = key < there if order.descending else key > there
    return sa.or_(later_key, sa.and_(key == there, _has_later_id(order, ident)), key.is_(None))


def _has_later_id(order: LeadOrder, ident: sa.ColumnElement[UUID]) -> sa.ColumnElement[bool]:
    return ident < _ID_OF_PLACE if order.descending else ident > _ID_OF_PLACE


def _key_of_place(key: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    return sa.bindparam("key_of_place", type_=key.type)


def values_of(place: Place) -> dict[str, Any]:
    """Where the place is, as parameters of statements of its shape."""
    return {"key_of_place": place.key, "id_of_place": place.id}
