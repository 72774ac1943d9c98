"""The settings service, for each test with the first configuration."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import psycopg
import pytest
from psycopg import sql

from kit.db.migrations import migrate
from kit.ids import new_id
from settings_service.main import MIGRATIONS, SettingsService
from settings_service.settings import SettingsServiceSettings
from settings_service.store.tables import METADATA
from tests.integration.settings.door import Door
from tests.support import tokens

TABLES = tuple(METADATA.tables)


@pytest.fixture(scope="session")
def migrated_database(create_database: Callable[[str], str]) -> str:
    """The URL of a database with the first configuration, for tests that change nothing."""
    url = create_database("settings")
    migrate(MIGRATIONS, url)
    return url


@pytest.fixture(scope="session")
def changing_database(create_database: Callable[[str], str]) -> str:
    """The URL of a database that keeps the first configuration in a schema of its own, to begin with again."""
    url = create_database("settings_changing")
    migrate(MIGRATIONS, url)
    with psycopg.connect(url) as connection:
        connection.execute("CREATE SCHEMA first")
        for table in TABLES:
            connection.execute(sql.SQL("CREATE TABLE first.{0} AS TABLE {0}").format(sql.Identifier(table)))
    return url


@pytest.fixture
def database_url(changing_database: str) -> str:
    """The URL of a database that has the first configuration again."""
    with psycopg.connect(changing_database) as connection:
        for table in reversed(TABLES):
            connection.execute(sql.SQL("DELETE FROM {0}").format(sql.Identifier(table)))
        for table in TABLES:
            connection.execute(sql.SQL("INSERT INTO {0} TABLE first.{0}").format(sql.Identifier(table)))
    return changing_database


@pytest.fixture
async def start_replica(database_url: str) -> AsyncIterator[Callable[[], Awaitable[Door]]]:
    """Starts replicas of the service on the test's database."""
    async with AsyncExitStack() as stack:
        yield lambda: stack.enter_async_context(replica(database_url))


@pytest.fixture
async def door(start_replica: Callable[[], Awaitable[Door]]) -> Door:
    """A door to a replica on the test's database."""
    return await start_replica()


@asynccontextmanager
async def replica(url: str) -> AsyncIterator[Door]:
    """A replica of the service on a database, and a door to it."""
    secret = tokens.settings().token_secret
    service = SettingsService(SettingsServiceSettings(database_url=url, token_secret=secret, database_pool_size=4))
    door = Door(await service.start())
    yield door
    await door.channel.close()
    await service.stop()


@pytest.fixture(scope="module")
async def shared_door(migrated_database: str) -> AsyncIterator[Door]:
    """A door for tests that change nothing."""
    async with replica(migrated_database) as door:
        yield door


@pytest.fixture
def add_pipeline(database_url: str) -> Callable[[str, str], str]:
    """Adds a pipeline with this name and module, without stages, and answers its id."""

    def add(name: str, module: str) -> str:
        pipeline_id = str(new_id())
        with psycopg.connect(database_url) as connection:
            connection.execute(
                "INSERT INTO pipelines (id, name, module, is_default, movement) VALUES (%s, %s, %s, false, 'free')",
                [pipeline_id, name, module],
            )
        return pipeline_id

    return add
