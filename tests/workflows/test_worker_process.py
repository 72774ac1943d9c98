"""The worker as a process: it waits for Temporal, says honestly whether it works, and ends gracefully."""

import json
from datetime import UTC, datetime, timedelta

from leadline.crm.v1 import conversion_record_service_pb2 as records_pb2
from leadline.crm.v1 import placement_service_pb2
from leadline.leads.v1 import (
    conversion_service_pb2,
    import_service_pb2,
    retirement_service_pb2,
    sla_service_pb2,
    timeline_service_pb2,
)
from leadline.settings.v1 import retirement_service_pb2 as settings_pb2
from temporalio.client import Client

from kit.ids import new_id
from leadline_workflows.contracts import names
from leadline_workflows.contracts.clock_check import CheckClocksInput, CheckStep, ClockCheckProgress
from leadline_workflows.contracts.conversion import ConversionState, LeadConversionInput, LeadConversionResult
from leadline_workflows.contracts.lead_import import ImportProgress
from leadline_workflows.contracts.retirement import RetirementResult
from leadline_workflows.contracts.sla import LeadSlaResult
from tests.workflows.import_rules import make_import
from tests.workflows.leads_rules import HOUR, make_clock, start_of
from tests.workflows.retirement_rules import make_retirement
from tests.workflows.scripted_service import Script, serving
from tests.workflows.scripted_services import CRM, LEADS, PLAN, SETTINGS
from tests.workflows.servers import free_port, start_temporal
from tests.workflows.worker_process import worker_process

NOWHERE = {"leads_address": "127.0.0.1:1", "crm_address": "127.0.0.1:1", "settings_address": "127.0.0.1:1"}


def leads_script() -> Script:
    """A leads service with one plan, and a lead that is answered before its breach is recorded."""
    script, answered = Script(), sla_service_pb2.SlaClock(version=2, closed_by="answered")
    script.answers |= {
        "GetConversionPlan": conversion_service_pb2.GetConversionPlanResponse(plan=PLAN),
        "CompleteConversion": conversion_service_pb2.CompleteConversionResponse(),
        "ListNotes": timeline_service_pb2.ListNotesResponse(),
        "RecordMilestone": sla_service_pb2.RecordMilestoneResponse(
            outcome=sla_service_pb2.MILESTONE_OUTCOME_CLOSED, clock=answered
        ),
        "RecordMissed": sla_service_pb2.RecordMissedResponse(is_all=True),
        "ListClocks": sla_service_pb2.ListClocksResponse(),
        "CountRetiring": retirement_service_pb2.CountRetiringResponse(records=200),
        "MoveRetiring": retirement_service_pb2.MoveRetiringResponse(moved=200),
        "EndRetirement": retirement_service_pb2.EndRetirementResponse(),
        "ImportBatch": import_service_pb2.ImportBatchResponse(
            lead_import=import_service_pb2.Import(state=import_service_pb2.IMPORT_STATE_COMPLETED, created=7)
        ),
    }
    return script


def crm_script() -> Script:
    """A CRM that makes whatever it is asked for."""
    script = Script()
    script.answers |= {
        "EnsureAccount": records_pb2.EnsureAccountResponse(account_id="a-1", made=True),
        "EnsureContact": records_pb2.EnsureContactResponse(contact_id="c-1", made=True),
        "EnsureOpportunity": records_pb2.EnsureOpportunityResponse(opportunity_id="o-1", made=True),
        "CountOpportunities": placement_service_pb2.CountOpportunitiesResponse(),
        "MoveOpportunities": placement_service_pb2.MoveOpportunitiesResponse(),
    }
    return script


def settings_script() -> Script:
    """A settings service that deletes whatever it is asked to."""
    script = Script()
    script.answers |= {
        "ReportRetirement": settings_pb2.ReportRetirementResponse(),
        "CompleteRetirement": settings_pb2.CompleteRetirementResponse(revision=17),
    }
    return script


async def run_clock(client: Client) -> LeadSlaResult:
    lead_id = str(new_id())
    clock = make_clock(datetime.now(UTC), at_risk=timedelta(seconds=0.2) / HOUR)
    result: LeadSlaResult = await client.execute_workflow(
        names.LEAD_SLA,
        start_of(lead_id, clock),
        id=names.lead_sla_id(lead_id),
        task_queue=names.SLA_QUEUE,
        result_type=LeadSlaResult,
    )
    return result


