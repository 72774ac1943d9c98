"""The workers of all task queues, put together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from temporalio.client import Client
from temporalio.worker import PollerBehaviorAutoscaling, UnsandboxedWorkflowRunner, Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from leadline_workflows.contracts import names
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
from leadline_workflows.runtime.request_ids import RequestIds

# They hold no state and ask for nothing outside: imported anew for each run, they would make the sandbox slower.
_STATELESS = (
    "leadline_workflows.contracts",
    "leadline_workflows.definitions.clock_check_view",
    "leadline_workflows.definitions.failure",
    "leadline_workflows.definitions.lead_sla_operations",
    "leadline_workflows.definitions.lead_sla_view",
    "leadline_workflows.definitions.markdown",
    "leadline_workflows.definitions.milestones",
    "leadline_workflows.definitions.saga",
    "leadline_workflows.definitions.saga_view",
    "leadline_workflows.definitions.steps",
)

Activities = Sequence[Callable[..., Any]]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one worker takes on.

    Not ``sandboxed`` it needs less time for each run and less memory for a cached one, and trusts the workflow code,
    all of which the tests run in the sandbox (docs/decisions/0020).
    """

    cached_workflows: int = 2500
    concurrent_activities: int = 100
    shutdown_timeout: timedelta = timedelta(seconds=10)
    sandboxed: bool = True


def sandbox() -> SandboxedWorkflowRunner:
    """The sandbox of workflow code."""
    return SandboxedWorkflowRunner(restrictions=SandboxRestrictions.default.with_passthrough_modules(*_STATELESS))


def sla_worker(client: Client, activities: Activities, limits: Limits, *, queue: str = names.SLA_QUEUE) -> Worker:
    """The worker of SLA clocks."""
    return _worker(client, queue, [LeadSlaWorkflow], activities, limits)


def conversion_worker(
    client: Client, activities: Activities, limits: Limits, *, queue: str = names.CONVERSION_QUEUE
) -> Worker:
    """The worker of conversions and of undoing them."""
    workflows = [ConvertLeadWorkflow, UnconvertLeadWorkflow, LeadConversionWorkflow]
    return _worker(client, queue, workflows, activities, limits)


def settings_worker(
    client: Client, activities: Activities, limits: Limits, *, queue: str = names.SETTINGS_QUEUE
) -> Worker:
    """The worker of what follows from changes of settings."""
    workflows = [RescoreLeadsWorkflow, DailyRescoreWorkflow, RetirementWorkflow]
    return _worker(client, queue, workflows, activities, limits)


def import_worker(client: Client, activities: Activities, limits: Limits, *, queue: str = names.IMPORT_QUEUE) -> Worker:
    """The worker of imports."""
    return _worker(client, queue, [LeadImportWorkflow], activities, limits)


def check_worker(client: Client, activities: Activities, limits: Limits, *, queue: str = names.CHECK_QUEUE) -> Worker:
    """The worker of checks, of SLA clocks and of conversions."""
    return _worker(client, queue, [CheckSlaClocksWorkflow, CheckConversionsWorkflow], activities, limits)


def _worker(client: Client, queue: str, workflows: list[type], activities: Activities, limits: Limits) -> Worker:
    return Worker(
        client,
        task_queue=queue,
        workflows=workflows,
        activities=activities,
        workflow_runner=sandbox() if limits.sandboxed else UnsandboxedWorkflowRunner(),
        interceptors=[RequestIds()],
        max_cached_workflows=limits.cached_workflows,
        max_concurrent_activities=limits.concurrent_activities,
        graceful_shutdown_timeout=limits.shutdown_timeout,
        # Several in each heartbeat timeout: one that Temporal takes slowly must not look like a worker that is gone.
        max_heartbeat_throttle_interval=timedelta(seconds=2),
        workflow_task_poller_behavior=PollerBehaviorAutoscaling(),
        activity_task_poller_behavior=PollerBehaviorAutoscaling(),
    )
