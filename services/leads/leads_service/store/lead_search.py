"""The leads that have a text somewhere, where not too many have it: found, counted, and a page of them, all at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from kit.db.database import Reading
from kit.db.search import pattern
from leads_service.store.lead_filter import in_facets_or_ahead, is_in, own_conditions
from leads_service.store.lead_order import MOST_SORTED
from leads_service.store.lead_pages import Rows, Shape, Span, Wanted, few, sorted_page, values
from leads_service.store.tables import LEAD_TEXTS

_TEXT = LEAD_TEXTS.c.search_text
# So many texts are looked through one after the other in the time in which one is looked up.
SOME = 10
_SAMPLE = sa.select(_TEXT.label("text")).limit(sa.bindparam("some", type_=sa.Integer)).subquery()
_SAMPLED = sa.select(_SAMPLE).where(is_in(_SAMPLE.c.text)).limit(sa.bindparam("most", type_=sa.Integer))
_BROAD = sa.select(sa.func.count()).select_from(_SAMPLED.subquery())


@dataclass(frozen=True, slots=True)
class ByText:
    """Look at all leads that have the text, but for ``most``. The index knows them by some parts of it."""

    parts: Sequence[str]
    most: int


@dataclass(frozen=True, slots=True)
class ByFilter:
    """Look at all leads of the filter, which are few: by their owners or by their facets."""

    by_owner: bool


@dataclass(frozen=True, slots=True)
class Found:
    """How many leads were found, and a page of them unless there are too many to be sorted, or not all are known."""

    total: int
    rows: Rows | None = None
    # More leads have the text than are looked at: the total is not all of them.
    is_cut_off: bool = False


async def is_broad(connection: Reading, text: str, most: int) -> bool:
    """Whether more leads than ``most`` have a folded text, as some of all leads say; if not, they may have it still."""
    said = {"search": pattern(text), "some": SOME * most, "most": most + 1}
    return int((await connection.execute(_BROAD, said)).scalar_one()) > most


async def find(connection: Reading, wanted: Wanted, span: Span, way: ByText | ByFilter) -> Found:
    """What is found on the way, with the page unless more than ``MOST_SORTED`` are found."""
    shape, said = Shape.of(wanted, span), values(wanted, span)
    said["most_sorted"] = MOST_SORTED
    if isinstance(way, ByFilter):
        statement = _by_filter(shape, by_owner=way.by_owner)
    else:
        statement = _by_text(shape, len(way.parts))
        said |= {f"part_{place}": pattern(each) for place, each in enumerate(way.parts)} | {"most": way.most + 1}
    rows = (await connection.execute(statement, said)).all()
    looked_at, total = rows[0].looked_at, rows[0].total
    is_cut_off = isinstance(way, ByText) and looked_at > way.most
    if is_cut_off or total > MOST_SORTED:
        return Found(total, is_cut_off=is_cut_off)
    return Found(total, [] if rows[0].id is None else rows)


@lru_cache(maxsize=512)
def _by_filter(shape: Shape, *, by_owner: bool) -> sa.Select[Any]:
    looked_at = few(shape.which, by_owner=by_owner)
    key = shape.order.labelled_key(LEAD_TEXTS)
    found = sa.select(looked_at.c.id, key).join(LEAD_TEXTS, LEAD_TEXTS.c.lead_id == looked_at.c.id).where(is_in(_TEXT))
    return _counted(looked_at, found, shape)


@lru_cache(maxsize=512)
def _by_text(shape: Shape, parts: int) -> sa.Select[Any]:
    texts = LEAD_TEXTS.c
    said = [
        *(_TEXT.like(sa.bindparam(f"part_{place}", type_=sa.Text)) for place in range(parts)),
        is_in(_TEXT),
    ]
    key = shape.order.labelled_key(LEAD_TEXTS)
    columns = (texts.lead_id.label("id"), texts.facet, texts.assigned_to, texts.created_at, key)
    # All of them are planned for, so that the index is used, and as many are read as are looked at.
    having = sa.select(*columns).where(*said).cte("having").prefix_with("MATERIALIZED")
    most = sa.bindparam("most", type_=sa.Integer)
    looked_at = sa.select(having).limit(most).cte("looked_at").prefix_with("MATERIALIZED")
    which = shape.which
    conditions = own_conditions(which, looked_at)
    if which.by_facet:
        conditions.append(in_facets_or_ahead(which, looked_at.c.id, looked_at.c.facet))
    return _counted(looked_at, sa.select(looked_at.c.id, looked_at.c.order_key).where(*conditions), shape)


def _counted(looked_at: sa.CTE, query: sa.Select[Any], shape: Shape) -> sa.Select[Any]:
    """How many were looked at and found, beside the page, if there is one."""
    found = query.cte("found").prefix_with("MATERIALIZED")
    few_enough = _count(found) <= sa.bindparam("most_sorted", type_=sa.Integer)
    page = sorted_page(sa.select(found.c.id, found.c.order_key).where(few_enough), shape).subquery()
    counts = sa.select(_count(looked_at).label("looked_at"), _count(found).label("total")).subquery()
    order = shape.order.wholly(page.c.order_key, page.c.id)
    return sa.select(page, counts).join_from(counts, page, sa.true(), isouter=True).order_by(*order)


def _count(rows: sa.CTE) -> sa.ColumnElement[int]:
    return sa.select(sa.func.count()).select_from(rows).scalar_subquery()
