"""Turns outbox rows into workflow starts and signals: each one at least once, and harmless when it comes twice."""

from datetime import timedelta

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from kit.db.outbox import OutboxRow
from kit.db.relay import AwayError
from leadline_workflows.contracts import names
from leadline_workflows.contracts.conversion import LeadConversionInput
from leadline_workflows.contracts.outbox import CONVERSION, CONVERSION_ID, SLA_CLOCK
from leadline_workflows.contracts.sla import Clock, LeadSlaInput

_CALL = timedelta(seconds=10)
_LONGEST_SUMMARY_BYTES = 200
_AWAY = {
    RPCStatusCode.UNAVAILABLE,
    RPCStatusCode.DEADLINE_EXCEEDED,
    RPCStatusCode.RESOURCE_EXHAUSTED,
    RPCStatusCode.CANCELLED,
    RPCStatusCode.ABORTED,
}


class WorkflowStarter:
    """Delivers the leads outbox to Temporal."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._deliveries = {SLA_CLOCK: self._tell_clock, CONVERSION: self._start_conversion}

    async def deliver(self, row: OutboxRow) -> None:
        """Start or signal the workflow that the row is for.

        Raises:
            AwayError: Temporal does not answer, or an earlier conversion of the lead is just ending.
        """
        try:
            await self._deliveries[row.kind](row)
        except RPCError as error:
            if error.status in _AWAY:
                raise AwayError(str(error)) from error
            raise

    async def is_reachable(self) -> bool:
        """Whether Temporal answers."""
        return await self._client.service_client.check_health(timeout=timedelta(seconds=1))

    async def _tell_clock(self, row: OutboxRow) -> None:
        start = LeadSlaInput(**{**row.payload, "clock": Clock(**row.payload["clock"])})
        if start.clock.closed_by:
            await self._signal_clock(start)
        else:
            await self._start_clock(start)

    async def _start_clock(self, start: LeadSlaInput) -> None:
        """Start the clock, or tell the running one. A clock that has ended is not revived."""
        later = start.clock.version > 1
        try:
            await self._client.start_workflow(
                names.LEAD_SLA,
                start,
                id=names.lead_sla_id(start.lead_id),
                task_queue=names.SLA_QUEUE,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                start_signal=names.CLOCK_CHANGED if later else None,
                start_signal_args=[start.clock] if later else [],
                static_summary=_summary(start.who, start.policy),
                rpc_timeout=_CALL,
            )
        except WorkflowAlreadyStartedError:
            return

    async def _signal_clock(self, start: LeadSlaInput) -> None:
        handle = self._client.get_workflow_handle(names.lead_sla_id(start.lead_id))
        try:
            await handle.signal(names.CLOCK_CHANGED, start.clock, rpc_timeout=_CALL)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise

    async def _start_conversion(self, row: OutboxRow) -> None:
        """Start the conversion. One of the same lead that is still ending is waited for, not taken for this one."""
        start = LeadConversionInput(**row.payload)
        workflow_id = names.lead_conversion_id(start.lead_id)
        try:
            await self._client.start_workflow(
                names.LEAD_CONVERSION,
                start,
                id=workflow_id,
                task_queue=names.CONVERSION_QUEUE,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
                memo={CONVERSION_ID: start.conversion_id},
                static_summary=_summary(start.who, "conversion"),
                rpc_timeout=_CALL,
            )
        except WorkflowAlreadyStartedError as error:
            running = await self._client.get_workflow_handle(workflow_id).describe(rpc_timeout=_CALL)
            if await running.memo_value(CONVERSION_ID, default="") != start.conversion_id:
                message = "an earlier conversion of this lead is still ending"
                raise AwayError(message) from error


def _summary(who: str, what: str) -> str:
    """One line for operators, within the bytes that the server takes."""
    line = f"{who} · {what}".replace("\n", " ")
    return line.encode()[:_LONGEST_SUMMARY_BYTES].decode(errors="ignore")
