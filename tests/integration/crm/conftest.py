"""The crm service: one replica that most tests share, and fresh ones for tests that count all there is."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import count
from typing import LiteralString

import psycopg
import pytest

from crm_service.main import MIGRATIONS, crm_server
from crm_service.settings import CrmSettings
from kit.db.migrations import migrate
from tests.integration.crm.crm_door import CrmDoor
from tests.support import tokens

_TEMPLATE = "crm_template"
_numbers = count()


@pytest.fixture(scope="session")
def crm_template(create_database: Callable[[str], str]) -> str:
    """The URL of a migrated database, from which the others are copied."""
    url = create_database(_TEMPLATE)
    migrate(MIGRATIONS, url)
    return url


@pytest.fixture(scope="session")
def copy_crm(postgres: str, crm_template: str) -> Callable[[], str]:
    """Makes an empty crm database and answers its URL."""

    def copy() -> str:
        name = f"crm_{next(_numbers)}"
        with psycopg.connect(postgres, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE} STRATEGY file_copy")
        return crm_template.replace(_TEMPLATE, name)

    return copy


@asynccontextmanager
async def crm_replica(url: str) -> AsyncIterator[CrmDoor]:
    """A replica of the service on a database, and a door to it."""
    settings = CrmSettings(database_url=url, token_secret=tokens.settings().token_secret)
    async with crm_server(settings) as server:
        door = CrmDoor(await server.start())
        yield door
        await door.channel.close()
        await server.stop()


@pytest.fixture(scope="session")
def crm_url(copy_crm: Callable[[], str]) -> str:
    """The database that most tests share."""
    return copy_crm()


@pytest.fixture(scope="session")
async def crm(crm_url: str) -> AsyncIterator[CrmDoor]:
    """A door for tests that keep to names of their own."""
    async with crm_replica(crm_url) as door:
        yield door


@pytest.fixture
def crm_sql(crm_url: str) -> Callable[..., None]:
    """Carries out SQL on the shared database: what somebody does who is not a conversion."""

    def execute(statement: LiteralString, *values: object) -> None:
        with psycopg.connect(crm_url) as connection:
            connection.execute(statement, values)

    return execute


@pytest.fixture
async def empty_crm(copy_crm: Callable[[], str]) -> AsyncIterator[CrmDoor]:
    """A door to a replica that has no records."""
    async with crm_replica(copy_crm()) as door:
        yield door
