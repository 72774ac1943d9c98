"""Notifications: written with what happened, numbered by who reads them, forgotten after a while.

A number is given to what is committed, by one transaction at a time: whoever sees a number sees all before it, and
what is committed later, however early it was written, gets a later one.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from kit.db.database import Reading, Writing
from leads_service.domain.lead import Notification
from leads_service.store.rows import json_row, row_of
from leads_service.store.tables import NOTIFICATION_NUMBERS, NOTIFICATIONS

CHANNEL = "notifications"
_LOCK = 5_060_102_032
_WAITS = NOTIFICATIONS.c.number.is_(None)


async def write(tx: Writing, notifications: Sequence[Notification]) -> None:
    """Keep new ones, in one statement; those who watch are told once this is committed."""
    if notifications:
        await tx.execute(_WRITE, {"rows": [_row(each) for each in notifications]})


async def behind(connection: Reading, number: int, limit: int) -> list[Notification]:
    """The next ones behind a number, of those that have one."""
    query = sa.select(NOTIFICATIONS).where(NOTIFICATIONS.c.number > number)
    rows = (await connection.execute(query.order_by(NOTIFICATIONS.c.number).limit(limit))).mappings()
    return [_from_row(row) for row in rows]


async def wait_for_numbers(connection: Reading) -> bool:
    """Whether there are any without a number."""
    return bool((await connection.execute(sa.select(sa.exists().where(_WAITS)))).scalar_one())


async def number(tx: Writing, limit: int) -> None:
    """Give the next numbers to those without, by their ids, at most ``limit``. One does so at a time."""
    # In a statement of its own: the next one sees what the one who was waited for has done.
    await tx.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    await tx.execute(_NUMBER, {"most": limit})


async def newest_number(connection: Reading) -> int:
    """A number that none is beyond."""
    query = sa.select(sa.column("last_value", sa.BigInteger)).select_from(sa.table(NOTIFICATION_NUMBERS.name))
    return int((await connection.execute(query)).scalar_one())


async def forget(tx: Writing, before: datetime, limit: int) -> int:
    """Forget those from before an instant, numbered or not, at most ``limit``; says how many."""
    old = sa.select(NOTIFICATIONS.c.id).where(NOTIFICATIONS.c.created_at < before).order_by(NOTIFICATIONS.c.created_at)
    some = sa.func.array(old.limit(limit).with_for_update(skip_locked=True).scalar_subquery())
    return (await tx.execute(sa.delete(NOTIFICATIONS).where(NOTIFICATIONS.c.id == sa.any_(some)))).rowcount


def _row(notification: Notification) -> dict[str, Any]:
    return json_row(row_of(notification)) | {"recipient_ids": [str(each) for each in notification.recipient_ids]}


def _write() -> sa.Insert:
    """Writes any number of them; always the same statement, and its rows are one value."""
    columns = [column for column in NOTIFICATIONS.columns if column.name != "number"]
    rows = sa.func.jsonb_populate_recordset(sa.literal_column("NULL::notifications"), sa.bindparam("rows", type_=JSONB))
    new = rows.table_valued(*(sa.column(column.name, column.type) for column in columns), name="new")
    written = sa.insert(NOTIFICATIONS).from_select(columns, sa.select(*new.c))
    return written.returning(sa.func.pg_notify(CHANNEL, ""))


def _number() -> sa.Update:
    waiting = sa.select(NOTIFICATIONS.c.id).where(_WAITS).order_by(NOTIFICATIONS.c.id).limit(sa.bindparam("most"))
    ordered = waiting.subquery("waiting")
    numbered = sa.select(ordered.c.id, NOTIFICATION_NUMBERS.next_value().label("number")).subquery("numbered")
    return sa.update(NOTIFICATIONS).where(NOTIFICATIONS.c.id == numbered.c.id).values(number=numbered.c.number)


def _from_row(row: sa.RowMapping) -> Notification:
    return Notification(**{**row, "recipient_ids": tuple(row["recipient_ids"])})


_NUMBER = _number()
_WRITE = _write()
