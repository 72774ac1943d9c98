"""The list of leads: filters, order, pages by number or by cursor, and how many there are."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

import sqlalchemy as sa

from kit.db.database import Reading
from kit.db.search import is_indexed
from kit.paging import Place
from leads_service.domain.lead import Lead
from leads_service.domain.list_bounds import ListBounds
from leads_service.domain.shown_lead import ShownLead
from leads_service.store import lead_counts, lead_pages, lead_search
from leads_service.store.lead_counts import Facts
from leads_service.store.lead_filter import LeadFilter
from leads_service.store.lead_order import MOST_SORTED, SORT_COLUMNS, LeadOrder, levels_of
from leads_service.store.lead_pages import Rows, Span, Wanted
from leads_service.store.lead_search import SOME, ByFilter, ByText, Found
from leads_service.store.rows import lead_from_row, shown_from_row
from leads_service.store.tables import LEADS
from leads_service.store.trigrams import Trigrams

__all__ = [
    "SORT_COLUMNS",
    "LeadFilter",
    "LeadOrder",
    "LeadPage",
    "Means",
    "Span",
    "list_leads",
    "list_shown",
    "next_page",
]

Shown_co = TypeVar("Shown_co", covariant=True)

# Gathering a lead costs as much as going past so many of an order: more where it is looked up for its key.
_GATHERING_COSTS = 2
_GATHERING_COSTS_BY_TEXT = 25
# Of so few, to go through an order is never worth while.
_FEW = 300
# To look at so many texts in an order costs about as much as to find the leads of a frequent one by the index.
_MOST_MET = 3_000
# More leads than are needed on average, since they are not spread evenly.
_MARGIN = 1.2
_ALL = 2**31 - 2


@dataclass(frozen=True, slots=True)
class Means:
    """How lists are read: which of them are refused, if any, and what is known of the texts that are searched."""

    bounds: ListBounds | None = None
    trigrams: Trigrams = field(default_factory=Trigrams)


_UNBOUNDED = Means()


@dataclass(frozen=True, slots=True)
class LeadPage(Generic[Shown_co]):
    """The leads of a page, how many there are in all where that was asked for, and where it ended if there is more."""

    leads: Sequence[Shown_co]
    total: int | None
    end: Place | None


async def list_leads(
    connection: Reading,
    which: LeadFilter,
    order: LeadOrder,
    span: Span,
    *,
    now: datetime,
    with_total: bool = True,
    means: Means = _UNBOUNDED,
) -> LeadPage[Lead]:
    """One page of the leads that are not deleted.

    Raises:
        LeadlineError: SEARCH_TOO_SHORT, SEARCH_TOO_BROAD or PAGE_TOO_DEEP, where there are bounds.
    """
    page = await _page(connection, Wanted(which, order, now), span, means, with_total=with_total)
    return LeadPage([lead_from_row(row._mapping) for row in page.leads], page.total, page.end)


async def list_shown(
    connection: Reading,
    which: LeadFilter,
    order: LeadOrder,
    span: Span,
    *,
    now: datetime,
    with_total: bool = True,
    means: Means = _UNBOUNDED,
) -> LeadPage[ShownLead]:
    """The same with only what lists show of a lead, its score's breakdown not among it.

    Raises:
        LeadlineError: SEARCH_TOO_SHORT, SEARCH_TOO_BROAD or PAGE_TOO_DEEP, where there are bounds.
    """
    wanted = Wanted(which, order, now, is_shown=True)
    page = await _page(connection, wanted, span, means, with_total=with_total)
    return LeadPage([shown_from_row(row) for row in page.leads], page.total, page.end)


async def next_page(  # noqa: PLR0917 - nothing of them goes without the others
    connection: Reading,
    which: LeadFilter,
    order: LeadOrder,
    limit: int,
    after: Place | None,
    now: datetime,
    means: Means = _UNBOUNDED,
) -> LeadPage[Lead]:
    """The page behind a place, or the first one, without a count of them all."""
    return await list_leads(connection, which, order, Span(limit, after=after), now=now, with_total=False, means=means)


async def _page(
    connection: Reading, wanted: Wanted, span: Span, means: Means, *, with_total: bool
) -> LeadPage[sa.Row[Any]]:
    if span.after is not None and not span.after.is_told:
        span = replace(span, after=await _looked_up(connection, wanted.order, span.after.id))
    # One more than is shown tells whether there is more.
    listing = await _Listing.begun(connection, wanted, replace(span, limit=span.limit + 1), means)
    if listing.wanted.which.search:
        rows, total = await listing.searched(with_total=with_total)
    else:
        rows, total = await listing.rows(), listing.facts.count
    page = rows[: span.limit]
    end = Place(page[-1].order_key, page[-1].id) if len(rows) > span.limit else None
    return LeadPage(page, total if with_total else None, end)


async def _looked_up(connection: Reading, order: LeadOrder, lead_id: UUID) -> Place:
    query = sa.select(order.key()).where(LEADS.c.id == lead_id)
    return Place((await connection.execute(query)).scalar_one_or_none(), lead_id)


@dataclass(frozen=True, slots=True)
class _Listing:
    """A list as it is asked for, and what is known of it."""

    connection: Reading
    wanted: Wanted
    span: Span
    means: Means
    facts: Facts

    @classmethod
    async def begun(cls, connection: Reading, wanted: Wanted, span: Span, means: Means) -> "_Listing":
        which = wanted.which
        facts = await lead_counts.facts(connection, which, wanted.now, wanted.order.ranked)
        if which.search:
            wanted = replace(wanted, which=replace(which, search=facts.folded))
        return cls(connection, wanted, span, means, facts)

    async def rows(self) -> Rows:
        """The rows of a list that is not searched."""
        if self.span.offset >= self.facts.count:
            return []
        self._check_depth(self.facts.count)
        if self.facts.count <= self._most_gathered:
            by_owner = self._has_fewer_by_owner
            return await lead_pages.gather(self.connection, self.wanted, self.span, by_owner=by_owner)
        return await self._gone_through(self.facts.count)

    async def searched(self, *, with_total: bool) -> tuple[Rows, int]:
        """The rows of a list that is searched, and how many there are in all where that is wanted."""
        if not with_total and self._are_met_soon:
            rows = await self._met()
            if len(rows) == self.span.limit:
                return rows, 0
        found = await self._found(_ALL if with_total else MOST_SORTED, with_total=with_total)
        total = None if found.is_cut_off else found.total
        if total is not None and self.span.offset >= total:
            return [], total
        self._check_depth(total)
        rows = await self._gone_through(total) if found.rows is None else found.rows
        return rows, found.total

    @property
    def _are_met_soon(self) -> bool:
        """Whether the first leads of the order should fill the page, if those that have the text are spread over it."""
        bounds, span = self.means.bounds, self.span
        if self._are_few_to_search or (bounds and span.offset > bounds.depth):
            return False
        share = self.means.trigrams.likely_share(self.wanted.which.search)
        return (span.offset + span.limit) * _MARGIN <= _MOST_MET * share

    async def _met(self) -> Rows:
        levels = levels_of(self.facts.of_value)
        return await lead_pages.meet(self.connection, self.wanted, levels, self.span, _MOST_MET)

    @property
    def _are_few_to_search(self) -> bool:
        bounds = self.means.bounds
        return self.facts.count <= (bounds.searched if bounds else MOST_SORTED)

    async def _found(self, most: int, *, with_total: bool) -> Found:
        """What is found where that takes the least; refused where it takes too much."""
        text, bounds = self.wanted.which.search, self.means.bounds
        if self._are_few_to_search and not (is_indexed(text) and self._is_rare(text)):
            return await self._found_by_filter()
        if bounds and with_total and self.facts.everything > SOME * bounds.searched:
            if not is_indexed(text):
                raise bounds.too_short()
            most = bounds.searched
        if self._is_frequent(text, most) and await lead_search.is_broad(self.connection, text, most):
            found = Found(0, is_cut_off=True)
        else:
            found = await self._found_by_text(most)
        if found.is_cut_off and self._are_few_to_search:
            return await self._found_by_filter()
        if found.is_cut_off and bounds and with_total:
            raise bounds.too_broad()
        return found

    async def _found_by_text(self, most: int) -> Found:
        text = self.wanted.which.search
        way = ByText(self.means.trigrams.rarest(text) if is_indexed(text) else (), most)
        return await lead_search.find(self.connection, self.wanted, self.span, way)

    def _is_frequent(self, text: str, most: int) -> bool:
        """Whether the text may be in so many leads that some of them tell that they are more than ``most``."""
        everything = self.facts.everything
        return everything > SOME * most and self.means.trigrams.share(text) * SOME >= 1

    def _check_depth(self, count: int | None) -> None:
        if self.means.bounds:
            self.means.bounds.check_depth(self.span.offset, count)

    def _is_rare(self, text: str) -> bool:
        """Whether fewer leads have the text, by what is estimated, than there are to be looked at otherwise."""
        return self.means.trigrams.share(text) * self.facts.everything < self.facts.count

    async def _found_by_filter(self) -> Found:
        way = ByFilter(by_owner=self._has_fewer_by_owner)
        return await lead_search.find(self.connection, self.wanted, self.span, way)

    @property
    def _most_gathered(self) -> int:
        """To gather so many leads costs less than to go through their order until there are enough.

        That many of all are passed in an order is expected; of an owner's, all are passed before some are gathered.
        """
        costs = _GATHERING_COSTS if self.wanted.order.is_gathered else _GATHERING_COSTS_BY_TEXT
        in_order = (self.span.offset + self.span.limit) * self.facts.everything
        of_owner = self.facts.of_owners if self._has_fewer_by_owner else 0
        # What n leads cost is of_owner + n * costs, or in_order / n.
        return max(_FEW, (math.isqrt(of_owner**2 + 4 * costs * in_order) - of_owner) // (2 * costs))

    @property
    def _has_fewer_by_owner(self) -> bool:
        """Whether fewer leads have the owners than have the facets, so that they are found by these."""
        which, facts = self.wanted.which, self.facts
        return which.by_owner and (not which.by_facet or facts.of_owners <= facts.in_facets)

    async def _gone_through(self, count: int | None) -> Rows:
        """The rows by going through the order, from the nearer end where it is known how many there are."""
        span, levels = self.span, levels_of(self.facts.of_value)
        if count is not None and not span.after and span.offset > count // 2:
            limit = min(span.limit, count - span.offset)
            span = Span(limit, count - span.offset - limit, from_end=True)
        return await lead_pages.go_through(self.connection, self.wanted, levels, span)
