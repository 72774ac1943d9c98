"""The saga that converts one lead: account, contact, opportunity, what stands around the lead, then the lead itself.

Whatever fails for good, what an operator gives up and an operator's cancel undo what this conversion made and free the
lead. Whether it is completed or undone the leads service decides, in one row: so no step of a run that was torn, and no
other run, can undo what is completed or complete what is being undone. And all that is planned is undone, whether or
not this run knows of it: a task that was torn may have made it, or may make it still. The records live in the services;
the run carries only their ids.
"""

import asyncio
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import is_cancelled_exception

from leadline_workflows.contracts import names
from leadline_workflows.contracts.conversion import (
    ConversionEnd,
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
from leadline_workflows.definitions.saga import stop_if_cancelled, uninterrupted
from leadline_workflows.definitions.saga_view import SagaView
from leadline_workflows.definitions.steps import OperatorsActions, Step, Steps

# Each part of a plan, in the order in which it is taken, with its compensation.
_UNDOS = {
    "account": names.RELEASE_ACCOUNT,
    "contact": names.RELEASE_CONTACT,
    "opportunity": names.RELEASE_OPPORTUNITY,
    "notes": names.REMOVE_NOTES,
    "documents": names.REMOVE_DOCUMENTS,
    "team": names.REMOVE_TEAM,
}
_NOT_TO_BE_UNDONE = {ConversionState.COMPLETED, ConversionState.UNCONVERTING, ConversionState.UNCONVERTED}

# Copying goes through pages, so it may take longer, and says with each page that it is alive.
_COPYING_ATTEMPT = timedelta(minutes=10)
_COPYING_HEARTBEAT = timedelta(seconds=45)


class BeingUndoneError(Exception):
    """A run before this one has begun to undo the conversion."""


@workflow.defn(name=names.CONVERT_LEAD)
class ConvertLeadWorkflow(OperatorsActions):
    """One lead's conversion; its id is ``lead-conversion/<leadId>``. Cancelling the run undoes the conversion."""

    @workflow.init
    def __init__(self, start: LeadConversionInput) -> None:
        self._lead_id = start.lead_id
        self._leads_decide = start.leads_decide
        self._ref = ConversionRef(start.conversion_id)
        self._plan: PlanOutline | None = None
        self._begun: list[str] = []
        self._view = SagaView(joined(f"**{plain(start.who)}**", f"conversion {start.conversion_id}"))
        self._steps = Steps(self._view)

    @workflow.run
    async def run(self, _start: LeadConversionInput) -> LeadConversionResult:
        """Convert the lead, or leave everything as it was."""
        try:
            plan = await self._read_plan()
            if plan.state is not ConversionState.RUNNING:
                self._view.over(f"Nothing to do: the conversion is {plan.state}.")
                return LeadConversionResult(plan.state)
            records = await self._ensure_records(plan)
            await self._copy_all(plan)
            # Nobody can tell whether a completion that was torn has happened: it is asked for until it is known.
            await uninterrupted(self._complete(records))
        except (Exception, asyncio.CancelledError) as error:
            stopped = is_cancelled_exception(error) or workflow.cancellation_reason() is not None
            failed = self._why(asyncio.CancelledError() if stopped else error)
            result = await uninterrupted(self._undo(failed))
            if stopped and result.state is ConversionState.FAILED:
                raise asyncio.CancelledError from error
            return result
        self._view.over("Converted.")
        return LeadConversionResult(
            ConversionState.COMPLETED, records.account_id, records.contact_id, records.opportunity_id
        )

    def _why(self, error: BaseException) -> failure.Failure:
        if isinstance(error, BeingUndoneError):
            return failure.said(str(error), "A run before this one had begun to undo it.")
        given_up = self._steps.why_given_up()
        return given_up or failure.why(error, workflow.cancellation_reason(), stopped="CONVERSION_FAILED")

    async def _read_plan(self) -> PlanOutline:
        step = Step(activity=names.READ_PLAN, order=self._ref, summary="read the plan", result_type=PlanOutline)
        plan: PlanOutline = await self._steps.take(step)
        self._plan = plan
        stop_if_cancelled()
        if plan.undone_because:
            raise BeingUndoneError(plan.undone_because)
        return plan

    async def _ensure_records(self, plan: PlanOutline) -> ConversionRecords:
        conversion_id = self._ref.conversion_id
        account = contact = opportunity = None
        if plan.account:
            records = ConversionRecords(conversion_id)
            account = await self._ensure("account", names.ENSURE_ACCOUNT, records)
        if plan.contact:
            records = ConversionRecords(conversion_id, account)
            contact = await self._ensure("contact", names.ENSURE_CONTACT, records)
        if plan.opportunity:
            records = ConversionRecords(conversion_id, account, contact)
            opportunity = await self._ensure("opportunity", names.ENSURE_OPPORTUNITY, records)
        return ConversionRecords(conversion_id, account, contact, opportunity)

    async def _ensure(self, record: str, activity: str, records: ConversionRecords) -> str:
        self._begun.append(record)
        step = Step(activity=activity, order=records, summary=f"ensure {record}", result_type=EnsuredRecord)
        ensured: EnsuredRecord = await self._steps.take(step)
        self._view.done(f"{record} {'made' if ensured.made else 'linked'}: {ensured.record_id}")
        stop_if_cancelled()
        return ensured.record_id

    async def _copy_all(self, plan: PlanOutline) -> None:
        if plan.notes:
            await self._copy("notes", names.COPY_NOTES)
        if plan.documents:
            await self._copy("documents", names.COPY_DOCUMENTS)
        if plan.team:
            await self._copy("team", names.COPY_TEAM)

    async def _copy(self, what: str, activity: str) -> None:
        self._begun.append(what)
        step = Step(
            activity=activity,
            order=CopyOrder(self._ref.conversion_id, self._lead_id),
            summary=f"copy {what}",
            result_type=int,
            attempt=_COPYING_ATTEMPT,
            heartbeat=_COPYING_HEARTBEAT,
        )
        self._view.done(f"{what} copied: {await self._steps.take(step)}")
        stop_if_cancelled()

    async def _complete(self, records: ConversionRecords) -> None:
        step = Step(
            activity=names.COMPLETE_CONVERSION,
            order=records,
            summary="mark the lead converted",
            bound=None,
            decisive=not self._leads_decide,
        )
        await self._steps.take(step)

    def _to_undo(self) -> list[str]:
        if not self._leads_decide:
            return self._begun
        return [what for what in _UNDOS if self._plan is None or getattr(self._plan, what)]

    async def _undo_one(self, what: str) -> None:
        step = Step(activity=_UNDOS[what], order=self._ref, summary=f"undo: {what}", bound=None, undoes=True)
        await self._steps.take(step)
        self._view.done(f"{what} undone")

    async def _undo(self, failed: failure.Failure) -> LeadConversionResult:
        order = FailConversion(self._ref.conversion_id, failed.reason, failed.message)
        if self._leads_decide:
            ended = await self._start_undoing(order)
            if ended.state in _NOT_TO_BE_UNDONE:
                self._view.over(f"Nothing to undo: the conversion is {ended.state}.")
                return LeadConversionResult(ended.state, ended.account_id, ended.contact_id, ended.opportunity_id)
        self._view.failed(failed.reason, failed.message)
        for what in reversed(self._to_undo()):
            await self._undo_one(what)
        await self._steps.take(
            Step(activity=names.FAIL_CONVERSION, order=order, summary="free the lead", bound=None, undoes=True)
        )
        self._view.over("Undone; the lead is free.")
        return LeadConversionResult(ConversionState.FAILED, reason=failed.reason)

    async def _start_undoing(self, order: FailConversion) -> ConversionEnd:
        step = Step(
            activity=names.START_UNDOING,
            order=order,
            summary="have it undone",
            result_type=ConversionEnd,
            bound=None,
            undoes=True,
        )
        ended: ConversionEnd = await self._steps.take(step)
        return ended
