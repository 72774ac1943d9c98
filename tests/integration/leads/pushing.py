"""Leads services on a database of their own, and a settings service that pushes what a test makes up."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from leadline.leads.v1 import retirement_service_pb2 as retirement
from leadline.leads.v1 import retirement_service_pb2_grpc as retirement_grpc
from leadline.leads.v1 import scoring_service_pb2 as scoring
from leadline.leads.v1 import scoring_service_pb2_grpc as scoring_grpc
from leadline.settings.v1 import configuration_service_pb2 as pb
from leadline.settings.v1 import configuration_service_pb2_grpc as pb_grpc

from kit.clock import utc_now
from kit.db.database import Database
from kit.db.migrations import migrate
from kit.rpc.calls import is_serving, open_channel
from kit.rpc.server import RpcServer, Served
from kit.tokens import ServiceToken, TokenVerifier
from leads_service import main as leads_main
from leads_service.config_feed import ConfigurationFeed, ConfigurationHolder
from leads_service.domain.configuration import Configuration
from leads_service.rpc.configuration_mapping import configuration_from_proto
from leads_service.store.tables import CONFIGURATION_COPY, OUTBOX
from tests.integration.leads.conftest import NOBODY, TestClock, leads_settings
from tests.integration.leads.door import Door
from tests.support import tokens
from tests.support.waiting import eventually

RUN_TOKEN = tokens.token("retirements:run", "scoring:run", role="service")
_WAITING = """
    SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')
