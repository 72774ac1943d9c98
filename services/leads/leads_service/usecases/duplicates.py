"""Finding leads that may be the same person, and keeping new ones of them out where the settings say so."""

from collections.abc import Sequence

from kit.db.database import Reading, Writing
from leads_service.domain import duplicates as rules
from leads_service.domain.duplicates import Duplicate, Sought
from leads_service.domain.lead import Lead
from leads_service.domain.settling import Situation
from leads_service.store import duplicates


async def find_duplicates(connection: Reading, sought: Sought) -> Sequence[Duplicate]:
    """The newest 25 leads with this e-mail or phone."""
    return await duplicates.find(connection, sought)


async def refuse_duplicates(tx: Writing, new: Lead, situation: Situation) -> None:
    """Refuse a lead that is there already, where the settings block duplicates.

    Whoever creates an equal lead at the same moment waits until this transaction ends.

    Raises:
        LeadlineError: LEAD_DUPLICATE.
    """
    sought = rules.sought_of(new)
    if not situation.configuration.settings.block_duplicates or not sought:
        return
    await duplicates.lock(tx, sought)
    found = await duplicates.find(tx, sought)
    if found:
        raise rules.duplicate([each.lead.id for each in found])
