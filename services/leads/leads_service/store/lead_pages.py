"""The leads of a page: by going through an index in the list's order, or by gathering all of few."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from kit import paging
from kit.db.database import Reading
from kit.paging import Place
from leads_service.store import lead_filter
from leads_service.store.lead_filter import ALIVE, LeadFilter, ahead, has_text, in_facets, of_facets
from leads_service.store.lead_order import LeadOrder, Levels, Part, Run, behind, beyond, parts_of, values_of
from leads_service.store.rows import LEAD_COLUMNS, SHOWN_COLUMNS
from leads_service.store.tables import LEAD_TEXTS, LEADS

Rows = Sequence[sa.Row[Any]]
# Statements are built once for all lists of a shape: to build one takes longer than to ask it.
_SHAPES = 1_024
_LIMIT, _OFFSET, _ENOUGH = (sa.bindparam(name, type_=sa.Integer) for name in ("limit", "offset", "enough"))


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which leads, in which order, as they are at a moment."""

    which: LeadFilter
    order: LeadOrder
    now: datetime
    # Only the columns that lists show.
    is_shown: bool = False


@dataclass(frozen=True, slots=True)
class Span(paging.Span):
    """Which of the leads: so many, from an offset or behind a place."""

    # The order is gone through from its end, and the leads are shown the other way round.
    from_end: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """All that statements about a list are built by: what is wanted and which span, but for their values."""

    which: LeadFilter
    order: LeadOrder
    after: Place | None
    is_shown: bool
    from_end: bool

    @classmethod
    def of(cls, wanted: Wanted, span: Span) -> "Shape":
        """The shape of a list."""
        after = wanted.order.shape_of(span.after) if span.after else None
        return cls(wanted.which.shape, wanted.order, after, wanted.is_shown, span.from_end)

    @property
    def walked(self) -> LeadOrder:
        """The order in which leads are gone through."""
        return self.order.reversed() if self.from_end else self.order


def values(wanted: Wanted, span: Span) -> dict[str, Any]:
    """The parameters of statements of their shape."""
    said = wanted.which.values(wanted.now)
    said |= {"limit": span.limit, "offset": span.offset, "enough": span.offset + span.limit}
    return said | values_of(span.after) if span.after else said


async def go_through(connection: Reading, wanted: Wanted, levels: Levels, span: Span) -> Rows:
    """The rows of a span, by going through the parts of the order until there are enough."""
    shape, said = Shape.of(wanted, span), values(wanted, span)
    left = _left(shape, levels)
    if span.offset:
        return (await connection.execute(_through(shape, levels, None), said)).all() if left else []
    rows: list[sa.Row[Any]] = []
    for place in range(len(left)):
        said["limit"] = said["enough"] = span.limit - len(rows)
        more = (await connection.execute(_through(shape, levels, place), said)).all()
        rows = [*more, *rows] if span.from_end else [*rows, *more]
        if len(rows) == span.limit:
            break
    return rows


async def meet(connection: Reading, wanted: Wanted, levels: Levels, span: Span, most: int) -> Rows:
    """The rows of a span of a search that are among the first leads of the order: ``most`` of them are looked at."""
    shape, said = Shape.of(wanted, span), values(wanted, span)
    if not _left(shape, levels):
        return []
    rows: Rows = (await connection.execute(_met(shape, levels), said | {"most": most})).all()
    return rows


@lru_cache(maxsize=_SHAPES)
def _left(shape: Shape, levels: Levels) -> Sequence[tuple[Part, sa.ColumnElement[bool]]]:
    """The parts of the order, or what is left of them, in the order in which they are gone through."""
    parts = parts_of(shape.order, shape.which, levels)
    if shape.from_end:
        parts.reverse()
    return behind(parts, shape.walked, shape.after) if shape.after else [(part, sa.true()) for part in parts]


@lru_cache(maxsize=_SHAPES)
def _through(shape: Shape, levels: Levels, place: int | None) -> sa.Select[Any]:
    """The statement for one of the parts that are left, or for all of them."""
    left = _left(shape, levels)
    said = _conditions(shape.which, shape.order)
    runs = [
        _run(part, [*said, condition], shape.walked) for part, condition in (left if place is None else [left[place]])
    ]
    page = _one_behind_the_other(runs).limit(_LIMIT).offset(_OFFSET).subquery()
    return _read(page, shape)


@lru_cache(maxsize=_SHAPES)
def _met(shape: Shape, levels: Levels) -> sa.Select[Any]:
    """The statement for the beginning of the first part that is left."""
    part, condition = _left(shape, levels)[0]
    said = _conditions(replace(shape.which, search=""), shape.order)
    most = sa.bindparam("most", type_=sa.Integer)
    first = _run(part, [*said, condition], shape.walked, most).subquery()
    met = sa.select(first).where(has_text(first.c.id)).limit(_LIMIT).offset(_OFFSET).subquery()
    return _read(met, shape)


