"""What follows from changed settings reaches Temporal: each run once, however often it is delivered."""

from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError

from kit.db.outbox import OutboxRow
from kit.db.relay import AwayError
from kit.ids import new_id
from leadline_workflows.contracts import names, search_attributes
from leadline_workflows.contracts.clock_check import CheckClocksInput
from leadline_workflows.contracts.conversion import LeadConversionInput, UnconversionInput
from leadline_workflows.contracts.lead_import import LeadImportInput
from leadline_workflows.contracts.outbox import (
    CLOCK_CHECK,
    CONVERSION,
    CONVERSION_ID,
    LEAD_IMPORT,
    REQUEST_ID,
    RESCORE,
    RETIREMENT,
    RETIREMENT_ID,
    SLA_CLOCK,
    UNCONVERSION,
)
from leadline_workflows.contracts.retirement import RetirementInput, StageMove
from leadline_workflows.contracts.sla import Clock, LeadSlaInput
from leadline_workflows.runtime.namespace import ensure_search_attributes
from leads_service.relay import WorkflowStarter
from tests.support.waiting import eventually
from tests.workflows.operators_view import attributes, deadline
from tests.workflows.servers import start_temporal


@pytest.fixture(scope="module")
async def client() -> AsyncIterator[Client]:
    """A Temporal server without workers: runs are started, and nothing happens in them."""
    async with await start_temporal() as environment:
        yield await environment.connect_client()


LATER = "2999-01-01T10:00:00+00:00"
SIGNALED = EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED


def row(kind: str, payload: dict[str, Any], request_id: str = "", ident: int = 1) -> OutboxRow:
    return OutboxRow(ident, new_id(), kind, payload, request_id, 0, datetime.now(UTC))


def order(entry_id: str, **more: Any) -> RetirementInput:
    return RetirementInput(retirement_id=str(new_id()), kind="team_role", entry_id=entry_id, name="Old", **more)


async def signals(handle: WorkflowHandle[Any, Any]) -> list[str]:
    """The signals of a run that have arrived, by name."""
    events = (await handle.fetch_history()).events
    return [
        each.workflow_execution_signaled_event_attributes.signal_name for each in events if each.event_type == SIGNALED
    ]


async def test_a_request_starts_the_run_tells_the_running_one_and_starts_another_when_it_has_ended(
    client: Client,
) -> None:
    starter = WorkflowStarter(client)
    for _ in range(2):
        await starter.deliver(row(RESCORE, {}))
    first = await client.get_workflow_handle("rescore-leads").describe()
    assert (first.workflow_type, first.task_queue) == (names.RESCORE_LEADS, names.SETTINGS_QUEUE)
    handle = client.get_workflow_handle("rescore-leads", run_id=first.run_id)
    arrived = await signals(handle)
    assert arrived == [names.RESCORE_REQUESTED] * 2
    await handle.terminate()
    await starter.deliver(row(RESCORE, {}))
    assert (await client.get_workflow_handle("rescore-leads").describe()).run_id != first.run_id


async def test_a_deletion_is_started_once_with_its_order(client: Client) -> None:
    entry_id = str(new_id())
    start = order(entry_id, target_name="New", has_target=True, moves=[StageMove("a", "b", "c")], stage_ids=["a"])
    for _ in range(3):
        await WorkflowStarter(client).deliver(row(RETIREMENT, asdict(start)))
    handle = client.get_workflow_handle(f"retire-team-role/{entry_id}")
    described = await handle.describe()
    assert (described.workflow_type, described.task_queue) == (names.RETIREMENT, names.SETTINGS_QUEUE)
    assert await described.memo_value(RETIREMENT_ID) == start.retirement_id
    assert await described.static_summary() == "team role Old · to New"
    events = (await handle.fetch_history()).events
    payloads = events[0].workflow_execution_started_event_attributes.input
    assert await client.data_converter.decode(payloads.payloads, [RetirementInput]) == [start]


