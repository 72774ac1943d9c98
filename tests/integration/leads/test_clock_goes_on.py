"""The clock of a lead that comes back, from its order to Temporal: it goes on whenever the order comes."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.client import Client, WorkflowExecutionStatus

from kit.db.outbox import OutboxRow
from kit.ids import new_id
from leadline_workflows.contracts import names
from leadline_workflows.contracts.outbox import SLA_CLOCK
from leadline_workflows.contracts.sla import Clock, LeadSlaInput, LeadSlaResult
from leadline_workflows.runtime.worker import Limits, sla_worker
from leads_service.relay import WorkflowStarter
from tests.support.waiting import eventually
from tests.workflows.leads_rules import HOUR, LeadsRules, make_clock, start_of
from tests.workflows.servers import start_temporal

RUNNING = WorkflowExecutionStatus.RUNNING
SECOND = timedelta(seconds=1) / HOUR


@pytest.fixture(scope="module")
async def client() -> AsyncIterator[Client]:
    async with await start_temporal() as environment:
        yield await environment.connect_client()


class Lead:
    """A lead whose orders the relay delivers."""

    def __init__(self, client: Client, clock: Clock | None = None) -> None:
        self.client = client
        self.id = str(new_id())
        self.clock = clock or make_clock(datetime.now(UTC), at_risk=100, deadline=200)
        self.starter = WorkflowStarter(client)

    async def order(self, clock: Clock | None = None, *, revives: bool = False) -> None:
        """Deliver the clock as it is now, or as it was."""
        start = replace(start_of(self.id, clock or self.clock), revives=revives)
        await self.starter.deliver(OutboxRow(1, new_id(), SLA_CLOCK, asdict(start), "", 0, datetime.now(UTC)))

    async def close(self, by: str = "disqualified") -> None:
        self.clock = replace(self.clock, version=self.clock.version + 1, closed_by=by)
        await self.order()

    async def come_back(self, clock: Clock | None = None) -> None:
        self.clock = replace(clock or self.clock, version=self.clock.version + 1, closed_by="")
        await self.order(revives=True)

    async def run_id(self) -> str:
        return (await self.client.get_workflow_handle(names.lead_sla_id(self.id)).describe()).run_id

    async def status(self) -> WorkflowExecutionStatus | None:
        return (await self.client.get_workflow_handle(names.lead_sla_id(self.id)).describe()).status

    async def known(self) -> Clock:
        handle = self.client.get_workflow_handle(names.lead_sla_id(self.id))
        clock: Clock = await handle.query(names.CLOCK, result_type=Clock)
        return clock

    async def result(self) -> LeadSlaResult:
        handle = self.client.get_workflow_handle(names.lead_sla_id(self.id), result_type=LeadSlaResult)
        result: LeadSlaResult = await handle.result()
        return result


async def ended(lead: Lead) -> None:
    await eventually(lead.status, lambda status: status is WorkflowExecutionStatus.COMPLETED)


async def test_only_an_order_that_says_so_starts_an_ended_clock_again(client: Client) -> None:
    lead = Lead(client)
    await lead.order()
    first = await lead.run_id()
    for revives in (True, False):
        await lead.order(revives=revives)
    assert await lead.run_id() == first
    await client.get_workflow_handle(names.lead_sla_id(lead.id)).terminate()
    await lead.order()
    lead.clock = replace(lead.clock, version=2)
    await lead.order()
    assert (await lead.run_id(), await lead.status()) == (first, WorkflowExecutionStatus.TERMINATED)
    await lead.order(revives=True)
    again = await lead.run_id()
    assert (again != first, await lead.status()) == (True, RUNNING)
    await lead.order(revives=True)
    assert await lead.run_id() == again


async def test_orders_that_were_written_by_the_version_before_are_delivered(client: Client) -> None:
    lead = Lead(client)
    payload = asdict(start_of(lead.id, lead.clock))
    del payload["revives"]
    await lead.starter.deliver(OutboxRow(1, new_id(), SLA_CLOCK, payload, "", 0, datetime.now(UTC)))
    assert await lead.status() is RUNNING
    assert LeadSlaInput(**{**payload, "clock": lead.clock}).revives is False


async def test_a_reopened_lead_has_an_open_clock_again_that_keeps_the_new_promise(client: Client) -> None:
    rules, lead = LeadsRules(make_clock(datetime.now(UTC))), Lead(client)
    async with sla_worker(client, [rules.record_milestone], Limits(), queue=names.SLA_QUEUE):
        await lead.order()
        await lead.close()
        await ended(lead)
        soon = make_clock(datetime.now(UTC), at_risk=0.5 * SECOND, deadline=200)
        rules.clock = replace(soon, version=3)
        await lead.come_back(soon)
        assert (await lead.status(), await lead.known()) == (RUNNING, rules.clock)

        async def recorded() -> list[str]:
            return rules.recorded

        assert await eventually(recorded, bool) == ["at_risk"]
        await lead.close("answered")
        assert await lead.result() == LeadSlaResult("answered", ["at_risk"])


async def test_a_restored_leads_passed_deadline_is_recorded_by_the_clock_that_goes_on(client: Client) -> None:
    rules = LeadsRules(make_clock(datetime.now(UTC), at_risk=100, deadline=200))
    lead = Lead(client, rules.clock)
    async with sla_worker(client, [rules.record_milestone], Limits(), queue=names.SLA_QUEUE):
        await lead.order()
        await lead.close("deleted")
        await ended(lead)
        # As after nine days, had the clock gone on meanwhile.
        rules.clock = make_clock(datetime.now(UTC), version=3, at_risk=-2, deadline=-1)
        await lead.come_back(rules.clock)

        async def recorded() -> list[str]:
            return rules.recorded

        assert await eventually(recorded, lambda found: len(found) == 2) == ["at_risk", "breached"]
        assert await lead.status() is RUNNING
        await lead.close("answered")
        assert (await lead.result()).closed_by == "answered"


async def test_a_lead_that_comes_back_just_as_its_clock_ends_has_a_clock_whichever_comes_first(client: Client) -> None:
    rules = LeadsRules(make_clock(datetime.now(UTC), at_risk=100, deadline=200))
    leads = [Lead(client) for _ in range(20)]

    async def live(place: int, lead: Lead) -> None:
        await lead.order()
        await lead.close()
        # The run ends a few milliseconds from now: before, while and after that the order comes.
        await asyncio.sleep(place / 1000)
        await lead.come_back()

    async with sla_worker(client, [rules.record_milestone], Limits(), queue=names.SLA_QUEUE):
        await asyncio.gather(*(live(place, lead) for place, lead in enumerate(leads)))
        for lead in leads:
            assert await lead.status() is RUNNING
            assert (await lead.known()).version == 3
        rules.clock = leads[0].clock
        for lead in leads:
            await lead.close("answered")
        assert {(await lead.result()).closed_by for lead in leads} == {"answered"}


async def test_an_order_that_comes_once_more_when_all_is_over_has_a_clock_that_asks_and_ends(client: Client) -> None:
    now = datetime.now(UTC)
    rules, lead = LeadsRules(make_clock(now)), Lead(client)
    late = replace(make_clock(now, at_risk=-2, deadline=-1), version=3)
    async with sla_worker(client, [rules.record_milestone], Limits(), queue=names.SLA_QUEUE):
        await lead.order()
        await lead.close()
        await ended(lead)
        rules.answered_at = now - 9 * HOUR
        rules.clock = replace(late, version=4, closed_by="answered")
        await lead.order(late, revives=True)
        assert await lead.result() == LeadSlaResult("answered", [])
