"""Idempotency keys: the first answer is stored in the transaction of the change, so that neither exists alone."""

import hashlib
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, TypeVar

import sqlalchemy as sa
from google.protobuf.message import Message
from sqlalchemy.dialects.postgresql import insert

from kit.context import current_principal
from kit.db.database import Database, Writing
from kit.errors import FieldViolation, invalid, invalid_field, refused

KEPT_FOR = timedelta(hours=24)
_LONGEST_KEY = 255

Answer = TypeVar("Answer", bound=Message)


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """A caller's key. It is the caller's own, and counts for one method; another one's equal key is another key."""

    value: str
    scope: str
    fingerprint: bytes

    def with_content(self, *contents: bytes) -> "IdempotencyKey":
        """The key for a request that these, in their order, belong to as well."""
        return replace(self, fingerprint=hashlib.sha256(b"\0".join((self.fingerprint, *contents))).digest())

    def part(self, number: int) -> "IdempotencyKey":
        """The key for one of the transactions of a call that takes several."""
        return replace(self, scope=f"{self.scope} {number}")


def idempotency_table(metadata: sa.MetaData) -> sa.Table:
    """The table of first answers."""
    return sa.Table(
        "idempotency_keys",
        metadata,
        sa.Column("scope", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("fingerprint", sa.LargeBinary, nullable=False),
        sa.Column("answer", sa.LargeBinary, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Index("idempotency_keys_created_at", "created_at"),
    )


def key_of_call(method: str, request: Message, metadata: Iterable[tuple[str, Any]] | None) -> IdempotencyKey | None:
    """The key that came with a call, if one did.

    Raises:
        LeadlineError: VALIDATION_FAILED for a key that is too long.
    """
    value = next((str(value) for name, value in metadata or () if name == "idempotency-key"), "")
    if not value:
        return None
    if len(value) > _LONGEST_KEY:
        raise invalid_field("Idempotency-Key", "TOO_LONG", f"Must have at most {_LONGEST_KEY} characters.")
    fingerprint = hashlib.sha256(request.SerializeToString(deterministic=True)).digest()
    return IdempotencyKey(value, f"{method} {current_principal().user_id}", fingerprint)


class Idempotency:
    """Carries out writes once for each idempotency key, on top of one database and its table."""

    def __init__(self, database: Database, table: sa.Table) -> None:
        self._database = database
        self._table = table

    async def once(
        self,
        key: IdempotencyKey | None,
        answer_type: type[Answer],
        work: Callable[[Writing], Awaitable[Answer]],
    ) -> Answer:
        """Run ``work`` in one transaction, or answer what it answered the first time, up to 24 hours ago.

        Raises:
            LeadlineError: IDEMPOTENCY_IN_PROGRESS while the first one is running, IDEMPOTENCY_KEY_REUSED for
                another request under the same key, and whatever ``work`` raises, which is not remembered.
        """
        async with self._database.transaction() as tx:
            if key is None:
                return await work(tx)
            stored = await self._stored(tx, key)
            if stored is not None:
                return answer_type.FromString(stored)
            answer = await work(tx)
            await self._remember(tx, key, answer.SerializeToString())
            return answer

    async def first_answer(self, key: IdempotencyKey | None, answer_type: type[Answer]) -> Answer | None:
        """What was answered under the key, if anything was: for a call that is refused before it comes to ``once``.

        Raises:
            LeadlineError: IDEMPOTENCY_IN_PROGRESS, IDEMPOTENCY_KEY_REUSED.
        """
        if key is None:
            return None
        async with self._database.transaction() as tx:
            stored = await self._stored(tx, key)
        return None if stored is None else answer_type.FromString(stored)

    async def purge(self, limit: int = 1000) -> int:
        """Forget answers that are older than 24 hours, at most ``limit`` at a time; says how many."""
        table = self._table
        old = (
            sa.select(table.c.scope, table.c.key)
            .where(table.c.created_at < sa.func.now() - KEPT_FOR)
            .limit(limit)
            .subquery()
        )
        statement = sa.delete(table).where(table.c.scope == old.c.scope, table.c.key == old.c.key)
        async with self._database.transaction() as tx:
            return int((await tx.execute(statement)).rowcount)

    async def _stored(self, tx: Writing, key: IdempotencyKey) -> bytes | None:
        lock = sa.func.pg_try_advisory_xact_lock(sa.func.hashtextextended(f"{key.scope} {key.value}", 0))
        is_alone = (await tx.execute(sa.select(lock))).scalar_one()
        table = self._table
        query = sa.select(table.c.fingerprint, table.c.answer).where(
            table.c.scope == key.scope,
            table.c.key == key.value,
            table.c.created_at > sa.func.now() - KEPT_FOR,
        )
        row = (await tx.execute(query)).one_or_none()
        if row is None and not is_alone:
            raise refused("IDEMPOTENCY_IN_PROGRESS", "The first request with this idempotency key is still running.")
        if row is None:
            return None
        if bytes(row.fingerprint) != key.fingerprint:
            violation = FieldViolation(
                "Idempotency-Key", "REUSED", "This key was used for another request within 24 hours."
            )
            raise invalid(violation, reason="IDEMPOTENCY_KEY_REUSED")
        return bytes(row.answer)

    async def _remember(self, tx: Writing, key: IdempotencyKey, answer: bytes) -> None:
        statement = insert(self._table).values(
            scope=key.scope, key=key.value, fingerprint=key.fingerprint, answer=answer
        )
        renewed = {
            "fingerprint": statement.excluded.fingerprint,
            "answer": statement.excluded.answer,
            "created_at": sa.func.now(),
        }
        await tx.execute(statement.on_conflict_do_update(index_elements=["scope", "key"], set_=renewed))
