"""Turns outbox rows into workflow starts and signals: each one at least once, and harmless when it comes twice."""

from collections.abc import Set
from datetime import datetime, timedelta
from typing import Any

from temporalio.client import Client
from temporalio.common import (
    SearchAttributeKey,
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from kit.db.outbox import OutboxRow
from kit.db.relay import AwayError
from leadline_workflows.contracts import names, search_attributes
from leadline_workflows.contracts.clock_check import CheckClocksInput
from leadline_workflows.contracts.conversion import LeadConversionInput, UnconversionInput
from leadline_workflows.contracts.lead_import import LeadImportInput
from leadline_workflows.contracts.outbox import (
    CLOCK_CHECK,
    CONVERSION,
    CONVERSION_ID,
    LEAD_IMPORT,
    ORDER_ID,
    REQUEST_ID,
    RESCORE,
    RETIREMENT,
    RETIREMENT_ID,
    SLA_CLOCK,
    UNCONVERSION,
)
from leadline_workflows.contracts.rescore import RescoreInput
from leadline_workflows.contracts.retirement import RetirementInput, StageMove
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
# What the worker or a job of the release registers may come a little later than the relay.
_UNPREPARED = "no mapping defined for search attribute"


class WorkflowStarter:
    """Delivers the leads outbox to Temporal."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._deliveries = {
            SLA_CLOCK: self._tell_clock,
            CONVERSION: self._start_conversion,
            UNCONVERSION: self._start_unconversion,
            RESCORE: self._request_rescore,
            RETIREMENT: self._start_retirement,
            LEAD_IMPORT: self._start_import,
            CLOCK_CHECK: self._start_check,
        }

    async def deliver(self, row: OutboxRow) -> None:
        """Start or signal the workflow that the row is for.

        Raises:
            AwayError: Temporal does not answer, does not know our search attributes yet, or an earlier run of the same
                id is just ending.
        """
        try:
            await self._deliveries[row.kind](row)
        except RPCError as error:
            if error.status in _AWAY or _UNPREPARED in error.message:
                raise AwayError(str(error)) from error
            raise

    @property
    def kinds(self) -> Set[str]:
        """The kinds of rows that it delivers."""
        return self._deliveries.keys()

    async def is_reachable(self) -> bool:
        """Whether Temporal answers."""
        return await self._client.service_client.check_health(timeout=timedelta(seconds=1))

    async def _tell_clock(self, row: OutboxRow) -> None:
        start = LeadSlaInput(**{**row.payload, "clock": Clock(**row.payload["clock"])})
        if start.clock.closed_by:
            await self._signal_clock(start)
        else:
            await self._start_clock(start, _memo(row))

    async def _start_clock(self, start: LeadSlaInput, memo: dict[str, str]) -> None:
        """Start the clock, or tell the running one. One that has ended goes on only where that is ordered.

        An old order that comes again cannot wake a clock whose lead has been answered since.
        """
        later = start.clock.version > 1
        reuse = WorkflowIDReusePolicy.ALLOW_DUPLICATE if start.revives else WorkflowIDReusePolicy.REJECT_DUPLICATE
        try:
            await self._client.start_workflow(
                names.LEAD_SLA,
                start,
                id=names.lead_sla_id(start.lead_id),
                task_queue=names.SLA_QUEUE,
                id_reuse_policy=reuse,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                start_signal=names.CLOCK_CHANGED if later else None,
                start_signal_args=[start.clock] if later else [],
                memo=memo,
                static_summary=_summary(start.who, start.policy),
                search_attributes=clock_attributes(start) if start.has_deadline else TypedSearchAttributes.empty,
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
        start = LeadConversionInput(**row.payload)
        await self._start_once(
            names.CONVERT_LEAD,
            start,
            workflow_id=names.lead_conversion_id(start.lead_id),
            queue=names.CONVERSION_QUEUE,
            known_by=CONVERSION_ID,
            memo=_memo(row) | {CONVERSION_ID: start.conversion_id},
            summary=_summary(start.who, "conversion"),
            attributes=_of_lead(start.lead_id),
        )

    async def _start_unconversion(self, row: OutboxRow) -> None:
        """Start a run. What could not be undone may be tried again: the runs are told apart by their orders."""
        start = UnconversionInput(**row.payload)
        await self._start_once(
            names.UNCONVERT_LEAD,
            start,
            workflow_id=names.lead_unconversion_id(start.lead_id),
            queue=names.CONVERSION_QUEUE,
            known_by=ORDER_ID,
            memo=_memo(row) | {CONVERSION_ID: start.conversion_id, ORDER_ID: str(row.id)},
            summary=_summary(start.who, "undoing a conversion"),
            attributes=_of_lead(start.lead_id),
        )

    async def _start_retirement(self, row: OutboxRow) -> None:
        start = RetirementInput(**{**row.payload, "moves": [StageMove(**each) for each in row.payload["moves"]]})
        target = f"to {start.target_name}" if start.has_target else "deleted if nothing uses it"
        await self._start_once(
            names.RETIREMENT,
            start,
            workflow_id=names.retirement_id(start.kind, start.entry_id),
            queue=names.SETTINGS_QUEUE,
            known_by=RETIREMENT_ID,
            memo=_memo(row) | {RETIREMENT_ID: start.retirement_id},
            summary=_summary(f"{start.kind.replace('_', ' ')} {start.name}", target),
        )

    async def _start_import(self, row: OutboxRow) -> None:
        start = LeadImportInput(**row.payload)
        await self._start_only(
            names.LEAD_IMPORT,
            start,
            workflow_id=names.lead_import_id(start.import_id),
            queue=names.IMPORT_QUEUE,
            memo=_memo(row),
            summary=_summary(start.file_name, "import of leads"),
        )

    async def _start_check(self, row: OutboxRow) -> None:
        start = CheckClocksInput(**row.payload)
        await self._start_only(
            names.CHECK_SLA_CLOCKS,
            start,
            workflow_id=names.clock_check_id(start.check_id),
            queue=names.CHECK_QUEUE,
            memo=_memo(row),
            summary="all leads and clocks · asked for",
        )

    async def _start_only(
        self, workflow: str, start: Any, *, workflow_id: str, queue: str, memo: dict[str, str], summary: str
    ) -> None:
        """Start the one run that there ever is under the id. One that has ended is not begun again."""
        try:
            await self._client.start_workflow(
                workflow,
                start,
                id=workflow_id,
                task_queue=queue,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                memo=memo,
                static_summary=summary,
                rpc_timeout=_CALL,
            )
        except WorkflowAlreadyStartedError:
            return

    async def _start_once(
        self,
        workflow: str,
        start: Any,
        *,
        workflow_id: str,
        queue: str,
        known_by: str,
        memo: dict[str, str],
        summary: str,
        attributes: TypedSearchAttributes = TypedSearchAttributes.empty,
    ) -> None:
        """Start a run. Another one under the same id that is still ending is waited for, not taken for this one.

        ``known_by`` is the key of the memo that tells them apart.
        """
        try:
            await self._client.start_workflow(
                workflow,
                start,
                id=workflow_id,
                task_queue=queue,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
                memo=memo,
                search_attributes=attributes,
                static_summary=summary,
                rpc_timeout=_CALL,
            )
        except WorkflowAlreadyStartedError as error:
            running = await self._client.get_workflow_handle(workflow_id).describe(rpc_timeout=_CALL)
            if await running.memo_value(known_by, default="") != memo[known_by]:
                message = "an earlier run under the same id is still ending"
                raise AwayError(message) from error

    async def _request_rescore(self, row: OutboxRow) -> None:
        """Start the run, or tell the running one: it asks the leads service what for."""
        await self._client.start_workflow(
            names.RESCORE_LEADS,
            RescoreInput(),
            id=names.RESCORE_LEADS,
            task_queue=names.SETTINGS_QUEUE,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            start_signal=names.RESCORE_REQUESTED,
            memo=_memo(row),
            static_summary="all open leads · scored anew",
            rpc_timeout=_CALL,
        )


def _memo(row: OutboxRow) -> dict[str, str]:
    """What tells operators, and the run's own calls, which request it was ordered by."""
    return {REQUEST_ID: row.request_id} if row.request_id else {}


def clock_attributes(start: LeadSlaInput) -> TypedSearchAttributes:
    """What a clock can be filtered by from its start, so that its run need not write it."""
    clock = start.clock
    labels = clock.labels(start.lead_id, "paused" if clock.paused else "on_track")
    pairs: list[SearchAttributePair[Any]] = [
        SearchAttributePair(SearchAttributeKey.for_keyword(name), value) for name, value in labels.items() if value
    ]
    if clock.deadline:
        key = SearchAttributeKey.for_datetime(search_attributes.SLA_DEADLINE)
        pairs.append(SearchAttributePair(key, datetime.fromisoformat(clock.deadline)))
    return TypedSearchAttributes(pairs)


def _of_lead(lead_id: str) -> TypedSearchAttributes:
    """What operators find a lead's conversions by."""
    key = SearchAttributeKey.for_keyword(search_attributes.LEAD_ID)
    return TypedSearchAttributes([SearchAttributePair(key, lead_id)])


def _summary(who: str, what: str) -> str:
    """One line for operators, within the bytes that the server takes."""
    line = f"{who} · {what}".replace("\n", " ")
    return line.encode()[:_LONGEST_SUMMARY_BYTES].decode(errors="ignore")
