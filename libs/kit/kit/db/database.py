"""A service's own database. Reading and writing connections are different types, so that a reader cannot write."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, NewType

from sqlalchemy import exc, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from kit import jsontext
from kit.errors import unavailable

# A connection without a transaction: each statement sees what is committed when it starts.
Reading = NewType("Reading", AsyncConnection)
# A connection within a transaction. Whoever opened it commits it; nobody else does.
Writing = NewType("Writing", Reading)

_POOL_TIMEOUT_SECONDS = 5
# Statements are short: to compile one would take longer than to carry it out.
_SESSION = (
    "-c timezone=UTC -c jit=off -c statement_timeout=15s -c lock_timeout=8s -c idle_in_transaction_session_timeout=20s"
)
# Planned once on each connection, for any values: to plan what looks at much takes as long as to carry it out.
_PLANNED_ONCE = f"{_SESSION} -c plan_cache_mode=force_generic_plan"


def sqlalchemy_url(url: str) -> str:
    """The URL with the driver that Leadline uses."""
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


# What SQLAlchemy raises when the server or a free connection is not to be had, a lock or a statement takes too long.
_AWAY = (exc.OperationalError, exc.InterfaceError, exc.TimeoutError)


@contextmanager
def _told_to_callers() -> Iterator[None]:
    """Turn the database's absence into an error that callers are told about."""
    try:
        yield
    except _AWAY as error:
        raise unavailable("The database does not answer. Try again soon.") from error


async def _without_transactions(connection: AsyncConnection) -> None:
    try:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
    except BaseException:
        # A caller that hangs up half-way must neither lose the connection nor leave it to others in this mode.
        await connection.invalidate()
        raise


def _engine(url: str, pool_size: int, connecting: dict[str, Any], **more: Any) -> AsyncEngine:
    return create_async_engine(
        sqlalchemy_url(url),
        pool_size=pool_size,
        max_overflow=0,
        # The connection that was used last has its statements prepared.
        pool_use_lifo=True,
        pool_timeout=_POOL_TIMEOUT_SECONDS,
        pool_recycle=1800,
        connect_args={"connect_timeout": 5, **connecting},
        json_serializer=jsontext.dumps,
        json_deserializer=jsontext.loads,
        **more,
    )


class Database:
    """Connections of one process to one database. ``application`` is what operators see in pg_stat_activity."""

    def __init__(self, url: str, *, pool_size: int, application: str) -> None:
        self.url = url
        self._engine = _engine(url, pool_size, {"options": _SESSION, "application_name": application})

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Reading]:
        """A connection for reading, without a transaction around its statements.

        Raises:
            LeadlineError: PART_UNAVAILABLE.
        """
        with _told_to_callers():
            async with self._engine.connect() as connection:
                await _without_transactions(connection)
                yield Reading(connection)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Writing]:
        """One transaction: committed when the block ends, rolled back when it raises.

        Raises:
            LeadlineError: PART_UNAVAILABLE.
        """
        with _told_to_callers():
            async with self._engine.begin() as connection:
                yield Writing(Reading(connection))

    async def is_reachable(self) -> bool:
        """Whether the database answers."""
        async with self.reading() as connection:
            await connection.execute(text("SELECT 1"))
        return True

    async def close(self) -> None:
        """Close all connections."""
        await self._engine.dispose()


class LongReads:
    """Connections for reads that look at much, apart from those of short calls: ``at_once`` of them, in turns.

    With more at once than processors all would be late, and short calls with them. Statements are planned for any
    values, so they have to be built such that one plan is good for all.
    """

    def __init__(self, url: str, *, at_once: int, application: str) -> None:
        connecting = {"options": _PLANNED_ONCE, "application_name": application, "prepare_threshold": 0}
        self._engine = _engine(url, at_once, connecting, isolation_level="AUTOCOMMIT", skip_autocommit_rollback=True)
        self._turns = asyncio.Semaphore(at_once)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Reading]:
        """A connection without a transaction, as soon as it is the caller's turn.

        Raises:
            LeadlineError: PART_UNAVAILABLE.
        """
        async with self._turns:
            with _told_to_callers():
                async with self._engine.connect() as connection:
                    yield Reading(connection)

    async def close(self) -> None:
        """Close all connections."""
        await self._engine.dispose()
