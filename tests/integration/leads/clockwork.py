"""Leads with their clocks: a leads service, its relay, a Temporal server, and the workers of clocks and of checks."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from leadline.leads.v1 import lead_pb2
from leadline.leads.v1 import sla_service_pb2 as pb
from leadline.settings.v1 import configuration_service_pb2
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Worker

from kit.db.relay import Relay
from kit.ids import new_id
from leadline_workflows.contracts import names
from leadline_workflows.contracts.clock_check import CheckClocksInput, ClockCheckProgress
from leadline_workflows.contracts.sla import Clock
from leadline_workflows.runtime.wiring import ActivitySet, open_activities
from leadline_workflows.runtime.worker import Limits, check_worker, sla_worker
from leads_service.relay import WorkflowStarter
from leads_service.store.leads import outbox
from leads_service.store.tables import LEADS
from tests.integration.leads.conftest import NOBODY, TestClock
from tests.integration.leads.door import CLOCK_TOKEN
from tests.integration.leads.pushing import House, open_house
from tests.support.waiting import eventually
from tests.workflows.scripted_services import settings_for
from tests.workflows.servers import start_temporal

LIMITS = Limits(shutdown_timeout=timedelta(0))


@dataclass
class Clockwork:
    """What a test does with leads and their clocks."""

    house: House
    client: Client
    activities: ActivitySet
    starter: WorkflowStarter

    @asynccontextmanager
    async def relay(self) -> AsyncIterator[None]:
        """Orders are delivered."""
        stop = asyncio.Event()
        running = asyncio.create_task(Relay(self.house.database, outbox, self.starter.deliver).run(stop))
        try:
            yield
        finally:
            stop.set()
            await running

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Clocks and checks run."""
        async with self.clock_worker(), check_worker(self.client, self.activities.checks, LIMITS):
            yield

    def clock_worker(self) -> Worker:
        """A worker of clocks alone."""
        return sla_worker(self.client, self.activities.sla, LIMITS)

    async def leads(self, count: int) -> list[lead_pb2.Lead]:
        return list(await asyncio.gather(*(self.house.door.create(last_name="Johnson") for _ in range(count))))

    def run(self, lead: lead_pb2.Lead) -> WorkflowHandle[Any, Any]:
        """The newest run of a lead's clock."""
        return self.client.get_workflow_handle(names.lead_sla_id(lead.id))

    async def is_running(self, lead: lead_pb2.Lead) -> bool:
        try:
            return (await self.run(lead).describe()).status is WorkflowExecutionStatus.RUNNING
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return False
            raise

    async def all_running(self, leads: Sequence[lead_pb2.Lead]) -> bool:
        return all(await asyncio.gather(*map(self.is_running, leads)))

    async def are_all_running(self, leads: Sequence[lead_pb2.Lead]) -> None:
        await eventually(lambda: self.all_running(leads), within=20)

    async def delivered(self) -> None:
        """Wait until nothing is on its way."""
        await eventually(lambda: self.house.one("SELECT count(*) FROM outbox"), lambda count: count == 0)

    async def shows(self, lead: lead_pb2.Lead) -> Clock:
        """The clock as its run knows it."""
        clock: Clock = await self.run(lead).query(names.CLOCK, result_type=Clock)
        return clock

    async def listed(self, count: int) -> None:
        """Wait until lists of open runs, which lag behind, show so many clocks."""

        async def look() -> int:
            found = await self.client.count_workflows(
                f"WorkflowType = '{names.LEAD_SLA}' AND ExecutionStatus = 'Running'"
            )
            return found.count

        await eventually(look, lambda found: found == count)

    async def check(self, **given: Any) -> ClockCheckProgress:
        """A check of everything, which nobody waits for."""
        check_id = str(new_id())
        result: ClockCheckProgress = await self.client.execute_workflow(
            names.CHECK_SLA_CLOCKS,
            CheckClocksInput(check_id, **given),
            id=names.clock_check_id(check_id),
            task_queue=names.CHECK_QUEUE,
            result_type=ClockCheckProgress,
        )
        return result

    async def list_clocks(self, *lead_ids: str, after: str = "", limit: int = 0) -> list[pb.ClockOfLead]:
        request = pb.ListClocksRequest(lead_ids=lead_ids, after_lead_id=after, limit=limit)
        door = self.house.door
        return list((await door.ask(door.sla_stub.ListClocks, request, sent=CLOCK_TOKEN)).clocks)

    async def forget(self, lead: lead_pb2.Lead) -> None:
        """Take a lead's row out of the database, as by hand."""
        async with self.house.database.transaction() as tx:
            for table in ("activities", "history", "stage_assignments", "notifications"):
                await tx.execute(sa.text(f"DELETE FROM {table} WHERE lead_id = :id"), {"id": lead.id})  # noqa: S608
            await tx.execute(sa.delete(LEADS).where(LEADS.c.id == sa.literal(lead.id, sa.Uuid(as_uuid=False))))


@asynccontextmanager
async def open_clockwork(
    url: str,
    configuration: configuration_service_pb2.Configuration,
    clock: TestClock,
) -> AsyncIterator[Clockwork]:
    """A clockwork on an empty database, whose relay and workers a test starts."""
    async with AsyncExitStack() as stack:
        house = await stack.enter_async_context(open_house(url, configuration, clock))
        temporal = await stack.enter_async_context(await start_temporal())
        client = await temporal.connect_client()
        settings = settings_for(house.door.address, NOBODY, NOBODY)
        activities = await stack.enter_async_context(open_activities(settings))
        yield Clockwork(house, client, activities, WorkflowStarter(client))


def instant(text: str) -> datetime:
    """An instant as clocks carry it."""
    return datetime.fromisoformat(text)