async def run_conversion(client: Client) -> LeadConversionResult:
    lead_id = str(new_id())
    result: LeadConversionResult = await client.execute_workflow(
        names.LEAD_CONVERSION,
        LeadConversionInput(lead_id, "conversion-1", "Alice Johnson"),
        id=names.lead_conversion_id(lead_id),
        task_queue=names.CONVERSION_QUEUE,
        result_type=LeadConversionResult,
    )
    return result


async def run_retirement(client: Client) -> RetirementResult:
    result: RetirementResult = await client.execute_workflow(
        names.RETIREMENT,
        make_retirement(),
        id=names.retirement_id("stage", new_id()),
        task_queue=names.SETTINGS_QUEUE,
        result_type=RetirementResult,
    )
    return result


async def run_import(client: Client) -> ImportProgress:
    result: ImportProgress = await client.execute_workflow(
        names.LEAD_IMPORT,
        make_import(),
        id=names.lead_import_id(new_id()),
        task_queue=names.IMPORT_QUEUE,
        result_type=ImportProgress,
    )
    return result


async def run_check(client: Client) -> ClockCheckProgress:
    result: ClockCheckProgress = await client.execute_workflow(
        names.CHECK_SLA_CLOCKS,
        CheckClocksInput(),
        id=names.CHECK_SLA_CLOCKS,
        task_queue=names.CHECK_QUEUE,
        result_type=ClockCheckProgress,
    )
    return result


async def test_a_worker_waits_for_temporal_works_and_ends_gracefully() -> None:
    port = free_port()
    async with (
        serving(leads_script(), LEADS) as leads,
        serving(crm_script(), CRM) as crm,
        serving(settings_script(), SETTINGS) as settings,
    ):
        addresses = {"leads_address": leads, "crm_address": crm, "settings_address": settings}
        async with worker_process(**addresses, temporal_address=f"127.0.0.1:{port}") as worker:
            await worker.comes_to_say("NOT_SERVING")
            # A namespace that knows neither search attributes nor Schedules yet: the worker brings them along.
            async with await start_temporal(port=port, attributes=()) as temporal:
                await worker.comes_to_say("SERVING")
                client = await temporal.connect_client()
                assert await run_clock(client) == LeadSlaResult("answered", [])
                assert await run_conversion(client) == LeadConversionResult(
                    ConversionState.COMPLETED, "a-1", "c-1", "o-1"
                )
                assert await run_retirement(client) == RetirementResult(completed=True, moved=200)
                assert await run_import(client) == ImportProgress("completed", created=7)
                assert (await run_check(client)).step is CheckStep.OVER
                for schedule in (names.DAILY_RESCORE_SCHEDULE, names.CLOCK_CHECK_SCHEDULE):
                    assert (await client.get_schedule_handle(schedule).describe()).id == schedule
                code, written = await worker.end()
    assert code == 0
    assert [json.loads(line)["part"] for line in written.splitlines()] == ["worker"] * len(written.splitlines())


async def test_a_worker_says_that_it_cannot_work_while_temporal_is_away() -> None:
    port = free_port()
    async with worker_process(temporal_address=f"127.0.0.1:{port}", **NOWHERE) as worker:
        async with await start_temporal(port=port):
            await worker.comes_to_say("SERVING")
        await worker.comes_to_say("NOT_SERVING")
        async with await start_temporal(port=port):
            await worker.comes_to_say("SERVING")
            code, _ = await worker.end()
    assert code == 0


async def test_a_worker_gives_up_when_temporal_never_comes() -> None:
    address = f"127.0.0.1:{free_port()}"
    async with worker_process(temporal_address=address, temporal_wait_seconds="0.5", **NOWHERE) as worker:
        code, written = await worker.ended()
    assert code == 1
    assert f"Temporal at {address}" in written.splitlines()[-1]
    assert "Traceback" not in written


async def test_a_worker_that_is_asked_to_end_while_it_waits_for_temporal_ends() -> None:
    async with worker_process(temporal_address=f"127.0.0.1:{free_port()}", **NOWHERE) as worker:
        await worker.comes_to_say("NOT_SERVING")
        code, _ = await worker.end()
    assert code == 0


async def test_a_worker_without_configuration_names_what_is_missing() -> None:
    async with worker_process() as worker:
        code, written = await worker.ended()
    assert code == 1
    assert "LEADLINE_LEADS_ADDRESS" in written
    assert "LEADLINE_CRM_ADDRESS" in written
    assert "LEADLINE_SETTINGS_ADDRESS" in written
    assert "Traceback" not in written
