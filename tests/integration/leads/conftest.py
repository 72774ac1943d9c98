"""The leads service on a real database, beside a real settings service whose configuration it follows."""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from leadline.settings.v1 import configuration_service_pb2, configuration_service_pb2_grpc

from kit.clock import utc_now
from kit.db.database import Database
from kit.db.migrations import migrate
from kit.rpc.calls import call, is_serving, open_channel
from leads_service import main as leads_main
from leads_service.settings import LeadsSettings
from settings_service import main as settings_main
from settings_service.settings import SettingsServiceSettings
from tests.integration.leads.door import Door
from tests.integration.leads.shop import Shop, open_crm
from tests.support import tokens
from tests.support.waiting import eventually

# What they compare is said when they fail.
pytest.register_assert_rewrite("tests.integration.leads.model_comparison", "tests.integration.leads.model_world")

NOBODY = "127.0.0.1:1"
OBJECTS = Path(tempfile.gettempdir(), f"leadline-test-objects-{os.getpid()}")
WATCHER_TOKEN = tokens.token("configuration:watch", role="service")


@dataclass
class TestClock:
    """The present, which tests may move."""

    __test__ = False

    ahead: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        return utc_now() + self.ahead


@pytest.fixture(scope="session")
async def settings_address(create_database: Callable[[str], str]) -> AsyncIterator[str]:
    """Where a settings service with the first configuration is."""
    url = create_database("leads_settings")
    migrate(settings_main.MIGRATIONS, url)
    service = settings_main.SettingsService(
        SettingsServiceSettings(
            database_url=url, token_secret=tokens.settings().token_secret, listen="127.0.0.1:0", database_pool_size=2
        )
    )
    yield await service.start()
    await service.stop()


@pytest.fixture(scope="session")
async def configuration(settings_address: str) -> configuration_service_pb2.Configuration:
    """The configuration that the leads service follows."""
    async with open_channel(settings_address) as channel:
        stub = configuration_service_pb2_grpc.ConfigurationServiceStub(channel)
        request = configuration_service_pb2.GetConfigurationRequest()
        return (await call(stub.GetConfiguration, request, token=WATCHER_TOKEN, timeout=10)).configuration


@pytest.fixture(scope="session")
def leads_url(create_database: Callable[[str], str]) -> str:
    """The URL of the migrated leads database."""
    url = create_database("leads")
    migrate(leads_main.MIGRATIONS, url)
    return url


@pytest.fixture(scope="session")
def clock() -> TestClock:
    """The leads service's clock."""
    return TestClock()


@pytest.fixture(scope="session", autouse=True)
def _no_object_stays() -> Iterator[None]:
    yield
    shutil.rmtree(OBJECTS, ignore_errors=True)


@pytest.fixture(autouse=True)
def _clock_is_right(clock: TestClock) -> None:
    clock.ahead = timedelta(0)


def leads_settings(url: str, settings_address: str, crm_address: str = NOBODY) -> LeadsSettings:
    """The configuration of a leads service in these tests."""
    return LeadsSettings(
        database_url=url,
        token_secret=tokens.settings().token_secret,
        listen="127.0.0.1:0",
        settings_address=settings_address,
        crm_address=crm_address,
        object_store_url=OBJECTS.as_uri(),
    )


@pytest.fixture(scope="session")
async def door(
    leads_url: str,
    settings_address: str,
    clock: TestClock,
    configuration: configuration_service_pb2.Configuration,
) -> AsyncIterator[Door]:
    """A door to a leads service that is ready."""
    async with leads_main.leads_server(leads_settings(leads_url, settings_address), clock) as server:
        async with open_channel(await server.start()) as channel:
            await eventually(lambda: is_serving(channel))
            yield Door(channel, configuration)
        await server.stop()


@pytest.fixture(scope="session")
async def shop(
    leads_url: str,
    settings_address: str,
    clock: TestClock,
    configuration: configuration_service_pb2.Configuration,
    create_database: Callable[[str], str],
) -> AsyncIterator[Shop]:
    """A leads service beside that of ``door``, on the same database, which has a CRM."""
    async with open_crm(create_database("leads_crm")) as crm:
        settings = leads_settings(leads_url, settings_address, crm.address)
        async with leads_main.leads_server(settings, clock) as server:
            async with open_channel(await server.start()) as channel:
                await eventually(lambda: is_serving(channel))
                yield Shop(Door(channel, configuration), crm)
            await server.stop()


@pytest.fixture(scope="session")
async def database(leads_url: str) -> AsyncIterator[Database]:
    """The leads database, to look at what no call shows."""
    opened = Database(leads_url, pool_size=2, application="test")
    yield opened
    await opened.close()
