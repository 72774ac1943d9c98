"""What is already there for a lead."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from crm_service.domain.company_name import company_key
from crm_service.domain.conversion import Sought, email_key, person_key
from crm_service.domain.records import Account, Contact, Opportunity
from crm_service.store import matching
from crm_service.store.records import ACCOUNT_RECORDS, CONTACT_RECORDS, OPPORTUNITY_RECORDS, R, Records
from kit.db.database import Reading

_MOST = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Matches:
    """The records that match, those first that would be linked, and those of the given ids."""

    accounts_by_company: Sequence[Account]
    contacts_by_email: Sequence[Contact]
    contacts_by_phone: Sequence[Contact]
    account: Account | None
    contact: Contact | None
    opportunity: Opportunity | None


async def match_records(connection: Reading, sought: Sought) -> Matches:
    """What a conversion would link and what else matches, and who shares the phone number: 10 of each at most.

    Where several contacts have the e-mail, first comes one at the account that would be linked, else one at none.
    """
    by_company = await matching.accounts_like(connection, _name_key(sought), sought.email_domain, _MOST)
    account = await _given(connection, ACCOUNT_RECORDS, sought.account_id)
    linked = account or next(iter(by_company), None)
    return Matches(
        accounts_by_company=by_company,
        contacts_by_email=await _by_email(connection, sought.email, linked),
        contacts_by_phone=await _by_phone(connection, sought.phone_e164),
        account=account,
        contact=await _given(connection, CONTACT_RECORDS, sought.contact_id),
        opportunity=await _given(connection, OPPORTUNITY_RECORDS, sought.opportunity_id),
    )


def _name_key(sought: Sought) -> str | None:
    """What the account would be known by: the company, else the person."""
    if sought.company:
        return company_key(sought.company)
    return person_key(sought.email) if sought.email else None


async def _by_email(connection: Reading, email: str | None, account: Account | None) -> Sequence[Contact]:
    if email is None:
        return ()
    return await matching.contacts_by_email(connection, email_key(email), account.id if account else None, _MOST)


async def _by_phone(connection: Reading, phone_e164: str | None) -> Sequence[Contact]:
    return await matching.contacts_by_phone(connection, phone_e164, _MOST) if phone_e164 else ()


async def _given(connection: Reading, records: Records[R], record_id: UUID | None) -> R | None:
    return await records.find(connection, record_id) if record_id else None