async def test_another_deletion_of_the_same_entry_waits_for_the_one_that_is_ending(client: Client) -> None:
    entry_id = str(new_id())
    first, second = order(entry_id), order(entry_id)
    starter = WorkflowStarter(client)
    await starter.deliver(row(RETIREMENT, asdict(first)))
    with pytest.raises(AwayError):
        await starter.deliver(row(RETIREMENT, asdict(second)))
    handle = client.get_workflow_handle(f"retire-team-role/{entry_id}")
    await handle.terminate()
    await starter.deliver(row(RETIREMENT, asdict(second)))
    described = await handle.describe()
    assert await described.memo_value(RETIREMENT_ID) == second.retirement_id
    assert await described.static_summary() == "team role Old · deleted if nothing uses it"


async def test_a_conversion_is_started_once_and_another_one_waits_for_it(client: Client) -> None:
    lead_id, starter = str(new_id()), WorkflowStarter(client)
    first, second = (LeadConversionInput(lead_id, str(new_id()), "Alice, StartupIO") for _ in range(2))
    for _ in range(2):
        await starter.deliver(row(CONVERSION, asdict(first)))
    handle = client.get_workflow_handle(f"lead-conversion/{lead_id}")
    described = await handle.describe()
    assert (described.workflow_type, described.task_queue) == ("convert-lead", names.CONVERSION_QUEUE)
    assert await described.static_summary() == "Alice, StartupIO · conversion"
    assert (await attributes(handle))["LeadId"] == lead_id
    with pytest.raises(AwayError):
        await starter.deliver(row(CONVERSION, asdict(second)))
    await handle.terminate()
    # Ordered anew, it is begun once more under the same conversion.
    await starter.deliver(row(CONVERSION, asdict(first), ident=2))
    again = await handle.describe()
    assert (again.run_id != described.run_id, await again.memo_value(CONVERSION_ID)) == (True, first.conversion_id)


async def test_undoing_is_started_once_for_each_order_although_the_conversion_is_the_same(client: Client) -> None:
    lead_id, starter = str(new_id()), WorkflowStarter(client)
    start = asdict(UnconversionInput(lead_id, str(new_id()), "Alice, StartupIO"))
    for _ in range(2):
        await starter.deliver(row(UNCONVERSION, start, ident=7))
    handle = client.get_workflow_handle(f"lead-unconversion/{lead_id}")
    first = await handle.describe()
    assert (first.workflow_type, first.task_queue) == ("unconvert-lead", names.CONVERSION_QUEUE)
    assert await first.static_summary() == "Alice, StartupIO · undoing a conversion"
    assert (await attributes(handle))["LeadId"] == lead_id
    # The run that was refused has not quite ended when it is asked for again.
    with pytest.raises(AwayError):
        await starter.deliver(row(UNCONVERSION, start, ident=8))
    await handle.terminate()
    await starter.deliver(row(UNCONVERSION, start, ident=8))
    assert (await handle.describe()).run_id != first.run_id


async def test_an_import_is_started_once_with_its_order_and_never_again(client: Client) -> None:
    import_id = str(new_id())
    order = row(LEAD_IMPORT, {"import_id": import_id, "file_name": "leads\n.csv", "by": "user-1"})
    starter = WorkflowStarter(client)
    for _ in range(2):
        await starter.deliver(order)
    handle = client.get_workflow_handle(f"lead-import/{import_id}")
    described = await handle.describe()
    assert (described.workflow_type, described.task_queue) == (names.LEAD_IMPORT, names.IMPORT_QUEUE)
    assert await described.static_summary() == "leads .csv · import of leads"
    events = (await handle.fetch_history()).events
    payloads = events[0].workflow_execution_started_event_attributes.input
    start = LeadImportInput(import_id, "leads\n.csv", "user-1")
    assert await client.data_converter.decode(payloads.payloads, [LeadImportInput]) == [start]
    await handle.terminate()
    await starter.deliver(order)
    assert (await handle.describe()).run_id == described.run_id


