"""The local copy of the configuration: pushed by the settings service, kept in the database for all instances."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import grpc
from leadline.settings.v1 import configuration_service_pb2 as pb
from leadline.settings.v1 import configuration_service_pb2_grpc as pb_grpc

from kit.clock import Clock
from kit.db.database import Database
from kit.db.listen import listen
from kit.errors import LeadlineError, unavailable
from kit.logs import get_logger
from kit.rpc.calls import call_metadata
from kit.tokens import ServiceToken
from leads_service.domain.configuration import Configuration
from leads_service.domain.lead import Actor
from leads_service.domain.settling import Situation
from leads_service.rpc.configuration_mapping import configuration_from_proto
from leads_service.store import configuration_copy
from leads_service.usecases.configuration import keep
from leads_service.usecases.rescoring import request_if_left_behind

log = get_logger(__name__)

_RETRY_SECONDS = 0.5
# Then it is asked for anew, so that nothing that went wrong unnoticed lasts.
_LONGEST_WATCH_SECONDS = 3600.0
# Notices arrive at once; this is for one that was lost.
_LOOK_EVERY_SECONDS = 3.0
# No call that has begun by older rules goes on for longer.
_LONGEST_CALL_SECONDS = 80.0


class ConfigurationHolder:
    """The configuration that is in force in this process. Swapped as a whole, never changed."""

    def __init__(self) -> None:
        self._current: Configuration | None = None

    @property
    def is_there(self) -> bool:
        """Whether any configuration has arrived."""
        return self._current is not None

    @property
    def revision(self) -> int:
        """The revision in force, before the first one has arrived less than any."""
        return self._current.revision if self._current is not None else -1

    @property
    def scoring_revision(self) -> int:
        """The revision of the scoring rules in force."""
        return self._current.scoring_revision if self._current is not None else -1

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
        if configuration.revision <= self.revision:
            return False
        self._current = configuration
        return True


class ConfigurationFeed:
    """Keeps a holder up to date, until cancelled.

    A configuration is in force here as soon as it arrives, and is then kept in the database, where the other
    instances find it; so they agree even where some of them do not reach the settings service.
    """

    def __init__(
        self,
        holder: ConfigurationHolder,
        database: Database,
        channel: grpc.aio.Channel,
        token: ServiceToken,
        clock: Clock,
        *,
        longest_call: float = _LONGEST_CALL_SECONDS,
    ) -> None:
        self._holder = holder
        self._database = database
        self._stub = pb_grpc.ConfigurationServiceStub(channel)
        self._token = token
        self._clock = clock
        self._longest_call = longest_call
        self._noticed = asyncio.Event()
        # What is to be kept.
        self._newest: tuple[Configuration, pb.Configuration] | None = None
        self._arrived = asyncio.Event()
        self._rules_changed = asyncio.Event()

    async def run(self) -> None:
        """Follow the database and the settings service, whenever they are there."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(listen(self._database.url, configuration_copy.CHANNEL, lambda _: self._noticed.set()))
            tasks.create_task(self._follow_copies())
            tasks.create_task(self._follow_settings())
            tasks.create_task(self._keep_newest())
            tasks.create_task(self._follow_up_rules())

    async def _follow_copies(self) -> None:
        while True:
            self._noticed.clear()
            wait = _LOOK_EVERY_SECONDS if await self._done(self._take_copy) else _RETRY_SECONDS
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._noticed.wait()

    async def _follow_settings(self) -> None:
        while True:
            await self._done(self._follow)
            await asyncio.sleep(_RETRY_SECONDS)

    async def _keep_newest(self) -> None:
        """Keep what the settings service has said last. Nothing waits for that to be in force."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            if not await self._done(self._keep):
                self._arrived.set()
                await asyncio.sleep(_RETRY_SECONDS)

    async def _follow_up_rules(self) -> None:
        """See to leads that calls of this process have written by rules that were just no longer in force."""
        while True:
            await self._rules_changed.wait()
            self._rules_changed.clear()
            await asyncio.sleep(self._longest_call)
            if not await self._done(self._request_if_left_behind):
                self._rules_changed.set()

    async def _request_if_left_behind(self) -> None:
        situation = Situation(self._holder.current(), Actor(None), self._clock())
        async with self._database.transaction() as tx:
            await request_if_left_behind(tx, situation)

    async def _done(self, step: Callable[[], Awaitable[None]]) -> bool:
        """Run a step; one that failed because another part is away is logged, and the caller tries again."""
        try:
            await step()
        except (grpc.aio.AioRpcError, LeadlineError) as error:
            log.debug("configuration feed interrupted", cause=str(error))
        except Exception:  # a feed that ended unseen would leave the service with an old configuration for ever
            log.exception("configuration feed interrupted")
        else:
            return True
        return False

    async def _take_copy(self) -> None:
        async with self._database.reading() as connection:
            copy = await configuration_copy.load(connection, newer_than=self._holder.revision)
        if copy is not None:
            self._take(pb.Configuration.FromString(copy))

    async def _follow(self) -> None:
        metadata = call_metadata(await self._token.get())
        watching = self._stub.WatchConfiguration(
            pb.WatchConfigurationRequest(), metadata=metadata, timeout=_LONGEST_WATCH_SECONDS
        )
        async for answer in watching:
            configuration = self._take(answer.configuration)
            if configuration is not None:
                self._newest = (configuration, answer.configuration)
                self._arrived.set()

    async def _keep(self) -> None:
        if self._newest is not None:
            configuration, received = self._newest
            async with self._database.transaction() as tx:
                await keep(tx, configuration, received.SerializeToString(), self._clock())

    def _take(self, received: pb.Configuration) -> Configuration | None:
        """Put what was received in force; nothing where it makes no sense to this version of the service."""
        try:
            configuration = configuration_from_proto(received)
        except (ValueError, LookupError, LeadlineError):
            log.exception("configuration refused, the former one stays in force", revision=received.revision)
            return None
        rules = self._holder.scoring_revision
        if self._holder.put(configuration):
            log.info("configuration in force", revision=received.revision)
        if self._holder.scoring_revision > rules:
            self._rules_changed.set()
        return configuration
