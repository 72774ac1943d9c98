"""The forward steps of the retirement workflow: count the records of an entry, move them, delete the entry."""

import grpc
from leadline.crm.v1 import placement_service_pb2
from leadline.crm.v1.placement_service_pb2_grpc import PlacementServiceStub
from leadline.leads.v1 import retirement_service_pb2 as leads_pb2
from leadline.leads.v1.retirement_service_pb2_grpc import RetirementServiceStub as LeadsStub
from leadline.settings.v1 import retirement_service_pb2 as settings_pb2
from leadline.settings.v1.retirement_service_pb2_grpc import RetirementServiceStub as SettingsStub
from temporalio import activity

from leadline_workflows.activities.door import Door
from leadline_workflows.activities.retirement_report import Report
from leadline_workflows.activities.stint import for_a_while
from leadline_workflows.contracts import names
from leadline_workflows.contracts.retirement import (
    CountRetiring,
    EndRetirement,
    MovedRetiring,
    MoveRetiring,
    RetirementProgress,
    RetirementRef,
)


class RetirementActivities:
    """Asks the leads service and the CRM about their records, and the settings service to delete the entry."""

    def __init__(self, door: Door, leads: grpc.aio.Channel, crm: grpc.aio.Channel, settings: grpc.aio.Channel) -> None:
        self._door = door
        self._leads = LeadsStub(leads)
        self._placement = PlacementServiceStub(crm)
        self._settings = SettingsStub(settings)
        self._report = Report(door, settings)

    @activity.defn(name=names.COUNT_RETIRING)
    async def count_retiring(self, order: CountRetiring) -> int:
        """Count what uses the entry, and have the settings service keep the number: a refusal is told with it."""
        request = leads_pb2.CountRetiringRequest(retirement_id=order.retirement_id)
        counted = await self._door.ask_or_fail(self._leads.CountRetiring, request)
        total = counted.records + counted.conversions
        if order.stage_ids:
            # After the leads: a conversion that is no longer counted there has its opportunity here.
            total += await self._opportunities(order.stage_ids)
        await self._report.make(order.retirement_id, RetirementProgress(total))
        return total

    @activity.defn(name=names.MOVE_RETIRING)
    async def move_retiring(self, order: MoveRetiring) -> MovedRetiring:
        """Move the next records, each with its history. What has been moved is not moved again by a repeated attempt.

        It sends no heartbeats, since they would bring a cancel: a call that was torn by one might still move records
        while they are being moved back.
        """
        moved = left = 0
        for _ in for_a_while():
            batch = await self._batch(order)
            moved, left = moved + batch.moved, batch.left
            if not batch.left or not batch.moved:
                break
        await self._report.make_if_possible(order.retirement_id, order.progress.with_left(left))
        return MovedRetiring(moved, left)

    @activity.defn(name=names.COMPLETE_RETIREMENT)
    async def complete_retirement(self, order: RetirementRef) -> int:
        """Have the entry deleted; the configuration's first revision without it."""
        request = settings_pb2.CompleteRetirementRequest(retirement_id=order.retirement_id)
        return (await self._door.ask_or_fail(self._settings.CompleteRetirement, request)).revision

    @activity.defn(name=names.END_RETIREMENT)
    async def end_retirement(self, order: EndRetirement) -> None:
        """Have the leads service forget the deletion. One that it does not know needs no forgetting."""
        request = leads_pb2.EndRetirementRequest(retirement_id=order.retirement_id, revision=order.revision)
        await self._door.ask_unless_over(self._leads.EndRetirement, request)

    async def _opportunities(self, stage_ids: list[str]) -> int:
        request = placement_service_pb2.CountOpportunitiesRequest(stage_ids=stage_ids)
        return (await self._door.ask_or_fail(self._placement.CountOpportunities, request)).opportunities

    async def _batch(self, order: MoveRetiring) -> MovedRetiring:
        request = leads_pb2.MoveRetiringRequest(retirement_id=order.retirement_id)
        leads = await self._door.ask_or_fail(self._leads.MoveRetiring, request)
        if not order.moves:
            return MovedRetiring(leads.moved, leads.left)
        # After the leads, as in counting: where no conversion is left there, nothing more can come here.
        placed = await self._door.ask_or_fail(self._placement.MoveOpportunities, _placement(order))
        return MovedRetiring(leads.moved + placed.moved, leads.left + placed.left)


def _placement(order: MoveRetiring) -> placement_service_pb2.MoveOpportunitiesRequest:
    moves = [
        placement_service_pb2.StageMove(
            from_stage_id=each.from_stage_id, to_pipeline_id=each.to_pipeline_id, to_stage_id=each.to_stage_id
        )
        for each in order.moves
    ]
    return placement_service_pb2.MoveOpportunitiesRequest(retirement_id=order.retirement_id, moves=moves)
