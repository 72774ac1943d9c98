"""Finding what is there already: the oldest account of a name or domain, the contacts of an e-mail or phone."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from crm_service.domain.records import Account, Contact
from crm_service.store.records import ACCOUNT_RECORDS, CONTACT_RECORDS, Hold
from crm_service.store.tables import ACCOUNTS, CONTACTS
from kit.db.database import Reading

_OLDEST = (CONTACTS.c.created_at, CONTACTS.c.id)
_OLDEST_ACCOUNT = (ACCOUNTS.c.created_at, ACCOUNTS.c.id)


async def account_like(
    connection: Reading, name_key: str | None, email_domain: str | None, hold: Hold | None = None
) -> Account | None:
    """The oldest account of this name, else of this e-mail domain."""
    for column, value in ((ACCOUNTS.c.name_key, name_key), (ACCOUNTS.c.email_domain, email_domain)):
        if value:
            query = ACCOUNT_RECORDS.select(column == value).order_by(*_OLDEST_ACCOUNT)
            found = await ACCOUNT_RECORDS.first(connection, query, hold)
            if found:
                return found
    return None


async def accounts_like(
    connection: Reading, name_key: str | None, email_domain: str | None, limit: int
) -> Sequence[Account]:
    """The oldest accounts of this name, then those of this e-mail domain."""
    alike = {ACCOUNTS.c.name_key: name_key, ACCOUNTS.c.email_domain: email_domain}
    # Each by its own index, and no further than can be shown.
    parts = [
        ACCOUNT_RECORDS.select(column == value)
        .add_columns(sa.literal_column(str(rank)).label("rank"))
        .order_by(*_OLDEST_ACCOUNT)
        .limit(limit)
        for rank, (column, value) in enumerate(alike.items())
        if value
    ]
    if not parts:
        return ()
    found = sa.union_all(*parts).subquery()
    query = sa.select(found).order_by(found.c.rank, found.c.created_at, found.c.id)
    accounts = [ACCOUNT_RECORDS.of_row(row) for row in await connection.execute(query)]
    return [*{account.id: account for account in accounts}.values()][:limit]


async def contacts_by_email(
    connection: Reading, email_key: str, account_id: UUID | None, limit: int
) -> Sequence[Contact]:
    """The oldest contacts of this e-mail at the account, then at none, then anywhere."""
    query = _contacts(email_key).order_by(*_nearest_to(account_id), *_OLDEST).limit(limit)
    return [CONTACT_RECORDS.of_row(row) for row in await connection.execute(query)]


async def contact_to_link(connection: Reading, email_key: str, account_id: UUID | None, hold: Hold) -> Contact | None:
    """The oldest contact of this e-mail at the account, else at none. Where no account is given: anywhere."""
    query = _contacts(email_key).order_by(*_nearest_to(account_id), *_OLDEST)
    if account_id:
        query = query.where(sa.or_(CONTACTS.c.account_id == account_id, CONTACTS.c.account_id.is_(None)))
    return await CONTACT_RECORDS.first(connection, query, hold)


async def contacts_by_phone(connection: Reading, phone_e164: str, limit: int) -> Sequence[Contact]:
    """The newest contacts of this phone number."""
    query = (
        CONTACT_RECORDS.select(CONTACTS.c.phone_e164 == phone_e164)
        .order_by(*(key.desc() for key in _OLDEST))
        .limit(limit)
    )
    return [CONTACT_RECORDS.of_row(row) for row in await connection.execute(query)]


def _contacts(email_key: str) -> sa.Select[Any]:
    return CONTACT_RECORDS.select(CONTACTS.c.email_key == email_key)


def _nearest_to(account_id: UUID | None) -> Sequence[sa.ColumnElement[int]]:
    if account_id is None:
        return ()
    own = CONTACTS.c.account_id
    return (sa.case((own == account_id, 0), (own.is_(None), 1), else_=2),)
