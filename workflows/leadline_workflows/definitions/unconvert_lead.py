"""Undoes a lead's conversion that had come to its end, because somebody asked for it.

The CRM undoes its part whole or refuses; then the lead is opened again, or stays converted. There is nothing to
compensate: what is begun is carried to its end, since an end before that would leave the lead locked.
"""

from temporalio import workflow

from leadline_workflows.contracts import names
from leadline_workflows.contracts.conversion import (
    ConversionRef,
    ConversionState,
    FailUnconversion,
    PlanOutline,
    RecordsUndone,
    UnconversionInput,
    UnconversionResult,
)
from leadline_workflows.definitions.markdown import joined, plain
from leadline_workflows.definitions.saga import uninterrupted
from leadline_workflows.definitions.saga_view import SagaView
from leadline_workflows.definitions.steps import OperatorsActions, Step, Steps


@workflow.defn(name=names.UNCONVERT_LEAD)
class UnconvertLeadWorkflow(OperatorsActions):
    """One lead's conversion undone; its id is ``lead-unconversion/<leadId>``."""

    @workflow.init
    def __init__(self, start: UnconversionInput) -> None:
        self._ref = ConversionRef(start.conversion_id)
        self._view = SagaView(joined(f"**{plain(start.who)}**", f"undoing conversion {start.conversion_id}"))
        self._steps = Steps(self._view)

    @workflow.run
    async def run(self, _start: UnconversionInput) -> UnconversionResult:
        """Undo the conversion, or leave the lead converted. A cancel changes nothing."""
        return await uninterrupted(self._carry_out())

    async def _carry_out(self) -> UnconversionResult:
        plan: PlanOutline = await self._steps.take(
            Step(
                activity=names.READ_PLAN,
                order=self._ref,
                summary="read the plan",
                result_type=PlanOutline,
                bound=None,
            )
        )
        if plan.state is not ConversionState.UNCONVERTING:
            self._view.over(f"Nothing to do: the conversion is {plan.state}.")
            return UnconversionResult(plan.state)
        return await self._undo()

    async def _undo(self) -> UnconversionResult:
        undone: RecordsUndone = await self._steps.take(
            Step(
                activity=names.UNDO_RECORDS,
                order=self._ref,
                summary="undo the records",
                result_type=RecordsUndone,
                bound=None,
            )
        )
        if undone.reason:
            return await self._stay_converted(undone)
        self._view.done("records undone")
        await self._steps.take(
            Step(activity=names.COMPLETE_UNCONVERSION, order=self._ref, summary="open the lead again", bound=None)
        )
        self._view.over("Undone; the lead is open.")
        return UnconversionResult(ConversionState.UNCONVERTED)

    async def _stay_converted(self, undone: RecordsUndone) -> UnconversionResult:
        self._view.failed(undone.reason, undone.message)
        order = FailUnconversion(self._ref.conversion_id, undone.reason, undone.message, undone.obstacles)
        await self._steps.take(
            Step(activity=names.FAIL_UNCONVERSION, order=order, summary="leave the lead converted", bound=None)
        )
        self._view.over("Not undone; the lead stays converted.")
        return UnconversionResult(ConversionState.COMPLETED, undone.reason)