async def test_a_check_that_was_asked_for_is_started_once_and_never_again(client: Client) -> None:
    check_id = str(new_id())
    order, starter = row(CLOCK_CHECK, asdict(CheckClocksInput(check_id))), WorkflowStarter(client)
    for _ in range(2):
        await starter.deliver(order)
    handle = client.get_workflow_handle(f"check-sla-clocks/{check_id}")
    described = await handle.describe()
    assert (described.workflow_type, described.task_queue) == (names.CHECK_SLA_CLOCKS, names.CHECK_QUEUE)
    assert await described.static_summary() == "all leads and clocks · asked for"
    await handle.terminate()
    await starter.deliver(order)
    assert (await handle.describe()).run_id == described.run_id


def orders(ident: str) -> dict[str, tuple[dict[str, Any], str]]:
    """Of each kind of row, one with the id of the run that it starts."""
    return {
        SLA_CLOCK: (asdict(LeadSlaInput(ident, "who", "policy", Clock(2, "", ""))), f"lead-sla/{ident}"),
        CONVERSION: (asdict(LeadConversionInput(ident, str(new_id()), "who")), f"lead-conversion/{ident}"),
        UNCONVERSION: (asdict(UnconversionInput(ident, str(new_id()), "who")), f"lead-unconversion/{ident}"),
        RETIREMENT: (asdict(order(ident)), f"retire-team-role/{ident}"),
        LEAD_IMPORT: (asdict(LeadImportInput(ident, "leads.csv", "user-1")), f"lead-import/{ident}"),
        RESCORE: ({}, "rescore-leads"),
        CLOCK_CHECK: (asdict(CheckClocksInput(ident)), f"check-sla-clocks/{ident}"),
    }


async def test_a_clock_waits_for_a_namespace_that_does_not_know_its_attributes_yet() -> None:
    start = LeadSlaInput(str(new_id()), "who", "policy", Clock(1, "", LATER), has_deadline=True)
    order = row(SLA_CLOCK, asdict(start))
    async with await start_temporal(attributes=search_attributes.KEYWORDS) as environment:
        starter = WorkflowStarter(await environment.connect_client())
        with pytest.raises(AwayError, match="SlaDeadline"):
            await starter.deliver(order)
        await ensure_search_attributes(environment.client)

        async def delivered() -> bool:
            with suppress(AwayError):
                await starter.deliver(order)
                return True
            return False

        await eventually(delivered)


async def test_a_clock_starts_with_its_attributes_unless_the_version_before_has_ordered_it(client: Client) -> None:
    new, old = (LeadSlaInput(str(new_id()), "who", "policy", Clock(1, "", LATER, priority="high")) for _ in range(2))
    await WorkflowStarter(client).deliver(row(SLA_CLOCK, asdict(replace(new, has_deadline=True))))
    payload = asdict(old)
    del payload["has_deadline"], payload["labelled"], payload["held_by"], payload["clock"]["held"]
    await WorkflowStarter(client).deliver(row(SLA_CLOCK, payload))
    run = client.get_workflow_handle(f"lead-sla/{new.lead_id}")
    assert {name: value for name, value in (await attributes(run)).items() if value} == {
        "LeadId": new.lead_id,
        "SlaStatus": "on_track",
        "Priority": "high",
    }
    assert await deadline(run) == datetime.fromisoformat(LATER)
    described = await client.get_workflow_handle(f"lead-sla/{old.lead_id}").describe()
    assert len(described.typed_search_attributes) == 0


async def test_each_run_says_in_its_memo_which_request_ordered_it(client: Client) -> None:
    with suppress(RPCError):
        await client.get_workflow_handle("rescore-leads").terminate()
    starter = WorkflowStarter(client)
    assert orders("").keys() == starter.kinds
    for kind, (payload, workflow_id) in orders(str(new_id())).items():
        await starter.deliver(row(kind, payload, "web-form/42"))
        described = await client.get_workflow_handle(workflow_id).describe()
        assert await described.memo_value(REQUEST_ID) == "web-form/42", kind
