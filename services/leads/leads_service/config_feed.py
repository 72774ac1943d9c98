"""The local copy of the configuration: pushed by the settings service, kept in the database to start from."""

import asyncio
from collections.abc import Awaitable, Callable

import grpc
from leadline.settings.v1 import configuration_service_pb2 as pb
from leadline.settings.v1 import configuration_service_pb2_grpc as pb_grpc

from kit.db.database import Database
from kit.errors import LeadlineError, unavailable
from kit.logs import get_logger
from kit.rpc.calls import call_metadata
from kit.tokens import ServiceToken
from leads_service.domain.configuration import Configuration
from leads_service.rpc.configuration_mapping import configuration_from_proto
from leads_service.store import configuration_copy

log = get_logger(__name__)

_RETRY_SECONDS = 0.5


class ConfigurationHolder:
    """The configuration that is in force in this process. Swapped as a whole, never changed."""

    def __init__(self) -> None:
        self._current: Configuration | None = None

    @property
    def is_there(self) -> bool:
        """Whether any configuration has arrived."""
        return self._current is not None

    def current(self) -> Configuration:
        """The configuration in force.

        Raises:
            LeadlineError: CONFIGURATION_UNAVAILABLE before the first one has arrived.
        """
        if self._current is None:
            raise unavailable(
                "No configuration has arrived from the settings service yet. Try again soon.",
                reason="CONFIGURATION_UNAVAILABLE",
            )
        return self._current

    def put(self, configuration: Configuration) -> bool:
        """Put a newer configuration in force; says whether it was newer."""
        if self._current is not None and configuration.revision <= self._current.revision:
            return False
        self._current = configuration
        return True


class ConfigurationFeed:
    """Keeps a holder up to date, until cancelled."""

    def __init__(
        self, holder: ConfigurationHolder, database: Database, channel: grpc.aio.Channel, token: ServiceToken
    ) -> None:
        self._holder = holder
        self._database = database
        self._stub = pb_grpc.ConfigurationServiceStub(channel)
        self._token = token

    async def run(self) -> None:
        """Start from the copy in the database, then follow the settings service, whenever it is there."""
        await self._until_done(self._start_from_copy)
        while True:
            await self._until_done(self._follow)
            await asyncio.sleep(_RETRY_SECONDS)

    async def _until_done(self, step: Callable[[], Awaitable[None]]) -> None:
        """Run a step that may fail because another part is away: that is logged, and the caller tries again."""
        try:
            await step()
        except (grpc.aio.AioRpcError, LeadlineError) as error:
            log.debug("configuration feed interrupted", cause=str(error))
        except Exception:  # a feed that ended unseen would leave the service with an old configuration for ever
            log.exception("configuration feed interrupted")

    async def _start_from_copy(self) -> None:
        async with self._database.reading() as connection:
            copy = await configuration_copy.load(connection)
        if copy is not None:
            self._take(pb.Configuration.FromString(copy))

    async def _follow(self) -> None:
        metadata = call_metadata(await self._token.get())
        async for answer in self._stub.WatchConfiguration(pb.WatchConfigurationRequest(), metadata=metadata):
            if self._take(answer.configuration):
                await self._keep(answer.configuration)

    def _take(self, received: pb.Configuration) -> bool:
        """Put what was received in force; false where it makes no sense to this version of the service."""
        try:
            configuration = configuration_from_proto(received)
        except (ValueError, LeadlineError):
            log.exception("configuration refused, the former one stays in force", revision=received.revision)
            return False
        if self._holder.put(configuration):
            log.info("configuration in force", revision=received.revision)
        return True

    async def _keep(self, received: pb.Configuration) -> None:
        async with self._database.transaction() as tx:
            await configuration_copy.store(tx, received.revision, received.SerializeToString())
