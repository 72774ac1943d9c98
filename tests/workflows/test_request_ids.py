"""The id of the request that ordered a workflow stands in the logs of the services that its activities call."""

from datetime import UTC, datetime
from typing import Any

from leadline.leads.v1 import sla_service_pb2
from temporalio.client import Client

from kit.ids import new_id
from leadline_workflows.contracts import names
from leadline_workflows.contracts.outbox import REQUEST_ID
from leadline_workflows.runtime.worker import Limits, sla_worker
from tests.support.waiting import eventually
from tests.workflows.leads_rules import make_clock, start_of
from tests.workflows.scripted_services import Services


async def ids_of_calls(live: Client, services: Services, **more: Any) -> tuple[str, list[tuple[str, str]]]:
    """A clock that is overdue: the ids under which it calls the leads service."""
    services.leads.answers["RecordMilestone"] = sla_service_pb2.RecordMilestoneResponse(
        outcome=sla_service_pb2.MILESTONE_OUTCOME_CLOSED
    )
    lead_id = str(new_id())
    start = start_of(lead_id, make_clock(datetime.now(UTC), at_risk=-2, deadline=-1))
    workflow_id = names.lead_sla_id(lead_id)
    handle = await live.start_workflow(names.LEAD_SLA, start, id=workflow_id, task_queue=workflow_id, **more)

    async def ids() -> list[tuple[str, str]]:
        return [(call.request_id, call.workflow_id) for call in services.leads.calls]

    async with sla_worker(live, [services.activities[names.RECORD_MILESTONE]], Limits(), queue=workflow_id):
        found = await eventually(ids)
        await handle.terminate()
    return workflow_id, found


async def test_calls_of_a_workflow_carry_the_id_of_the_request_that_ordered_it(
    live: Client, services: Services
) -> None:
    workflow_id, found = await ids_of_calls(live, services, memo={REQUEST_ID: "web-form/42"})
    assert set(found) == {("web-form/42", workflow_id)}


async def test_calls_of_a_workflow_that_no_request_ordered_carry_its_own_id(live: Client, services: Services) -> None:
    workflow_id, found = await ids_of_calls(live, services)
    assert set(found) == {(workflow_id, workflow_id)}
