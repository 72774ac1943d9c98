"""The leads of a page: by going through an index in the list's order, or by gathering all of few."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from kit.db.database import Reading
from leads_service.store import lead_filter
from leads_service.store.lead_filter import ALIVE, LeadFilter, ahead, in_facets, is_in, of_facets
from leads_service.store.lead_order import MOST_SORTED, LeadOrder, Part, Place, Run, behind, beyond
from leads_service.store.rows import LEAD_COLUMNS
from leads_service.store.tables import LEAD_TEXTS, LEADS

_OTHER_COLUMNS = tuple(column for column in LEAD_COLUMNS if column.name != "id")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which leads, in which order, as they are at a moment."""

    which: LeadFilter
    order: LeadOrder
    now: datetime


@dataclass(frozen=True, slots=True)
class Span:
    """Which of the leads: so many, from an offset or behind a place."""

    limit: int
    offset: int = 0
    after: Place | None = None
    # The order is gone through from its end, and the leads are shown the other way round.
    from_end: bool = False


async def go_through(connection: Reading, wanted: Wanted, parts: Sequence[Part], span: Span) -> Sequence[sa.RowMapping]:
    """The rows of a span, by going through the parts of the order until there are enough."""
    left = behind(parts, wanted.order, span.after) if span.after else [(part, sa.true()) for part in parts]
    if span.offset:
        return await _rows(connection, wanted, left, span)
    rows: list[sa.RowMapping] = []
    for each in left:
        more = await _rows(connection, wanted, [each], replace(span, limit=span.limit - len(rows)))
        rows = [*more, *rows] if span.from_end else [*rows, *more]
        if len(rows) == span.limit:
            break
    return rows


async def _rows(
    connection: Reading, wanted: Wanted, left: Sequence[tuple[Part, sa.ColumnElement[bool]]], span: Span
) -> Sequence[sa.RowMapping]:
    """The rows of a span of parts, or of what is left of them."""
    if not left:
        return []
    order, said = wanted.order, lead_filter.conditions(wanted.which, wanted.now)
    enough = span.offset + span.limit
    runs = [_run(part, [*said, condition], order, enough) for part, condition in left]
    page = _one_behind_the_other(runs).limit(span.limit).offset(span.offset).subquery()
    query = sa.select(*LEAD_COLUMNS, page.c.order_key).join(page, page.c.id == LEADS.c.id)
    # Joined, they may come in any order.
    shown = order.reversed() if span.from_end else order
    return (await connection.execute(query.order_by(*shown.wholly(page.c.order_key, page.c.id)))).mappings().all()


def _run(part: Part, said: Sequence[sa.ColumnElement[bool]], order: LeadOrder, enough: int) -> sa.Select[Any]:
    """So many leads of a part, merged from its runs where there are several."""
    runs = [_ordered(_unordered(part, run, said), order, part).limit(enough) for run in part.runs]
    if len(runs) == 1:
        return runs[0]
    merged = _one_behind_the_other(runs).subquery()
    by = [merged.c.id] if part.is_level else [merged.c.order_key, merged.c.id]
    return sa.select(merged).order_by(*(each.desc() if order.descending else each.asc() for each in by)).limit(enough)


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


async def gather(
    connection: Reading, sources: Sequence[sa.Select[Any]], order: LeadOrder, span: Span
) -> Sequence[sa.RowMapping]:
    """The rows of a span, by sorting all that the sources have."""
    found = _one_behind_the_other(sources).cte("found").prefix_with("MATERIALIZED")
    if order.by == "createdAt":
        # Sources are indexes that have it: only the leads that are shown are looked at.
        page = _sorted(sa.select(found.c.id, found.c.created_at.label("order_key")), order, span).subquery()
        query = sa.select(*LEAD_COLUMNS, page.c.order_key).join(page, page.c.id == LEADS.c.id)
        query = query.order_by(*order.wholly(page.c.order_key, page.c.id))
    else:
        key = order.key().label("order_key")
        query = _sorted(sa.select(LEADS.c.id, key, *_OTHER_COLUMNS).join(found, found.c.id == LEADS.c.id), order, span)
    return (await connection.execute(query)).mappings().all()


def _sorted(query: sa.Select[Any], order: LeadOrder, span: Span) -> sa.Select[Any]:
    """A span of a query whose first columns are id and key."""
    ident, label = list(query.selected_columns)[:2]
    key = label.element if isinstance(label, sa.Label) else label
    query = query.where(beyond(order, span.after, key, ident)) if span.after else query.offset(span.offset)
    return query.order_by(*order.wholly(key, ident)).limit(span.limit)


async def find(connection: Reading, sources: Sequence[sa.Select[Any]], most: int | None) -> tuple[int, Sequence[UUID]]:
    """How many leads the sources have, counted up to ``most``, and as many of their ids as are ever sorted."""
    found = _one_behind_the_other(sources).limit(most).subquery()
    ids = sa.func.array_agg(found.c.id, type_=sa.ARRAY(sa.Uuid))[1:MOST_SORTED]
    row = (await connection.execute(sa.select(sa.func.count(), ids).select_from(found))).one()
    return int(row[0]), row[1] or ()


def known(lead_ids: Sequence[UUID]) -> list[sa.Select[Any]]:
    """A source of leads whose ids are known."""
    wanted = LEADS.c.id == sa.any_(sa.literal(list(lead_ids), sa.ARRAY(sa.Uuid)))
    return [sa.select(LEADS.c.id, LEADS.c.created_at).where(ALIVE, wanted)]


def few(wanted: Wanted, *, by_owner: bool) -> list[sa.Select[Any]]:
    """Sources of all leads of a filter that has few, whatever is searched for: by their owners, or by their facets."""
    which, now, sources = wanted.which, wanted.now, []
    if which.has_facets:
        said = [ALIVE, *lead_filter.own_conditions(which)]
        if which.by_facet:
            said.append(in_facets(which) if by_owner else of_facets(which))
        if which.excepted:
            said.append(LEADS.c.id.not_in(ahead(which, which.excepted, now)))
        sources.append(sa.select(LEADS.c.id, LEADS.c.created_at).where(*said))
    if which.added:
        sources.append(ahead(which, which.added, now).add_columns(LEADS.c.created_at))
    return sources


def found_in(sources: Sequence[sa.Select[Any]], search: str) -> list[sa.Select[Any]]:
    """Of these sources, the leads in which the text is found."""
    ids = _one_behind_the_other(sources).cte("few").prefix_with("MATERIALIZED")
    texts = LEAD_TEXTS.c
    return [sa.select(ids).join(LEAD_TEXTS, texts.lead_id == ids.c.id).where(is_in(texts.search_text, search))]
