"""One lead's clock on the test server that skips time, with the leads service it meets."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from temporalio.client import WorkflowExecutionStatus, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from kit.ids import new_id
from leadline_workflows.contracts import names
from leadline_workflows.contracts.operators import OperatorOrder
from leadline_workflows.contracts.sla import Clock, LeadSlaResult
from leadline_workflows.runtime.worker import Limits, sla_worker
from tests.workflows.leads_rules import HOUR, LeadsRules, make_clock, start_of


@dataclass
class ClockRun:
    """A started lead-sla workflow."""

    environment: WorkflowEnvironment
    leads: LeadsRules
    handle: WorkflowHandle[Any, LeadSlaResult]
    created: datetime
    queue: str

    async def operate(self, update: str, order: OperatorOrder, **more: Any) -> Clock:
        """Do as an operator."""
        clock: Clock = await self.handle.execute_update(update, order, result_type=Clock, **more)
        return clock

    async def refusal(self, update: str, *order: OperatorOrder) -> ApplicationError:
        """Why an operator is refused."""
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await self.handle.execute_update(update, args=order, result_type=Clock)
        cause = refused.value.cause
        assert isinstance(cause, ApplicationError)
        return cause

    async def pass_time(self, hours: float) -> None:
        """Let virtual time pass, and everything happen that comes due meanwhile."""
        await self.environment.sleep(hours * HOUR)

    async def change(self, clock: Clock, *, told: bool = True) -> None:
        """Change the clock in the leads service, and tell the workflow or let that signal be lost."""
        self.leads.clock = clock
        if told:
            await self.tell(clock)

    async def tell(self, clock: Clock) -> None:
        """Signal a clock."""
        await self.handle.signal(names.CLOCK_CHANGED, clock)

    async def answer(self, *, after: float | None = None, told: bool = True) -> None:
        """The first response comes now, or came so many hours after the lead."""
        now = await self.environment.get_current_time()
        clock = self.leads.answer(now if after is None else self.created + after * HOUR)
        if told:
            await self.tell(clock)

    async def is_open(self) -> bool:
        """Whether the run has not ended."""
        return (await self.handle.describe()).status is WorkflowExecutionStatus.RUNNING

    async def known(self) -> Clock:
        """The clock as the workflow knows it."""
        clock: Clock = await self.handle.query(names.CLOCK, result_type=Clock)
        return clock

    async def timers(self) -> int:
        """How many timers the run has started."""
        history = await self.handle.fetch_history()
        return sum(event.HasField("timer_started_event_attributes") for event in history.events)

    def worker(self, *, cached: int = 500) -> Worker:
        """A worker for this run."""
        limits = Limits(cached_workflows=cached)
        return sla_worker(self.environment.client, self.leads.activities, limits, queue=self.queue)


async def start_clock(
    environment: WorkflowEnvironment, *, ago: float = 0, who: str = "Alice Johnson, StartupIO", **hours: Any
) -> ClockRun:
    """Start the clock of a lead that came ``ago`` hours ago, with nobody yet to work on it.

    ``hours`` as in ``make_clock``. The server does not skip time while a task waits for a worker.
    """
    created = await environment.get_current_time() - ago * HOUR
    leads = LeadsRules(make_clock(created, **hours))
    lead_id, queue = str(new_id()), f"sla-{new_id()}"
    handle = await environment.client.start_workflow(
        names.LEAD_SLA,
        start_of(lead_id, leads.clock, who=who),
        id=names.lead_sla_id(lead_id),
        task_queue=queue,
        result_type=LeadSlaResult,
    )
    return ClockRun(environment, leads, handle, created, queue)


@asynccontextmanager
async def running_clock(
    environment: WorkflowEnvironment, *, cached: int = 500, **hours: Any
) -> AsyncIterator[ClockRun]:
    """A clock with a worker. What is still open at the end is terminated, so that its timers are nobody's business."""
    run = await start_clock(environment, **hours)
    async with run.worker(cached=cached):
        try:
            yield run
        finally:
            if await run.is_open():
                await run.handle.terminate()
