"""The records: kept as their protos, found by what conversions look for."""

import sqlite3
from collections.abc import Sequence
from typing import Any

from leadline.crm.v1 import records_pb2 as pb

from kit.errors import invalid_field, not_found

Record = pb.Account | pb.Contact | pb.Opportunity

_KINDS: dict[str, type[Record]] = {"account": pb.Account, "contact": pb.Contact, "opportunity": pb.Opportunity}


def add(db: sqlite3.Connection, kind: str, record: Record, name_key: str | None = None) -> None:
    """Keep a new record.

    Raises:
        LeadlineError: VALIDATION_FAILED where its id is taken.
    """
    if db.execute("SELECT 1 FROM records WHERE id = ?", [record.id]).fetchone():
        raise invalid_field("newId", "NOT_UNIQUE", f"There is something with the id {record.id} already.")
    record.version = 1
    record.created_at.GetCurrentTime()
    record.updated_at.CopyFrom(record.created_at)
    statement = "INSERT INTO records (id, kind, name_key, body) VALUES (?, ?, ?, '')"
    db.execute(statement, [record.id, kind, name_key])
    _write(db, record)


def put_at(db: sqlite3.Connection, contact: pb.Contact, account_id: str | None) -> None:
    """Put a contact at an account or at none; it is the next version of it."""
    contact.ClearField("account_id")
    if account_id:
        contact.account_id = account_id
    contact.version += 1
    contact.updated_at.GetCurrentTime()
    _write(db, contact)


def find(db: sqlite3.Connection, kind: str, record_id: str) -> Any:
    """The record of this id, or nothing."""
    return next(iter(where(db, kind, "id = ?", record_id)), None)


def get(db: sqlite3.Connection, kind: str, record_id: str) -> Any:
    """The record of this id.

    Raises:
        LeadlineError: the kind's not-found reason.
    """
    record = find(db, kind, record_id)
    if record is None:
        raise not_found(f"{kind.upper()}_NOT_FOUND", f"There is no {kind} {record_id}.")
    return record


def where(db: sqlite3.Connection, kind: str, condition: str, *values: str | None) -> Sequence[Any]:
    """The records of a kind that fulfil the condition, the oldest first."""
    query = f"SELECT body FROM records WHERE kind = ? AND {condition} ORDER BY position"  # noqa: S608 - our own words
    return [_KINDS[kind].FromString(row["body"]) for row in db.execute(query, [kind, *values])]


def delete(db: sqlite3.Connection, record_id: str) -> None:
    """Delete a record with what was copied to it."""
    db.execute("DELETE FROM records WHERE id = ?", [record_id])


def is_referred_to(db: sqlite3.Connection, record_id: str) -> bool:
    """Whether another record has it."""
    query = "SELECT 1 FROM records WHERE account_id = ? OR contact_id = ?"
    return db.execute(query, [record_id, record_id]).fetchone() is not None


def _write(db: sqlite3.Connection, record: Record) -> None:
    found_by = {
        "email_domain": getattr(record, "email_domain", "") or None,
        "email": getattr(record, "email", "").lower() or None,
        "phone": getattr(record, "phone_e164", "") or None,
        "account_id": getattr(record, "account_id", "") or None,
        "contact_id": getattr(record, "contact_id", "") or None,
        "body": record.SerializeToString(),
    }
    columns = ", ".join(f"{name} = :{name}" for name in found_by)
    db.execute(f"UPDATE records SET {columns} WHERE id = :id", {**found_by, "id": record.id})  # noqa: S608 - our own words
