"""The list of leads: filters, order, pages by number or by cursor, and how many there are."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from kit.db.database import Reading
from leads_service.domain.lead import Lead
from leads_service.store import lead_counts, lead_pages
from leads_service.store.lead_counts import Facts
from leads_service.store.lead_filter import LeadFilter, folded, searched
from leads_service.store.lead_order import MOST_SORTED, SORT_COLUMNS, LeadOrder, Place, parts_of
from leads_service.store.lead_pages import Span, Wanted
from leads_service.store.rows import lead_from_row
from leads_service.store.tables import LEADS

__all__ = ["SORT_COLUMNS", "LeadFilter", "LeadOrder", "LeadPage", "Place", "list_leads", "next_page"]

# Gathering a lead costs as much as going past so many of an order: less where an index has the key.
_GATHERING_COSTS = 50
_GATHERING_COSTS_BY_CREATION = 2
# Of so few, to go through an order is never worth while.
_FEW = 300


@dataclass(frozen=True, slots=True)
class LeadPage:
    """The leads of a page, how many there are in all where that was asked for, and where it ended if there is more."""

    leads: Sequence[Lead]
    total: int | None
    end: Place | None


async def list_leads(
    connection: Reading,
    which: LeadFilter,
    order: LeadOrder,
    *,
    limit: int,
    offset: int = 0,
    after: Place | None = None,
    now: datetime,
    with_total: bool = True,
) -> LeadPage:
    """One page of the leads that are not deleted; ``after`` takes the place of ``offset``."""
    if after is not None and not after.is_told:
        after = await _looked_up(connection, order, after.id)
    # One more than is shown tells whether there is more.
    span = Span(limit + 1, offset, after)
    listing = await _Listing.begun(connection, Wanted(which, order, now), span)
    if which.search:
        rows, total = await listing.searched(with_total=with_total)
    else:
        rows, total = await listing.rows(), listing.count
    page = rows[:limit]
    end = Place(page[-1]["order_key"], page[-1]["id"]) if len(rows) > limit else None
    return LeadPage([lead_from_row(row) for row in page], total if with_total else None, end)


async def next_page(  # noqa: PLR0917 - nothing of them goes without the others
    connection: Reading, which: LeadFilter, order: LeadOrder, limit: int, after: Place | None, now: datetime
) -> LeadPage:
    """The page behind a place, or the first one, without a count of them all."""
    return await list_leads(connection, which, order, limit=limit, after=after, now=now, with_total=False)


async def _looked_up(connection: Reading, order: LeadOrder, lead_id: UUID) -> Place:
    query = sa.select(order.key()).where(LEADS.c.id == lead_id)
    return Place((await connection.execute(query)).scalar_one_or_none(), lead_id)


@dataclass(frozen=True, slots=True)
class _Listing:
    """A list as it is asked for, and what is known of it: its facets, and how many leads it has but for a search."""

    connection: Reading
    wanted: Wanted
    span: Span
    facts: Facts
    count: int

    @classmethod
    async def begun(cls, connection: Reading, wanted: Wanted, span: Span) -> "_Listing":
        which = wanted.which
        if which.search:
            which = replace(which, search=await folded(connection, which.search))
            wanted = replace(wanted, which=which)
        facts = await lead_counts.facts(connection, which, wanted.order.ranked)
        count = facts.in_facets
        if which.by_owner or which.by_creation or which.added or which.excepted:
            count = await lead_counts.count(connection, which, wanted.now)
        return cls(connection, wanted, span, facts, count)

    async def rows(self) -> Sequence[sa.RowMapping]:
        """The rows of a list that is not searched."""
        if self.span.offset >= self.count:
            return []
        if self._are_few:
            return await lead_pages.gather(self.connection, await self._few(), self.wanted.order, self.span)
        return await self._gone_through(self.count)

    async def searched(self, *, with_total: bool) -> tuple[Sequence[sa.RowMapping], int]:
        """The rows of a list that is searched, and how many there are in all where that is wanted."""
        sources = await self._candidates()
        found, ids = await lead_pages.find(self.connection, sources, None if with_total else MOST_SORTED + 1)
        if self.span.offset >= found:
            return [], found
        if found <= MOST_SORTED:
            known = lead_pages.known(ids)
            return await lead_pages.gather(self.connection, known, self.wanted.order, self.span), found
        return await self._gone_through(found if with_total else None), found

    async def _candidates(self) -> Sequence[sa.Select[Any]]:
        """Where to look for what is searched, other than in an order."""
        if self.count <= MOST_SORTED:
            return lead_pages.found_in(await self._few(), self.wanted.which.search)
        return [searched(self.wanted.which, self.wanted.now)]

    @property
    def _are_few(self) -> bool:
        """Whether to gather all of them costs less than to go through their order until there are enough."""
        costs = _GATHERING_COSTS_BY_CREATION if self.wanted.order.by == "createdAt" else _GATHERING_COSTS
        passed = (self.span.offset + self.span.limit) * self.facts.everything
        return self.count <= _FEW or costs * self.count**2 <= passed

    async def _few(self) -> Sequence[sa.Select[Any]]:
        """Sources of all leads, by what has fewer: their owners or their facets."""
        which = self.wanted.which
        by_owner = which.by_owner
        if by_owner and which.by_facet:
            alone = LeadFilter(owners=which.owners, unassigned=which.unassigned)
            by_owner = await lead_counts.count(self.connection, alone, self.wanted.now) <= self.facts.in_facets
        return lead_pages.few(self.wanted, by_owner=by_owner)

    async def _gone_through(self, count: int | None) -> Sequence[sa.RowMapping]:
        """The rows by going through the order, from the nearer end where it is known how many there are."""
        wanted, span = self.wanted, self.span
        parts = parts_of(wanted.order, wanted.which, self.facts.of_value)
        if count is None or span.after or span.offset <= count // 2:
            return await lead_pages.go_through(self.connection, wanted, parts, span)
        limit = min(span.limit, count - span.offset)
        from_end = Span(limit, count - span.offset - limit, from_end=True)
        backward = replace(wanted, order=wanted.order.reversed())
        return await lead_pages.go_through(self.connection, backward, parts[::-1], from_end)
