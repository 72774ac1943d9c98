"""A service's own database. Reading and writing connections are different types, so that a reader cannot write."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import NewType

from sqlalchemy import exc, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

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


class Database:
    """Connections of one process to one database. ``application`` is what operators see in pg_stat_activity."""

    def __init__(self, url: str, *, pool_size: int, application: str) -> None:
        self.url = url
        self._engine = create_async_engine(
            sqlalchemy_url(url),
            pool_size=pool_size,
            max_overflow=0,
            # The connection that was used last has its statements prepared.
            pool_use_lifo=True,
            pool_timeout=_POOL_TIMEOUT_SECONDS,
            pool_recycle=1800,
            connect_args={"options": _SESSION, "application_name": application, "connect_timeout": 5},
            json_serializer=jsontext.dumps,
            json_deserializer=jsontext.loads,
        )

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
