"""The steps of conversions: each is done once and answered the same again, and closed for good once it is undone."""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import Message
from leadline.crm.v1 import records_pb2 as pb

from examples.own_crm import records
from kit.errors import FieldViolation, LeadlineError, not_found, refused

KINDS = ("account", "contact", "opportunity")
_COPIES: dict[str, type[Message]] = {"notes": pb.RecordNote, "documents": pb.RecordDocument, "team": pb.RecordMember}


@dataclass(frozen=True, slots=True)
class Done:
    """What a step came to. ``given_at`` is the version of a linked contact once it had been given the account."""

    record_id: str
    made: bool
    version: int
    given_at: int | None = None


def ensure(db: sqlite3.Connection, conversion_id: str, kind: str, work: Callable[[], Done]) -> Done:
    """What ``work`` comes to, or what it came to the first time."""
    step = of(db, conversion_id, kind)
    if step is not None and step["released"]:
        raise _closed()
    if step is not None:
        return Done(step["record_id"], bool(step["made"]), step["version"])
    done = work()
    columns = "(conversion_id, kind, record_id, made, version, given_at)"
    values = [conversion_id, kind, done.record_id, done.made, done.version, done.given_at]
    db.execute(f"INSERT INTO steps {columns} VALUES (?, ?, ?, ?, ?, ?)", values)  # noqa: S608 - our own words
    return done


def release(db: sqlite3.Connection, conversion_id: str, kind: str) -> None:
    """Undo a step, or keep it from happening."""
    db.execute(
        """INSERT INTO steps (conversion_id, kind, released) VALUES (?, ?, 1)
           ON CONFLICT (conversion_id, kind) DO UPDATE SET released = 1""",
        [conversion_id, kind],
    )
    step = of(db, conversion_id, kind)
    if step is not None and kind in KINDS:
        _let_go(db, kind, step["record_id"])
    db.execute("DELETE FROM copies WHERE conversion_id = ? AND kind = ?", [conversion_id, kind])


def copy(db: sqlite3.Connection, conversion_id: str, kind: str, items: Sequence[tuple[str, Message]]) -> None:
    """Put items, each with its key, on the opportunity, else the contact, else the account. One that is there stays."""
    steps = db.execute("SELECT * FROM steps WHERE conversion_id = ?", [conversion_id]).fetchall()
    if any(step["released"] for step in steps):
        raise _closed()
    ensured = {step["kind"]: step["record_id"] for step in steps}
    target = next((ensured[each] for each in reversed(KINDS) if each in ensured), None)
    if target is None:
        raise not_found("CONVERSION_NOT_FOUND", "This conversion has ensured nothing that could take anything.")
    db.executemany(
        "INSERT OR IGNORE INTO copies (kind, key, conversion_id, record_id, body) VALUES (?, ?, ?, ?, ?)",
        [(kind, key, conversion_id, target, item.SerializeToString()) for key, item in items],
    )


def copies_of(db: sqlite3.Connection, record_id: str) -> dict[str, list[Any]]:
    """What was copied to a record, by kind: the newest 100 notes and documents, and each user once."""
    found: dict[str, list[Any]] = {kind: [] for kind in _COPIES}
    for row in db.execute("SELECT kind, body FROM copies WHERE record_id = ? ORDER BY position", [record_id]):
        found[row["kind"]].append(_COPIES[row["kind"]].FromString(row["body"]))
    users = {member.user_id: member for member in reversed(found["team"])}
    newest = {kind: sorted(found[kind], key=_made_at, reverse=True)[:100] for kind in ("notes", "documents")}
    return {**newest, "team": [*users.values()][::-1]}


def undo(db: sqlite3.Connection, conversion_id: str) -> None:
    """Undo every step at once.

    Raises:
        LeadlineError: RECORDS_CHANGED, after which the transaction must not be kept.
    """
    in_the_way = _undone(db, conversion_id)
    if in_the_way:
        violations = [FieldViolation(f"{kind}Id", why, "It keeps the conversion.") for kind, _, why in in_the_way]
        raise refused("RECORDS_CHANGED", "What it made has changed or come to be used since.", violations=violations)


def obstacles(db: sqlite3.Connection, conversion_id: str) -> list[tuple[str, str, str]]:
    """Kind, id and reason of each record that keeps the conversion from being undone: tried, and taken back."""
    db.execute("SAVEPOINT trial")
    try:
        return _undone(db, conversion_id)
    finally:
        db.execute("ROLLBACK TO trial")
        db.execute("RELEASE trial")


def of(db: sqlite3.Connection, conversion_id: str, kind: str) -> Any:
    """What is known of a step, or nothing."""
    query = "SELECT * FROM steps WHERE conversion_id = ? AND kind = ?"
    return db.execute(query, [conversion_id, kind]).fetchone()


def _undone(db: sqlite3.Connection, conversion_id: str) -> list[tuple[str, str, str]]:
    query = "SELECT kind, record_id, version FROM steps WHERE conversion_id = ? AND made AND NOT released"
    made = db.execute(query, [conversion_id]).fetchall()
    before = {step["kind"]: records.find(db, step["kind"], step["record_id"]) for step in made}
    for kind in (*_COPIES, *reversed(KINDS)):
        release(db, conversion_id, kind)
    found = []
    for step in made:
        kind, record_id = step["kind"], step["record_id"]
        if records.find(db, kind, record_id):
            found.append((kind, record_id, "USED"))
        elif before[kind] and before[kind].version != step["version"]:
            found.append((kind, record_id, "CHANGED"))
    return found


def _let_go(db: sqlite3.Connection, kind: str, record_id: str | None) -> None:
    """Delete a record that a conversion made and nobody uses any more, or have a contact give its account back."""
    record = record_id and records.find(db, kind, record_id)
    if not record:
        return
    used = "SELECT max(made) AS made, min(released) AS released FROM steps WHERE record_id = ?"
    step = db.execute(used, [record.id]).fetchone()
    if step["made"] and step["released"] and not records.is_referred_to(db, record.id):
        records.delete(db, record.id)
        _let_go(db, "contact", getattr(record, "contact_id", ""))
        _let_go(db, "account", getattr(record, "account_id", ""))
    elif kind == "contact" and _account_is_due_back(db, record):
        account_id = record.account_id
        records.put_at(db, record, None)
        _let_go(db, "account", account_id)


def _account_is_due_back(db: sqlite3.Connection, contact: pb.Contact) -> bool:
    query = """SELECT 1 FROM steps gift WHERE record_id = :id AND released AND given_at = :version AND NOT EXISTS
               (SELECT 1 FROM steps later WHERE record_id = :id AND NOT released AND later.position > gift.position)"""
    return db.execute(query, {"id": contact.id, "version": contact.version}).fetchone() is not None


def _made_at(item: Any) -> tuple[int, str]:
    return item.created_at.ToNanoseconds(), item.id


def _closed() -> LeadlineError:
    return refused("CONVERSION_CLOSED", "This conversion has been undone.")