def _conditions(which: LeadFilter, order: LeadOrder) -> list[sa.ColumnElement[bool]]:
    return lead_filter.conditions(which, by_creation=order.by == "createdAt")


def _read(page: sa.Subquery, shape: Shape) -> sa.Select[Any]:
    """The columns of the leads of a page, in its order."""
    columns = SHOWN_COLUMNS if shape.is_shown else LEAD_COLUMNS
    query = sa.select(*columns, page.c.order_key).join(page, page.c.id == LEADS.c.id)
    # Joined, they may come in any order.
    return query.order_by(*shape.order.wholly(page.c.order_key, page.c.id))


def _run(
    part: Part, said: Sequence[sa.ColumnElement[bool]], order: LeadOrder, most: sa.BindParameter[int] = _ENOUGH
) -> sa.Select[Any]:
    """The first leads of a part, enough for the page or so many, merged from its runs where there are several."""
    runs = [_ordered(_unordered(part, run, said), order, part).limit(most) for run in part.runs]
    if len(runs) == 1:
        return runs[0]
    merged = _one_behind_the_other(runs).subquery()
    by = [merged.c.id] if part.is_level else [merged.c.order_key, merged.c.id]
    return sa.select(merged).order_by(*(each.desc() if order.descending else each.asc() for each in by)).limit(most)


def _unordered(part: Part, run: Run, said: Sequence[sa.ColumnElement[bool]]) -> sa.Select[Any]:
    query = sa.select(part.key.label("order_key"), LEADS.c.id).where(*said, run.condition)
    # An offset keeps the planner from going through all leads in the wanted order instead.
    return sa.select(query.offset(0).subquery()) if run.is_sorted else query


def _ordered(query: sa.Select[Any], order: LeadOrder, part: Part) -> sa.Select[Any]:
    key, lead_id = query.selected_columns
    if part.missing is not None:
        key = part.missing
    elif isinstance(key, sa.Label):
        key = key.element
    by = [lead_id] if part.is_level and part.missing is None else [key, lead_id]
    return query.order_by(*(each.desc() if order.descending else each.asc() for each in by))


def _one_behind_the_other(queries: Sequence[sa.Select[Any]]) -> Any:
    """The rows of queries in just this order: no session of ours runs parts of a query at the same time."""
    each = [sa.select(query.subquery()) for query in queries]
    return each[0] if len(each) == 1 else sa.union_all(*each)


async def gather(connection: Reading, wanted: Wanted, span: Span, *, by_owner: bool) -> Rows:
    """The rows of a span, by sorting all leads of a filter that has few: found by their owners, or by their facets."""
    statement = _gathered(Shape.of(wanted, span), by_owner=by_owner)
    rows: Rows = (await connection.execute(statement, values(wanted, span))).all()
    return rows


@lru_cache(maxsize=_SHAPES)
def _gathered(shape: Shape, *, by_owner: bool) -> sa.Select[Any]:
    """The statement for lists of this shape."""
    order = shape.order
    found = few(shape.which, order if order.is_gathered else None, by_owner=by_owner)
    if order.is_gathered:
        return sorted_page(sa.select(found.c.id, found.c.order_key), shape)
    key = order.labelled_key(LEAD_TEXTS)
    return sorted_page(sa.select(found.c.id, key).join(LEAD_TEXTS, LEAD_TEXTS.c.lead_id == found.c.id), shape)


def few(which: LeadFilter, order: LeadOrder | None = None, *, by_owner: bool) -> sa.CTE:
    """All leads of a filter of this shape that has few, whatever is searched for; with their keys, of such an order."""

    def read(table: sa.FromClause) -> list[sa.ColumnElement[Any]]:
        return [table.c.id, *([order.labelled_key(table)] if order else [])]

    sources = []
    if which.has_facets:
        said = [ALIVE, *lead_filter.own_conditions(which)]
        if which.by_facet:
            said.append(in_facets(which) if by_owner else of_facets(which))
        if which.excepted:
            said.append(LEADS.c.id.not_in(ahead(which, which.excepted)))
        sources.append(sa.select(*read(LEADS)).where(*said))
    if which.added:
        columns = [order.column] if order else []
        sources.append(sa.select(*read(ahead(which, which.added, *columns).subquery())))
    found: sa.CTE = _one_behind_the_other(sources).cte("few").prefix_with("MATERIALIZED")
    return found


def sorted_page(found: sa.Select[Any], shape: Shape) -> sa.Select[Any]:
    """The span of leads of which the ids and keys are known, with their columns: only of these they are read."""
    order, (ident, label) = shape.order, found.selected_columns
    key = label.element if isinstance(label, sa.Label) else label
    query = found.where(beyond(order, shape.after, key, ident)) if shape.after else found.offset(_OFFSET)
    return _read(query.order_by(*order.wholly(key, ident)).limit(_LIMIT).subquery(), shape)
