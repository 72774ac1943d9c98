"""Ensuring what a conversion needs: link the record that is named, else one that matches, else make one.

A match is linked without being asked for, since a second account of a company is worse than a lead at the first:
whoever wants one makes it and names it.
"""

from uuid import UUID

from crm_service.domain.conversion import ContactLink, Ensured, NewAccount, NewContact, NewOpportunity, email_key
from crm_service.domain.records import Contact, Kind, Record
from crm_service.domain.refusals import contact_of_another_account, id_taken
from crm_service.store import making, matching
from crm_service.store.records import ACCOUNT_RECORDS, CONTACT_RECORDS, OPPORTUNITY_RECORDS, Hold
from crm_service.usecases.records import get_record
from crm_service.usecases.steps import ensure_once
from kit.db.database import Writing


async def ensure_account(tx: Writing, conversion_id: UUID, wanted: UUID | NewAccount) -> Ensured:
    """The account of this id; or the oldest of the new one's name, else of its e-mail domain; or the new one.

    Raises:
        LeadlineError: ACCOUNT_NOT_FOUND, CONVERSION_CLOSED, VALIDATION_FAILED for an id that is taken.
    """

    async def work() -> Ensured:
        if isinstance(wanted, UUID):
            given = await get_record(tx, ACCOUNT_RECORDS, wanted, Hold.THERE)
            return _found(given)
        like = await matching.account_like(tx, wanted.name_key, wanted.email_domain, Hold.THERE)
        return _found(like) if like else _made(wanted.id, await making.insert_account(tx, wanted))

    matches_by = () if isinstance(wanted, UUID) else wanted.matches_by
    return await ensure_once(tx, conversion_id, Kind.ACCOUNT, work, matches_by)


async def ensure_contact(tx: Writing, conversion_id: UUID, wanted: ContactLink | NewContact) -> Ensured:
    """The contact of this id; or one of the new one's e-mail, at its account or at none; or the new one.

    A linked contact without account gets the conversion's; without one, a match may be anywhere.

    Raises:
        LeadlineError: CONTACT_NOT_FOUND, CONTACT_OF_ANOTHER_ACCOUNT, ACCOUNT_NOT_FOUND, CONVERSION_CLOSED,
            VALIDATION_FAILED for an id that is taken.
    """

    async def work() -> Ensured:
        if isinstance(wanted, ContactLink):
            return await _linked(tx, await _given_contact(tx, wanted), wanted.account_id)
        like = await _contact_like(tx, wanted)
        if like:
            return await _linked(tx, like, wanted.account_id)
        await _hold_account(tx, wanted.account_id)
        return _made(wanted.id, await making.insert_contact(tx, wanted))

    matches_by = wanted.matches_by if isinstance(wanted, NewContact) else ()
    return await ensure_once(tx, conversion_id, Kind.CONTACT, work, matches_by)


async def ensure_opportunity(tx: Writing, conversion_id: UUID, wanted: UUID | NewOpportunity) -> Ensured:
    """The opportunity of this id, or the new one.

    Raises:
        LeadlineError: OPPORTUNITY_NOT_FOUND, CONTACT_NOT_FOUND, ACCOUNT_NOT_FOUND, CONVERSION_CLOSED,
            VALIDATION_FAILED for an id that is taken.
    """

    async def work() -> Ensured:
        if isinstance(wanted, UUID):
            given = await get_record(tx, OPPORTUNITY_RECORDS, wanted, Hold.THERE)
            return _found(given)
        if wanted.contact_id:
            await get_record(tx, CONTACT_RECORDS, wanted.contact_id, Hold.THERE)
        await _hold_account(tx, wanted.account_id)
        return _made(wanted.id, await making.insert_opportunity(tx, wanted))

    return await ensure_once(tx, conversion_id, Kind.OPPORTUNITY, work)


async def _given_contact(tx: Writing, link: ContactLink) -> Contact:
    contact = await get_record(tx, CONTACT_RECORDS, link.id, Hold.UNCHANGED)
    if link.account_id and contact.account_id and contact.account_id != link.account_id:
        raise contact_of_another_account(contact.account_id)
    return contact


async def _contact_like(tx: Writing, new: NewContact) -> Contact | None:
    if new.email is None:
        return None
    return await matching.contact_to_link(tx, email_key(new.email), new.account_id, Hold.UNCHANGED)


async def _linked(tx: Writing, contact: Contact, account_id: UUID | None) -> Ensured:
    await _hold_account(tx, account_id)
    if account_id is None or contact.account_id == account_id:
        return _found(contact)
    version = await making.put_at_account(tx, contact.id, account_id)
    return Ensured(contact.id, made=False, record_version=version, account_given_at=version)


async def _hold_account(tx: Writing, account_id: UUID | None) -> None:
    if account_id:
        await get_record(tx, ACCOUNT_RECORDS, account_id, Hold.THERE)


def _found(record: Record) -> Ensured:
    return Ensured(record.id, made=False, record_version=record.version)


def _made(record_id: UUID, version: int | None) -> Ensured:
    if version is None:
        raise id_taken(record_id)
    return Ensured(record_id, made=True, record_version=version)
