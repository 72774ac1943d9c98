"""A SQLite file, and one thread that does one transaction after the other: nothing ever happens at once."""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

Outcome = TypeVar("Outcome")

_SCHEMA = """
    -- A record is kept as its proto; the columns are what it is found by.
    CREATE TABLE IF NOT EXISTS records (
        position INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, body BLOB NOT NULL,
        name_key TEXT, email_domain TEXT, email TEXT, phone TEXT, account_id TEXT, contact_id TEXT
    );
    CREATE INDEX IF NOT EXISTS records_by_name ON records (name_key);
    CREATE INDEX IF NOT EXISTS records_by_domain ON records (email_domain);
    CREATE INDEX IF NOT EXISTS records_by_email ON records (email);
    CREATE INDEX IF NOT EXISTS records_by_phone ON records (phone);
    CREATE INDEX IF NOT EXISTS records_by_account ON records (account_id);
    CREATE INDEX IF NOT EXISTS records_by_contact ON records (contact_id);
    -- What each step of a conversion came to. One that is released keeps its row for ever: a tombstone.
    CREATE TABLE IF NOT EXISTS steps (
        position INTEGER PRIMARY KEY AUTOINCREMENT, conversion_id TEXT NOT NULL, kind TEXT NOT NULL,
        record_id TEXT, made INTEGER NOT NULL DEFAULT 0, version INTEGER NOT NULL DEFAULT 0, given_at INTEGER,
        released INTEGER NOT NULL DEFAULT 0, UNIQUE (conversion_id, kind)
    );
    CREATE INDEX IF NOT EXISTS steps_by_record ON steps (record_id);
    CREATE TABLE IF NOT EXISTS copies (
        position INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, key TEXT NOT NULL, conversion_id TEXT NOT NULL,
        record_id TEXT NOT NULL REFERENCES records (id) ON DELETE CASCADE, body BLOB NOT NULL, UNIQUE (kind, key)
    );
    CREATE INDEX IF NOT EXISTS copies_by_record ON copies (record_id);
    CREATE INDEX IF NOT EXISTS copies_by_conversion ON copies (conversion_id);
"""


class Store:
    """Does work on the file, each piece in one transaction of its own."""

    def __init__(self, file: Path) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1)
        self._connection = self._thread.submit(_opened, file).result()

    async def run(self, work: Callable[[sqlite3.Connection], Outcome]) -> Outcome:
        """What the work comes to: kept whole when it is answered, and not at all when it raises."""
        # Begun, it ends: a caller that hangs up half-way leaves nothing half done.
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._transaction, work)

    async def is_ready(self) -> bool:
        """Whether the file answers."""
        await self.run(lambda connection: connection.execute("SELECT 1 FROM records LIMIT 1").fetchone())
        return True

    def close(self) -> None:
        """End what is running, then close the file."""
        self._thread.submit(self._connection.close).result()
        self._thread.shutdown()

    def _transaction(self, work: Callable[[sqlite3.Connection], Outcome]) -> Outcome:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            outcome = work(self._connection)
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")
        return outcome


def _opened(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file, isolation_level=None)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.executescript(_SCHEMA)
    return connection
