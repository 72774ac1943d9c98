"""Lists of records: filters, orders, pages by number or by cursor, and how many there are."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from crm_service.domain.paging import Asked, Order, check_depth
from crm_service.store.records import R, Records
from kit.db.database import Reading
from kit.db.search import is_in
from kit.paging import Page, Place, Span


async def list_records(connection: Reading, records: Records[R], asked: Asked) -> Page[R]:
    """One page of a list, empty beyond its end.

    Raises:
        LeadlineError: PAGE_TOO_DEEP.
    """
    conditions = await _conditions(connection, records, asked)
    count = sa.select(sa.func.count()).select_from(records.table).where(*records.only, *conditions)
    total = (await connection.execute(count)).scalar_one()
    if asked.span.offset >= total:
        return Page([], total)
    check_depth(asked.span.offset)
    query = _page(records, conditions, asked.order, asked.span)
    rows = (await connection.execute(query)).all()
    page = rows[: asked.span.limit]
    end = Place(page[-1].order_key, page[-1].id) if len(rows) > asked.span.limit else None
    return Page([records.of_row(row) for row in page], total, end)


def has_key(records: Records[Any], order: Order, key: object) -> bool:
    """Whether such a key may be one of this order."""
    match key:
        case None:
            return order.by in records.optional
        case str():
            # PostgreSQL cannot take a NUL.
            fits = "\x00" not in key
        case Decimal():
            fits = key.is_finite()
        case _:
            fits = True
    kind = {sa.DateTime: datetime, sa.Numeric: Decimal}.get(type(records.sorts[order.by].type), str)
    return fits and isinstance(key, kind)


async def _conditions(connection: Reading, records: Records[Any], asked: Asked) -> list[sa.ColumnElement[bool]]:
    conditions = [_one_of(records.table.c[name], values) for name, values in asked.values.items() if values]
    if asked.search:
        folded = (await connection.execute(sa.select(sa.func.crm_folded(asked.search)))).scalar_one()
        conditions.append(is_in(records.table.c.search_text, folded))
    return conditions


def _one_of(column: sa.ColumnElement[Any], values: Sequence[Any]) -> sa.ColumnElement[bool]:
    given = [value for value in values if value is not None]
    nothing = column.is_(None) if len(given) < len(values) else sa.false()
    return sa.or_(column.in_(given), nothing) if given else nothing


def _page(
    records: Records[Any], conditions: Sequence[sa.ColumnElement[bool]], order: Order, span: Span
) -> sa.Select[Any] | sa.CompoundSelect[Any]:
    """One record more than is shown, which tells whether there is more.

    Those without a value come last, either way. No index has them so: they are a part of their own, and each part is
    read no further than the page can reach.
    """
    key, ident = records.sorts[order.by], records.table.c.id
    if order.by not in records.optional:
        return (
            _part(records, [*conditions, *_behind(key, ident, order, span)], key, order)
            .limit(span.limit + 1)
            .offset(span.offset)
        )
    there = [*conditions, key.is_not(None), *_behind(key, ident, order, span)]
    missing = [*conditions, key.is_(None), *_behind_missing(ident, order, span)]
    reach = span.offset + span.limit + 1
    parts = sa.union_all(
        _part(records, there, key, order).add_columns(sa.literal_column("0").label("part")).limit(reach),
        _part(records, missing, None, order).add_columns(sa.literal_column("1").label("part")).limit(reach),
    ).subquery()
    way = sa.desc if order.descending else sa.asc
    query = sa.select(parts).order_by(parts.c.part, way(parts.c.order_key), way(parts.c.id))
    return query.limit(span.limit + 1).offset(span.offset)


def _part(
    records: Records[Any],
    conditions: Sequence[sa.ColumnElement[bool]],
    key: sa.ColumnElement[Any] | None,
    order: Order,
) -> sa.Select[Any]:
    way = sa.desc if order.descending else sa.asc
    shown = sa.cast(sa.null(), records.sorts[order.by].type) if key is None else key
    query = records.select(*conditions).add_columns(shown.label("order_key"))
    return query.order_by(*([] if key is None else [way(key)]), way(records.table.c.id))


def _behind(
    key: sa.ColumnElement[Any], ident: sa.ColumnElement[Any], order: Order, span: Span
) -> list[sa.ColumnElement[bool]]:
    place = span.after
    if place is None:
        return []
    if place.key is None:
        return [sa.false()]
    pair = sa.tuple_(key, ident)
    last = sa.tuple_(sa.literal(place.key, key.type), sa.literal(place.id, ident.type))
    return [pair < last if order.descending else pair > last]


def _behind_missing(ident: sa.ColumnElement[Any], order: Order, span: Span) -> list[sa.ColumnElement[bool]]:
    place = span.after
    if place is None or place.key is not None:
        return []
    return [ident < place.id if order.descending else ident > place.id]
