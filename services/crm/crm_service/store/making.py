"""Making records for conversions, and putting contacts at accounts."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from crm_service.domain.conversion import NewAccount, NewContact, NewOpportunity, email_key
from crm_service.store.tables import ACCOUNTS, CONTACTS, OPPORTUNITIES
from kit.db.database import Writing


async def insert_account(tx: Writing, new: NewAccount) -> bool:
    """Make an account; says whether its id was free."""
    values = asdict(new)
    del values["is_person"], values["person_email"]
    return await _insert(tx, ACCOUNTS, values | {"name_key": new.name_key})


async def insert_contact(tx: Writing, new: NewContact) -> bool:
    """Make a contact; says whether its id was free."""
    return await _insert(tx, CONTACTS, asdict(new) | {"email_key": email_key(new.email) if new.email else None})


async def insert_opportunity(tx: Writing, new: NewOpportunity) -> bool:
    """Make an opportunity; says whether its id was free."""
    return await _insert(tx, OPPORTUNITIES, asdict(new))


async def put_at_account(tx: Writing, contact_id: UUID, account_id: UUID | None) -> int:
    """Put a contact at an account or at none; answers its new version."""
    columns = CONTACTS.c
    values = {"account_id": account_id, "version": columns.version + 1, "updated_at": sa.func.clock_timestamp()}
    statement = sa.update(CONTACTS).where(columns.id == contact_id).values(values).returning(columns.version)
    return int((await tx.execute(statement)).scalar_one())


async def _insert(tx: Writing, table: sa.Table, row: Mapping[str, Any]) -> bool:
    statement = insert(table).values(row).on_conflict_do_nothing(index_elements=["id"]).returning(table.c.id)
    return (await tx.execute(statement)).one_or_none() is not None
