"""What follows from changed settings reaches Temporal: each run once, however often it is delivered."""

from collections.abc import AsyncIterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHandle

from kit.db.outbox import OutboxRow
from kit.db.relay import AwayError
from kit.ids import new_id
from leadline_workflows.contracts import names
from leadline_workflows.contracts.outbox import RESCORE, RETIREMENT, RETIREMENT_ID
from leadline_workflows.contracts.retirement import RetirementInput, StageMove
from leads_service.relay import WorkflowStarter
from tests.workflows.servers import start_temporal


@pytest.fixture(scope="module")
async def client() -> AsyncIterator[Client]:
    """A Temporal server without workers: runs are started, and nothing happens in them."""
    async with await start_temporal() as environment:
        yield await environment.connect_client()


SIGNALED = EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED


def row(kind: str, payload: dict[str, Any]) -> OutboxRow:
    return OutboxRow(1, new_id(), kind, payload, "", 0, datetime.now(UTC))


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
