"""The saga that converts one lead: account, contact, opportunity, notes, then the lead itself.

Whatever fails for good, and an operator's cancel, undoes what this conversion made and frees the lead. The
records live in the services; the run carries only their ids.
"""

import asyncio
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import is_cancelled_exception
from temporalio.workflow import ActivityCancellationType

from leadline_workflows.contracts import names
from leadline_workflows.contracts.conversion import (
    ConversionRecords,
    ConversionRef,
    ConversionState,
    CopyOrder,
    EnsuredRecord,
    FailConversion,
    LeadConversionInput,
    LeadConversionResult,
    PlanOutline,
)
from leadline_workflows.definitions import failure
from leadline_workflows.definitions.markdown import joined, plain
from leadline_workflows.definitions.saga import Saga, stop_if_cancelled, uninterrupted
from leadline_workflows.definitions.saga_view import SagaView

_RETRY = RetryPolicy(initial_interval=timedelta(milliseconds=500), maximum_interval=timedelta(seconds=30))
_ATTEMPT = timedelta(seconds=30)
# Copying pages through the notes, so it may take longer, and says with each page that it is alive.
_COPYING_ATTEMPT = timedelta(minutes=10)
_COPYING_HEARTBEAT = timedelta(seconds=45)
# So long a lead waits, locked, for a part that is down; then the conversion is undone.
_STEP = timedelta(hours=24)


@workflow.defn(name=names.LEAD_CONVERSION)
class LeadConversionWorkflow:
    """One lead's conversion; its id is ``lead-conversion/<leadId>``. Cancelling the run undoes the conversion."""

    @workflow.init
    def __init__(self, start: LeadConversionInput) -> None:
        self._lead_id = start.lead_id
        self._ref = ConversionRef(start.conversion_id)
        self._saga = Saga()
        self._view = SagaView(joined(f"**{plain(start.who)}**", f"conversion {start.conversion_id}"))

    @workflow.run
    async def run(self, _start: LeadConversionInput) -> LeadConversionResult:
        """Convert the lead, or leave everything as it was."""
        try:
            plan = await self._read_plan()
            if plan.state is not ConversionState.RUNNING:
                self._view.over(f"Nothing to do: the conversion is {plan.state}.")
                return LeadConversionResult(plan.state)
            records = await self._ensure_records(plan)
            # Nobody can tell whether a completion that was torn has happened: it is asked for until it is known.
            await uninterrupted(self._complete(records))
        except (Exception, asyncio.CancelledError) as error:
            failed = failure.why(error, workflow.cancellation_reason(), stopped="CONVERSION_FAILED")
            await uninterrupted(self._undo(failed))
            if is_cancelled_exception(error):
                raise
            return LeadConversionResult(ConversionState.FAILED, reason=failed.reason)
        self._view.over("Converted.")
        return LeadConversionResult(
            ConversionState.COMPLETED, records.account_id, records.contact_id, records.opportunity_id
        )

    async def _read_plan(self) -> PlanOutline:
        self._view.doing("read the plan")
        plan: PlanOutline = await workflow.execute_activity(
            names.READ_PLAN,
            self._ref,
            result_type=PlanOutline,
            start_to_close_timeout=_ATTEMPT,
            schedule_to_close_timeout=_STEP,
            retry_policy=_RETRY,
            summary="read the plan",
        )
        return plan

    async def _ensure_records(self, plan: PlanOutline) -> ConversionRecords:
        conversion_id = self._ref.conversion_id
        account = contact = opportunity = None
        if plan.account:
            records = ConversionRecords(conversion_id)
            account = await self._ensure("account", names.ENSURE_ACCOUNT, names.RELEASE_ACCOUNT, records)
        if plan.contact:
            records = ConversionRecords(conversion_id, account)
            contact = await self._ensure("contact", names.ENSURE_CONTACT, names.RELEASE_CONTACT, records)
        if plan.opportunity:
            records = ConversionRecords(conversion_id, account, contact)
            opportunity = await self._ensure(
                "opportunity", names.ENSURE_OPPORTUNITY, names.RELEASE_OPPORTUNITY, records
            )
        await self._copy_notes()
        return ConversionRecords(conversion_id, account, contact, opportunity)

    async def _ensure(self, record: str, activity: str, undo: str, records: ConversionRecords) -> str:
        self._will_undo(record, undo)
        self._view.doing(f"ensure {record}")
        ensured: EnsuredRecord = await workflow.execute_activity(
            activity,
            records,
            result_type=EnsuredRecord,
            start_to_close_timeout=_ATTEMPT,
            schedule_to_close_timeout=_STEP,
            retry_policy=_RETRY,
            # The undo begins when the step is surely over, so that they cannot overtake each other.
            cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
            summary=f"ensure {record}",
        )
        self._view.done(f"{record} {'made' if ensured.made else 'linked'}: {ensured.record_id}")
        stop_if_cancelled()
        return ensured.record_id

    async def _copy_notes(self) -> None:
        self._will_undo("notes", names.REMOVE_NOTES)
        self._view.doing("copy notes")
        copied: int = await workflow.execute_activity(
            names.COPY_NOTES,
            CopyOrder(self._ref.conversion_id, self._lead_id),
            result_type=int,
            start_to_close_timeout=_COPYING_ATTEMPT,
            heartbeat_timeout=_COPYING_HEARTBEAT,
            schedule_to_close_timeout=_STEP,
            retry_policy=_RETRY,
            cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
            summary="copy notes",
        )
        self._view.done(f"notes copied: {copied}")
        stop_if_cancelled()

    async def _complete(self, records: ConversionRecords) -> None:
        self._view.doing("mark the lead converted")
        await workflow.execute_activity(
            names.COMPLETE_CONVERSION,
            records,
            start_to_close_timeout=_ATTEMPT,
            retry_policy=_RETRY,
            summary="mark the lead converted",
        )

    def _will_undo(self, record: str, activity: str) -> None:
        async def undo() -> None:
            self._view.doing(f"undo: {record}")
            await self._for_ever(activity, self._ref, f"undo: {record}")
            self._view.done(f"{record} undone")

        self._saga.will_need(undo)

    async def _undo(self, failed: failure.Failure) -> None:
        self._view.failed(failed.reason, failed.message)
        await self._saga.undo()
        self._view.doing("free the lead")
        order = FailConversion(self._ref.conversion_id, failed.reason, failed.message)
        await self._for_ever(names.FAIL_CONVERSION, order, "free the lead")
        self._view.over("Undone; the lead is free.")

    async def _for_ever(self, activity: str, order: ConversionRef | FailConversion, summary: str) -> None:
        """An activity without a bound: what it leaves undone would stay half converted."""
        await workflow.execute_activity(
            activity, order, start_to_close_timeout=_ATTEMPT, retry_policy=_RETRY, summary=summary
        )
