"""Undoing what a conversion ensured.

Whether a record goes is not decided by who lets go of it, but by whether anybody still needs it: it goes when a
conversion made it, every conversion that used it has let go, and nothing refers to it. So releases may come in any
order, and a record that outlived its maker for the sake of another conversion goes with that one.
"""

from uuid import UUID

from crm_service.domain.records import Kind
from crm_service.store.making import put_at_account
from crm_service.store.records import ACCOUNT_RECORDS, CONTACT_RECORDS, OPPORTUNITY_RECORDS, Hold
from crm_service.store.steps import account_is_due_back, is_left_over
from crm_service.usecases.steps import release_step
from kit.db.database import Writing


async def release_account(tx: Writing, conversion_id: UUID) -> None:
    """Undo ``ensure_account``, or keep it from happening."""
    record_id = await release_step(tx, conversion_id, Kind.ACCOUNT)
    await _let_accounts_go(tx, {record_id})


async def release_contact(tx: Writing, conversion_id: UUID) -> None:
    """Undo ``ensure_contact``, or keep it from happening. An account that it gave and nobody used since goes back."""
    record_id = await release_step(tx, conversion_id, Kind.CONTACT)
    await _let_accounts_go(tx, {await _let_contact_go(tx, record_id)})


async def release_opportunity(tx: Writing, conversion_id: UUID) -> None:
    """Undo ``ensure_opportunity``, or keep it from happening."""
    record_id = await release_step(tx, conversion_id, Kind.OPPORTUNITY)
    opportunity = record_id and await OPPORTUNITY_RECORDS.find(tx, record_id, Hold.UNUSED)
    if not opportunity or not await is_left_over(tx, Kind.OPPORTUNITY, opportunity.id):
        return
    await OPPORTUNITY_RECORDS.delete(tx, opportunity.id)
    # What it referred to may have been waiting for this.
    await _let_accounts_go(tx, {opportunity.account_id, await _let_contact_go(tx, opportunity.contact_id)})


async def _let_contact_go(tx: Writing, contact_id: UUID | None) -> UUID | None:
    """Delete the contact, or take its account back, if that is due; answers the account that it left."""
    contact = contact_id and await CONTACT_RECORDS.find(tx, contact_id, Hold.UNUSED)
    if not contact:
        return None
    if await is_left_over(tx, Kind.CONTACT, contact.id):
        await CONTACT_RECORDS.delete(tx, contact.id)
        return contact.account_id
    if await account_is_due_back(tx, contact.id, contact.version):
        await put_at_account(tx, contact.id, None)
        return contact.account_id
    return None


async def _let_accounts_go(tx: Writing, account_ids: set[UUID | None]) -> None:
    for account_id in sorted(each for each in account_ids if each):
        if await ACCOUNT_RECORDS.find(tx, account_id, Hold.UNUSED) and await is_left_over(tx, Kind.ACCOUNT, account_id):
            await ACCOUNT_RECORDS.delete(tx, account_id)
