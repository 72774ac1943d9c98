"""Cases of the lead-sla workflow for `capture`.

`asked_by_an_operator.json` has no case any more: it is of the version whose `refresh` said neither who nor why.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.common import TypedSearchAttributes

from kit.ids import new_id
from leadline_workflows.contracts import names
from leadline_workflows.contracts.operators import OperatorOrder
from leadline_workflows.contracts.sla import Clock, ClockOperation, ExtendDeadline
from leadline_workflows.runtime.worker import Limits, sla_worker
from leads_service.relay import clock_attributes
from tests.support.waiting import eventually
from tests.workflows.leads_rules import HOUR, LeadsRules, answered, make_clock, start_of
from tests.workflows.settings_cases import Case, Handle

_SECOND = timedelta(seconds=1) / HOUR


async def _clock(
    client: Client, clock: Clock, live: Callable[[Handle, LeadsRules], Awaitable[None]], *, has_deadline: bool = False
) -> Handle:
    """A clock that lives as told and is answered at the end; with its deadline, it starts with its attributes."""
    leads, lead_id = LeadsRules(clock), str(new_id())
    workflow_id = names.lead_sla_id(lead_id)
    start = start_of(lead_id, clock, has_deadline=has_deadline)
    async with sla_worker(client, leads.activities, Limits(), queue=workflow_id):
        handle = await client.start_workflow(
            names.LEAD_SLA,
            start,
            id=workflow_id,
            task_queue=workflow_id,
            search_attributes=clock_attributes(start) if has_deadline else TypedSearchAttributes.empty,
        )
        await handle.query(names.CLOCK)
        await live(handle, leads)
        await handle.signal(names.CLOCK_CHANGED, answered(leads.clock))
        await handle.result()
    return handle


async def _until(leads: LeadsRules, count: int) -> None:
    async def recorded() -> int:
        return len(leads.recorded)

    await eventually(recorded, lambda found: found >= count)


async def answered_in_time(client: Client) -> Handle:
    """Answered before anything came."""

    async def live(_handle: Handle, _leads: LeadsRules) -> None:
        return None

    return await _clock(client, make_clock(datetime.now(UTC)), live)


async def escalated_then_answered(client: Client) -> Handle:
    """At risk, breached, escalated once, and only then answered."""

    async def live(_handle: Handle, leads: LeadsRules) -> None:
        await _until(leads, 3)

    soon = make_clock(datetime.now(UTC), at_risk=0.5 * _SECOND, deadline=_SECOND, escalations=[1.5 * _SECOND])
    return await _clock(client, soon, live)


async def deadline_moved(client: Client) -> Handle:
    """A later deadline, told twice, and then an owner who changes nothing of it."""

    async def live(handle: Handle, leads: LeadsRules) -> None:
        leads.clock = make_clock(datetime.now(UTC), version=2, at_risk=0.5 * _SECOND, deadline=200)
        await handle.signal(names.CLOCK_CHANGED, leads.clock)
        await handle.signal(names.CLOCK_CHANGED, leads.clock)
        await _until(leads, 1)

    return await _clock(client, make_clock(datetime.now(UTC)), live)


async def paused_and_resumed(client: Client) -> Handle:
    """A clock that stands still for a while, and then comes to its end."""

    async def live(handle: Handle, leads: LeadsRules) -> None:
        still = replace(leads.clock, version=2, at_risk_at="", deadline="", paused=True)
        await handle.signal(names.CLOCK_CHANGED, still)
        leads.clock = make_clock(datetime.now(UTC), version=3, at_risk=0.5 * _SECOND, deadline=_SECOND)
        await handle.signal(names.CLOCK_CHANGED, leads.clock)
        await _until(leads, 2)

    return await _clock(client, make_clock(datetime.now(UTC)), live)


async def healed_by_the_answer(client: Client) -> Handle:
    """A signal that was lost, an outage, and the answer that heals both."""

    async def live(_handle: Handle, leads: LeadsRules) -> None:
        leads.outages = 1
        leads.clock = make_clock(datetime.now(UTC), version=2, at_risk=_SECOND, deadline=200)
        await _until(leads, 1)

    return await _clock(client, make_clock(datetime.now(UTC), at_risk=0.1 * _SECOND), live)


async def started_with_attributes(client: Client) -> Handle:
    """At risk and breached, and only then answered; the deadline can be filtered by."""

    async def live(_handle: Handle, leads: LeadsRules) -> None:
        await _until(leads, 2)

    soon = make_clock(datetime.now(UTC), at_risk=0.5 * _SECOND, deadline=_SECOND)
    return await _clock(client, soon, live, has_deadline=True)


async def extended_by_an_operator(client: Client) -> Handle:
    """Extended before its deadline, which then comes, and after it."""

    async def live(handle: Handle, leads: LeadsRules) -> None:
        for count in (1, 2):
            until = (datetime.now(UTC) + timedelta(seconds=count)).isoformat()
            await handle.execute_update(names.EXTEND_DEADLINE, ExtendDeadline("ana", "They asked", until))
            await _until(leads, 2 * count - 1)

    soon = make_clock(datetime.now(UTC), at_risk=0.2 * _SECOND, deadline=0.5 * _SECOND)
    return await _clock(client, soon, live, has_deadline=True)


async def held_by_an_operator(client: Client) -> Handle:
    """Paused, told so by the relay, and let go on."""

    async def live(handle: Handle, leads: LeadsRules) -> None:
        await handle.execute_update(names.PAUSE, OperatorOrder("ana", "On leave"))
        await handle.signal(names.CLOCK_CHANGED, leads.clock)
        await handle.execute_update(names.RESUME, OperatorOrder("ben", "Back"))
        await _until(leads, 1)

    return await _clock(client, make_clock(datetime.now(UTC), at_risk=_SECOND), live, has_deadline=True)


async def read_by_an_operator(client: Client) -> Handle:
    """The update `refresh` with who and why, which brings a newer clock; one that says neither is refused."""

    async def live(handle: Handle, leads: LeadsRules) -> None:
        leads.clock = make_clock(datetime.now(UTC), version=2, at_risk=20, deadline=40)
        with suppress(WorkflowUpdateFailedError):
            await handle.execute_update(names.REFRESH, OperatorOrder())
        await handle.execute_update(names.REFRESH, OperatorOrder("ana", "Looks wrong"))

    return await _clock(client, make_clock(datetime.now(UTC)), live, has_deadline=True)


async def refused_by_the_leads_service(client: Client) -> Handle:
    """An operation that the leads service refuses at its second attempt."""

    async def live(handle: Handle, leads: LeadsRules) -> None:
        leads.outages = 1
        leads.refusals[ClockOperation.PAUSE] = ("CLOCK_CLOSED", "The clock is over: the lead is answered.")
        with suppress(WorkflowUpdateFailedError):
            await handle.execute_update(names.PAUSE, OperatorOrder("ana", "On leave"))

    return await _clock(client, make_clock(datetime.now(UTC)), live, has_deadline=True)


async def answered_late_without_a_worker(client: Client) -> Handle:
    """A clock that is closed when its worker comes back: what came due before is still recorded."""
    leads, lead_id = LeadsRules(make_clock(datetime.now(UTC), at_risk=-3, deadline=-2)), str(new_id())
    workflow_id = names.lead_sla_id(lead_id)
    handle = await client.start_workflow(
        names.LEAD_SLA, start_of(lead_id, leads.clock), id=workflow_id, task_queue=workflow_id
    )
    await handle.signal(names.CLOCK_CHANGED, leads.answer(datetime.now(UTC) - HOUR))
    async with sla_worker(client, [leads.record_milestone], Limits(), queue=workflow_id):
        await handle.result()
    return handle


async def stopped_for_a_day(client: Client) -> Handle:
    """A clock whose worker comes back a day late, over everything, and an answer between two escalations."""
    clock = make_clock(datetime.now(UTC), at_risk=-28, deadline=-26, escalations=[-25, -1])
    leads, lead_id = LeadsRules(clock), str(new_id())
    workflow_id, start = names.lead_sla_id(lead_id), start_of(lead_id, clock, has_deadline=True)
    handle = await client.start_workflow(
        names.LEAD_SLA, start, id=workflow_id, task_queue=workflow_id, search_attributes=clock_attributes(start)
    )
    await handle.signal(names.CLOCK_CHANGED, leads.answer(datetime.now(UTC) - 10 * HOUR))
    async with sla_worker(client, leads.activities, Limits(), queue=workflow_id):
        await handle.result()
    return handle


async def reopened_as_it_ends(client: Client) -> Handle:
    """A clock that is told that its lead is closed, and in the same task that it was opened again."""
    leads, lead_id = LeadsRules(make_clock(datetime.now(UTC))), str(new_id())
    workflow_id = names.lead_sla_id(lead_id)
    handle = await client.start_workflow(
        names.LEAD_SLA, start_of(lead_id, leads.clock), id=workflow_id, task_queue=workflow_id
    )
    await handle.signal(names.CLOCK_CHANGED, replace(leads.clock, version=2, closed_by="disqualified"))
    leads.clock = make_clock(datetime.now(UTC), version=3, at_risk=_SECOND, deadline=200)
    await handle.signal(names.CLOCK_CHANGED, leads.clock)
    async with sla_worker(client, [leads.record_milestone], Limits(), queue=workflow_id):
        await _until(leads, 1)
        await handle.signal(names.CLOCK_CHANGED, answered(leads.clock))
        await handle.result()
    return handle


SLA_CASES: dict[str, list[Case]] = {
    names.LEAD_SLA: [
        answered_in_time,
        escalated_then_answered,
        deadline_moved,
        paused_and_resumed,
        healed_by_the_answer,
        started_with_attributes,
        extended_by_an_operator,
        held_by_an_operator,
        read_by_an_operator,
        refused_by_the_leads_service,
        answered_late_without_a_worker,
        stopped_for_a_day,
        reopened_as_it_ends,
    ],
}
