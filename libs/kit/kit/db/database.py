"""A service's own database. Reading and writing connections are different types, so that a reader cannot write."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NewType

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from kit import jsontext

# A connection without a transaction: each statement sees what is committed when it starts.
Reading = NewType("Reading", AsyncConnection)
# A connection within a transaction. Whoever opened it commits it; nobody else does.
Writing = NewType("Writing", Reading)

_POOL_TIMEOUT_SECONDS = 5
_SESSION = "-c timezone=UTC -c statement_timeout=15s -c lock_timeout=8s -c idle_in_transaction_session_timeout=20s"


def sqlalchemy_url(url: str) -> str:
    """The URL with the driver that Leadline uses."""
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


class Database:
    """Connections of one process to one database. ``application`` is what operators see in pg_stat_activity."""

    def __init__(self, url: str, *, pool_size: int, application: str) -> None:
        self.url = url
        self._engine = create_async_engine(
            sqlalchemy_url(url),
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=_POOL_TIMEOUT_SECONDS,
            pool_recycle=1800,
            connect_args={"options": _SESSION, "application_name": application, "connect_timeout": 5},
            json_serializer=jsontext.dumps,
            json_deserializer=jsontext.loads,
        )
        self._autocommit = self._engine.execution_options(isolation_level="AUTOCOMMIT")

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Reading]:
        """A connection for reading, without a transaction around its statements."""
        async with self._autocommit.connect() as connection:
            yield Reading(connection)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Writing]:
        """One transaction: committed when the block ends, rolled back when it raises."""
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
