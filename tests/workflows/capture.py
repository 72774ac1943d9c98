"""Records histories of today's workflow code on the real server, for the replay tests.

`python -m tests.workflows.capture [--replace]`, in the project's folder.

A history that is committed stays as long as runs like it may be open: new code must replay it. So this writes
only the cases that are not there yet; `--replace` writes all of them anew.
"""

import argparse
import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from temporalio.client import Client, WorkflowFailureError

from kit.ids import new_id
from leadline_workflows.contracts import names
from leadline_workflows.contracts.conversion import ConversionState, PlanOutline
from leadline_workflows.contracts.sla import Clock
from leadline_workflows.runtime.worker import Limits, sla_worker
from tests.support.waiting import eventually
from tests.workflows.conversion_rules import ConversionRules
from tests.workflows.conversion_run import converting
from tests.workflows.import_cases import IMPORT_CASES
from tests.workflows.leads_rules import HOUR, LeadsRules, answered, make_clock, start_of
from tests.workflows.servers import start_temporal
from tests.workflows.settings_cases import SETTINGS_CASES, Case, Handle

HISTORIES = Path(__file__).parent / "histories"

_SECOND = timedelta(seconds=1) / HOUR
# Stands in histories where the machine and process that made them would.
_IDENTITY = "leadline-worker"


async def _clock(client: Client, clock: Clock, live: Callable[[Handle, LeadsRules], Awaitable[None]]) -> Handle:
    """A clock that lives as told and is answered at the end."""
    leads, lead_id = LeadsRules(clock), str(new_id())
    workflow_id = names.lead_sla_id(lead_id)
    async with sla_worker(client, [leads.record_milestone], Limits(), queue=workflow_id):
        handle = await client.start_workflow(
            names.LEAD_SLA, start_of(lead_id, clock), id=workflow_id, task_queue=workflow_id
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


async def asked_by_an_operator(client: Client) -> Handle:
    """The update `refresh`, which brings a newer clock."""

    async def live(handle: Handle, leads: LeadsRules) -> None:
        leads.clock = make_clock(datetime.now(UTC), version=2, at_risk=20, deadline=40)
        await handle.execute_update(names.REFRESH)

    return await _clock(client, make_clock(datetime.now(UTC)), live)


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


async def _conversion(
    client: Client, services: ConversionRules, live: Callable[[Handle], Awaitable[None]] | None = None
) -> Handle:
    async with converting(client, services) as handle:
        if live is not None:
            await live(handle)
        with suppress(WorkflowFailureError):  # a cancelled run is a case like any other
            await handle.result()
    return handle


async def converted(client: Client) -> Handle:
    """Everything planned, made and completed, one step at its second attempt."""
    services = ConversionRules()
    services.outages[names.ENSURE_ACCOUNT] = 1
    return await _conversion(client, services)


async def only_a_contact(client: Client) -> Handle:
    """A plan with one record."""
    return await _conversion(client, ConversionRules(plan=PlanOutline(ConversionState.RUNNING, contact=True)))


async def not_running(client: Client) -> Handle:
    """A conversion that was over before its run began."""
    return await _conversion(client, ConversionRules(plan=PlanOutline(ConversionState.COMPLETED)))


async def completion_refused(client: Client) -> Handle:
    """Everything made and then undone."""
    return await _conversion(client, ConversionRules(refusals={names.COMPLETE_CONVERSION: "LEAD_NOT_FOUND"}))


async def cancelled_in_a_step(client: Client) -> Handle:
    """An operator's cancel, and a second one while the first is carried out."""
    services = ConversionRules()
    step, undo = services.hold(names.ENSURE_OPPORTUNITY), services.hold(names.RELEASE_CONTACT)

    async def live(handle: Handle) -> None:
        for gate in (step, undo):
            await gate.reached.wait()
            await handle.cancel(reason="wrong lead")
            gate.opened.set()

    return await _conversion(client, services, live)


async def cancelled_too_late(client: Client) -> Handle:
    """A cancel while the lead is being marked converted."""
    services = ConversionRules()
    gate = services.hold(names.COMPLETE_CONVERSION)

    async def live(handle: Handle) -> None:
        await gate.reached.wait()
        await handle.cancel()
        gate.opened.set()

    return await _conversion(client, services, live)


CASES: dict[str, list[Case]] = {
    names.LEAD_SLA: [
        answered_in_time,
        escalated_then_answered,
        deadline_moved,
        paused_and_resumed,
        healed_by_the_answer,
        asked_by_an_operator,
        answered_late_without_a_worker,
        reopened_as_it_ends,
    ],
    names.LEAD_CONVERSION: [
        converted,
        only_a_contact,
        not_running,
        completion_refused,
        cancelled_in_a_step,
        cancelled_too_late,
    ],
    **SETTINGS_CASES,
    **IMPORT_CASES,
}


async def _capture(*, replace: bool) -> dict[Path, str]:
    """The histories that are to be written, by the file that they belong in."""
    captured: dict[Path, str] = {}
    async with await start_temporal(identity=_IDENTITY) as environment:
        client = await environment.connect_client(identity=_IDENTITY)
        for workflow, cases in CASES.items():
            for case in cases:
                path = HISTORIES / workflow / f"{case.__name__}.json"
                if replace or not path.exists():
                    handle = await case(client)
                    captured[path] = (await handle.fetch_history()).to_json()
    return captured


def _scrubbed(value: Any) -> Any:
    """The history without stack traces, which hold the paths of the machine."""
    if isinstance(value, dict):
        return {key: _scrubbed(each) for key, each in value.items() if key != "stackTrace"}
    return [_scrubbed(each) for each in value] if isinstance(value, list) else value


def main(*, replace: bool) -> None:
    """Write the histories."""
    for path, history in asyncio.run(_capture(replace=replace)).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(_scrubbed(json.loads(history)), indent=1) + "\n")
        print(path)  # noqa: T201 - a command says what it wrote


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replace", action="store_true", help="write all of them anew")
    main(replace=parser.parse_args().replace)
