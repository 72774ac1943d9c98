"""The product lines of a lead."""

from collections.abc import Sequence
from uuid import UUID

from kit.db.database import Reading, Writing
from leads_service.domain import product_lines as rules
from leads_service.domain.product_lines import Given, ProductLine, Wanted
from leads_service.domain.settling import Situation
from leads_service.domain.standing import lead_not_found
from leads_service.store import leads, product_lines
from leads_service.usecases.saving import load_locked, save


async def list_lines(connection: Reading, lead_id: UUID) -> Sequence[ProductLine]:
    """The lead's product lines, in the order in which they were added.

    Raises:
        LeadlineError: LEAD_NOT_FOUND.
    """
    if not await leads.exists(connection, lead_id):
        raise lead_not_found(lead_id)
    return await product_lines.lines_of(connection, lead_id)


async def add_line(tx: Writing, lead_id: UUID, wanted: Wanted, situation: Situation) -> ProductLine:
    """Add a product to the lead's lines.

    Raises:
        LeadlineError: LEAD_NOT_FOUND, and whatever ``product_lines.add`` refuses.
    """
    lead = await load_locked(tx, lead_id)
    line, change = rules.add(lead, await product_lines.lines_of(tx, lead_id), wanted, situation)
    await product_lines.insert(tx, line)
    await save(tx, lead, change, situation)
    return line


async def change_line(
    tx: Writing, lead_id: UUID, ident: UUID, given: Given, *, expected_version: int | None, situation: Situation
) -> ProductLine:
    """Change the line of a product, or of this id.

    Raises:
        LeadlineError: LEAD_NOT_FOUND, and whatever ``product_lines.change`` refuses.
    """
    lead = await load_locked(tx, lead_id)
    lines = await product_lines.lines_of(tx, lead_id)
    line, change = rules.change(lead, lines, ident, given, expected_version=expected_version, situation=situation)
    if change.activities:
        await product_lines.update(tx, line)
    await save(tx, lead, change, situation)
    return line


async def remove_line(
    tx: Writing, lead_id: UUID, ident: UUID, *, expected_version: int | None, situation: Situation
) -> None:
    """Take the line of a product, or of this id, out of the lead's.

    Raises:
        LeadlineError: LEAD_NOT_FOUND, and whatever ``product_lines.remove`` refuses.
    """
    lead = await load_locked(tx, lead_id)
    lines = await product_lines.lines_of(tx, lead_id)
    line, change = rules.remove(lead, lines, ident, expected_version=expected_version, situation=situation)
    await product_lines.delete(tx, line)
    await save(tx, lead, change, situation)
