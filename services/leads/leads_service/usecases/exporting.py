"""Reading all leads of a list, in pages."""

from collections.abc import AsyncGenerator, Sequence
from datetime import datetime

from kit.db.database import Database
from leads_service.domain.lead import Lead
from leads_service.store.lead_list import LeadFilter, LeadOrder, Means, next_page
from leads_service.store.trigrams import Trigrams

# Few enough that nobody else's call waits for long meanwhile, enough that a page costs little more than its leads.
LEADS_AT_ONCE = 500


async def all_leads(
    database: Database, which: LeadFilter, order: LeadOrder, now: datetime, trigrams: Trigrams
) -> AsyncGenerator[Sequence[Lead]]:
    """The leads in this order, at least one page of them. Each page is read by itself, when it is asked for.

    ``now`` is the moment whose SLA status counts, for all pages.
    """
    after, means = None, Means(trigrams=trigrams)
    while True:
        async with database.reading() as connection:
            page = await next_page(connection, which, order, LEADS_AT_ONCE, after, now, means)
        yield page.leads
        if page.end is None:
            return
        after = page.end
