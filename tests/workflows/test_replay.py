"""Recorded histories replay on today's workflow code: runs that are open now go on after a deployment."""

from pathlib import Path

import pytest
from temporalio import workflow
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from leadline_workflows.contracts import names
from leadline_workflows.contracts.sla import LeadSlaInput, LeadSlaResult
from leadline_workflows.definitions.check_conversions import CheckConversionsWorkflow
from leadline_workflows.definitions.check_sla_clocks import CheckSlaClocksWorkflow
from leadline_workflows.definitions.convert_lead import ConvertLeadWorkflow
from leadline_workflows.definitions.daily_rescore import DailyRescoreWorkflow
from leadline_workflows.definitions.lead_conversion import LeadConversionWorkflow
from leadline_workflows.definitions.lead_import import LeadImportWorkflow
from leadline_workflows.definitions.lead_sla import LeadSlaWorkflow
from leadline_workflows.definitions.rescore_leads import RescoreLeadsWorkflow
from leadline_workflows.definitions.retirement import RetirementWorkflow
from leadline_workflows.definitions.unconvert_lead import UnconvertLeadWorkflow
from leadline_workflows.runtime.worker import sandbox
from tests.workflows.capture import CASES, HISTORIES

WORKFLOWS = [
    LeadSlaWorkflow,
    LeadConversionWorkflow,
    ConvertLeadWorkflow,
    UnconvertLeadWorkflow,
    RescoreLeadsWorkflow,
    DailyRescoreWorkflow,
    RetirementWorkflow,
    LeadImportWorkflow,
    CheckSlaClocksWorkflow,
    CheckConversionsWorkflow,
]
RECORDED = sorted(HISTORIES.glob("*/*.json"))


def history_of(path: Path) -> WorkflowHistory:
    return WorkflowHistory.from_json(f"{path.parent.name}/{path.stem}", path.read_text())


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: f"{path.parent.name}/{path.stem}")
async def test_a_recorded_run_replays(path: Path) -> None:
    replayer = Replayer(workflows=WORKFLOWS, workflow_runner=sandbox())
    await replayer.replay_workflow(history_of(path))


def test_every_case_is_recorded() -> None:
    expected = {HISTORIES / name / f"{case.__name__}.json" for name, cases in CASES.items() for case in cases}
    assert expected <= set(RECORDED)


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_recorded_history_is_a_real_one_and_names_no_machine(path: Path) -> None:
    events = history_of(path).events
    assert not any(event.HasField("workflow_execution_time_skipping_transitioned_event_attributes") for event in events)
    identities = {
        event.workflow_task_started_event_attributes.identity
        for event in events
        if event.HasField("workflow_task_started_event_attributes")
    }
    assert identities == {"leadline-worker"}
    assert "@" not in path.read_text()


@workflow.defn(name=names.LEAD_SLA, sandboxed=False)
class OtherLeadSla:
    """The clock, had somebody changed what it does first."""

    @workflow.run
    async def run(self, _start: LeadSlaInput) -> LeadSlaResult:
        """Do something else."""
        await workflow.sleep(1)
        return LeadSlaResult("", [])


async def test_the_replay_notices_code_that_would_break_open_runs() -> None:
    history = history_of(HISTORIES / names.LEAD_SLA / "answered_in_time.json")
    with pytest.raises(NondeterminismError):
        await Replayer(workflows=[OtherLeadSla]).replay_workflow(history)