"""
Edit = Callable[[pb.Configuration], object]


class PushedSettings(pb_grpc.ConfigurationServiceServicer):
    """Says the newest configuration to whoever watches, and each newer one."""

    def __init__(self, first: pb.Configuration) -> None:
        self.current = pb.Configuration.FromString(first.SerializeToString())
        self.said: list[int] = []
        self._newer = asyncio.Event()

    def push(self, *edits: Edit, scores: bool = False) -> pb.Configuration:
        """Change the configuration; ``scores``: in a way that scores may become other ones."""
        changed = pb.Configuration.FromString(self.current.SerializeToString())
        for edit in edits:
            edit(changed)
        changed.revision += 1
        if scores:
            changed.scoring_revision = changed.revision
        self.current = changed
        self._newer.set()
        self._newer = asyncio.Event()
        return changed

    async def GetConfiguration(  # noqa: N802 - named by the proto
        self, _request: pb.GetConfigurationRequest, _context: Any
    ) -> pb.GetConfigurationResponse:
        return pb.GetConfigurationResponse(configuration=self.current)

    async def WatchConfiguration(  # noqa: N802 - named by the proto
        self, _request: pb.WatchConfigurationRequest, _context: Any
    ) -> AsyncIterator[pb.WatchConfigurationResponse]:
        while True:
            newer = self._newer
            self.said.append(self.current.revision)
            yield pb.WatchConfigurationResponse(configuration=self.current)
            await newer.wait()


def default_priority(name: str) -> Edit:
    """Make a priority the default."""

    def edit(configuration: pb.Configuration) -> None:
        for priority in configuration.priorities:
            priority.is_default = priority.name == name

    return edit


@asynccontextmanager
async def serving(settings: PushedSettings) -> AsyncIterator[str]:
    """Where the settings service is."""

    async def ready() -> bool:
        return True

    served = Served(
        settings,
        pb_grpc.add_ConfigurationServiceServicer_to_server,
        pb.DESCRIPTOR.services_by_name["ConfigurationService"],
    )
    server = RpcServer("127.0.0.1:0", served=[served], verifier=TokenVerifier(tokens.settings()), ready=ready)
    address = await server.start()
    try:
        yield address
    finally:
        await server.stop()


@asynccontextmanager
async def following(address: str, database: Database, *, longest_call: float = 80.0) -> AsyncIterator[None]:
    """A feed of its own, without a service."""
    settings = leads_settings(database.url, address)
    token = ServiceToken(settings, subject=leads_main.SERVICE_ID, permissions=leads_main.PERMISSIONS)
    async with open_channel(address) as channel:
        feed = ConfigurationFeed(ConfigurationHolder(), database, channel, token, utc_now, longest_call=longest_call)
        running = asyncio.create_task(feed.run())
        try:
            yield
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def kept_revision(database: Database) -> int:
    """The revision of the kept configuration, 0 where there is none."""
    async with database.reading() as connection:
        return (await connection.execute(sa.select(CONFIGURATION_COPY.c.revision))).scalar_one_or_none() or 0


@dataclass
class House:
    """A leads service that is ready, its settings, and its database."""

    url: str
    address: str
    settings: PushedSettings
    door: Door
    database: Database

    @property
    def configuration(self) -> Configuration:
        """The newest configuration as the domain knows it."""
        return configuration_from_proto(self.settings.current)

    async def push(self, *edits: Edit, scores: bool = False) -> pb.Configuration:
        """Change the configuration and wait until it is kept."""
        changed = self.settings.push(*edits, scores=scores)
        self.door.configuration = changed
        await eventually(self.kept_revision, lambda revision: revision == changed.revision, within=2)
        return changed

    async def kept_revision(self) -> int:
        return await kept_revision(self.database)

    async def one(self, sql: str, **values: Any) -> Any:
        async with self.database.reading() as connection:
            return (await connection.execute(sa.text(sql), values)).scalar_one()

    async def rows(self, sql: str, **values: Any) -> Sequence[sa.Row[Any]]:
        async with self.database.reading() as connection:
            return (await connection.execute(sa.text(sql), values)).all()

    async def execute(self, sql: str, **values: Any) -> None:
        async with self.database.transaction() as tx:
            await tx.execute(sa.text(sql), values)

    async def ordered(self, kind: str) -> list[dict[str, Any]]:
        """What the relay is to deliver of a kind."""
        query = sa.select(OUTBOX.c.payload).where(OUTBOX.c.kind == kind).order_by(OUTBOX.c.id)
        async with self.database.reading() as connection:
            return [row.payload for row in await connection.execute(query)]

    async def somebody_waits_for_a_lock(self) -> bool:
        return bool(await self.one(_WAITING))

    async def rescore(self, limit: int = 0) -> scoring.Rescore:
        """Score the next leads."""
        stub = scoring_grpc.ScoringServiceStub(self.door.channel)
        answer = await self.door.ask(stub.RescoreLeads, scoring.RescoreLeadsRequest(limit=limit), sent=RUN_TOKEN)
        return answer.rescore  # type: ignore[no-any-return]

    async def count_retiring(self, retirement_id: str) -> tuple[int, int]:
        request = retirement.CountRetiringRequest(retirement_id=retirement_id)
        answer = await self.door.ask(self._retirements.CountRetiring, request, sent=RUN_TOKEN)
        return answer.records, answer.conversions

    async def move_retiring(self, retirement_id: str, limit: int = 0) -> tuple[int, int]:
        request = retirement.MoveRetiringRequest(retirement_id=retirement_id, limit=limit)
        answer = await self.door.ask(self._retirements.MoveRetiring, request, sent=RUN_TOKEN)
        return answer.moved, answer.left

    async def restore_retiring(self, retirement_id: str, limit: int = 0) -> int:
        request = retirement.RestoreRetiringRequest(retirement_id=retirement_id, limit=limit)
        return int((await self.door.ask(self._retirements.RestoreRetiring, request, sent=RUN_TOKEN)).left)

    async def end_retirement(self, retirement_id: str, revision: int | None = None) -> None:
        request = retirement.EndRetirementRequest(retirement_id=retirement_id, revision=revision)
        await self.door.ask(self._retirements.EndRetirement, request, sent=RUN_TOKEN)

    @property
    def _retirements(self) -> Any:
        return retirement_grpc.RetirementServiceStub(self.door.channel)


@asynccontextmanager
async def instance(
    url: str, settings_address: str, clock: TestClock, settings: PushedSettings, crm_address: str = NOBODY
) -> AsyncIterator[Door]:
    """One more leads service, once it is ready."""
    async with leads_main.leads_server(leads_settings(url, settings_address, crm_address), clock) as server:
        address = await server.start()
        try:
            async with open_channel(address) as channel:
                await eventually(lambda: is_serving(channel))
                yield Door(channel, settings.current, address=address)
        finally:
            await server.stop()


@asynccontextmanager
async def open_house(
    url: str, first: pb.Configuration, clock: TestClock, crm_address: str = NOBODY
) -> AsyncIterator[House]:
    """A leads service that follows pushed settings; ``url`` is of an empty database."""
    migrate(leads_main.MIGRATIONS, url)
    async with AsyncExitStack() as stack:
        settings = PushedSettings(first)
        address = await stack.enter_async_context(serving(settings))
        door = await stack.enter_async_context(instance(url, address, clock, settings, crm_address))
        database = Database(url, pool_size=4, application="test")
        stack.push_async_callback(database.close)
        house = House(url, address, settings, door, database)
        await eventually(house.kept_revision, lambda revision: revision == first.revision)
        yield house
