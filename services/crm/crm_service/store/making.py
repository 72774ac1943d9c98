"""Making records for conversions, and putting contacts at accounts."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from crm_service.domain.conversion import NewAccount, NewContact, NewOpportunity, email_key
from crm_service.store.lines import insert_lines
from crm_service.store.tables import ACCOUNTS, CONTACTS, OPPORTUNITIES
from kit.db.database import Writing


async def insert_account(tx: Writing, new: NewAccount) -> int | None:
    """Make an account; answers its version, or nothing where its id is taken."""
    values = asdict(new)
    del values["is_person"], values["person_email"]
    return await _insert(tx, ACCOUNTS, values | {"name_key": new.name_key})


async def insert_contact(tx: Writing, new: NewContact) -> int | None:
    """Make a contact; answers its version, or nothing where its id is taken."""
    return await _insert(tx, CONTACTS, asdict(new) | {"email_key": email_key(new.email) if new.email else None})


async def insert_opportunity(tx: Writing, new: NewOpportunity) -> int | None:
    """Make an opportunity with its lines; answers its version, or nothing where its id is taken."""
    values = asdict(new)
    del values["lines"]
    version = await _insert(tx, OPPORTUNITIES, values)
    if version is not None:
        await insert_lines(tx, new.id, new.lines)
    return version


async def put_at_account(tx: Writing, contact_id: UUID, account_id: UUID | None) -> int:
    """Put a contact at an account or at none; answers its new version."""
    columns = CONTACTS.c
    values = {"account_id": account_id, "version": columns.version + 1, "updated_at": sa.func.clock_timestamp()}
    statement = sa.update(CONTACTS).where(columns.id == contact_id).values(values).returning(columns.version)
    return int((await tx.execute(statement)).scalar_one())


async def _insert(tx: Writing, table: sa.Table, row: Mapping[str, Any]) -> int | None:
    statement = insert(table).values(row).on_conflict_do_nothing(index_elements=["id"]).returning(table.c.version)
    version: int | None = (await tx.execute(statement)).scalar_one_or_none()
    return version
