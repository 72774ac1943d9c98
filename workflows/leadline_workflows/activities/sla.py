"""The activities of the lead-sla workflow."""

from datetime import UTC, datetime
from typing import Any

import grpc
from google.protobuf.timestamp_pb2 import Timestamp
from leadline.leads.v1 import sla_service_pb2
from leadline.leads.v1.sla_service_pb2_grpc import SlaServiceStub
from temporalio import activity

from kit.errors import ErrorKind, LeadlineError
from leadline_workflows.activities.door import Door, as_failure, as_obstacle
from leadline_workflows.contracts import names
from leadline_workflows.contracts.sla import (
    ClockAnswer,
    ClockOperation,
    MilestoneAnswer,
    MilestoneKind,
    MilestoneOutcome,
    OperateClock,
    RecordMilestone,
)

_KINDS = {
    MilestoneKind.AT_RISK: sla_service_pb2.MILESTONE_KIND_AT_RISK,
    MilestoneKind.BREACHED: sla_service_pb2.MILESTONE_KIND_BREACHED,
    MilestoneKind.ESCALATION: sla_service_pb2.MILESTONE_KIND_ESCALATION,
}
_OUTCOMES = {
    sla_service_pb2.MILESTONE_OUTCOME_RECORDED: MilestoneOutcome.RECORDED,
    sla_service_pb2.MILESTONE_OUTCOME_ALREADY_RECORDED: MilestoneOutcome.ALREADY_RECORDED,
    sla_service_pb2.MILESTONE_OUTCOME_NOT_DUE: MilestoneOutcome.NOT_DUE,
    sla_service_pb2.MILESTONE_OUTCOME_CLOSED: MilestoneOutcome.CLOSED,
}


# Newer than any clock that a run may know: of a lead that is unknown.
_NEWEST = 2**62


class SlaActivities:
    """Tells the leads service that a milestone of a clock has come, and what operators ask of it."""

    def __init__(self, door: Door, leads: grpc.aio.Channel) -> None:
        self._door = door
        self._sla = SlaServiceStub(leads)

    @activity.defn(name=names.RECORD_MILESTONE)
    async def record_milestone(self, order: RecordMilestone) -> MilestoneAnswer:
        """Have it recorded, once however often this is repeated. Every refusal is retried: a clock never gives up.

        A lead that the service does not know has no clock to run: it answers as a deleted one.
        """
        request = sla_service_pb2.RecordMilestoneRequest(
            lead_id=order.lead_id, kind=_KINDS[order.kind], escalation_index=order.escalation_index
        )
        try:
            response = await self._door.ask(self._sla.RecordMilestone, request)
        except LeadlineError as error:
            if error.kind is ErrorKind.NOT_FOUND:
                return _no_such_lead()
            raise as_obstacle(error) from None
        return _answer(response)

    @activity.defn(name=names.OPERATE_CLOCK)
    async def operate_clock(self, order: OperateClock) -> ClockAnswer:
        """Have done what an operator asks for, once however often this is repeated; a refusal is final.

        A lead that the service does not know has no clock to run: reading it answers that of a deleted one.

        Raises:
            ApplicationError: the type is the service's reason.
        """
        try:
            response = await self._door.ask(self._sla.OperateClock, _request(order), idempotency_key=order.key)
        except LeadlineError as error:
            if error.kind is ErrorKind.NOT_FOUND and order.operation is ClockOperation.READ:
                return ClockAnswer(_NEWEST, closed_by="deleted")
            # The attempt before this one is still on its way.
            waits = error.reason == "IDEMPOTENCY_IN_PROGRESS"
            raise (as_obstacle(error) if waits else as_failure(error)) from None
        return ClockAnswer(**_instants(response.clock), paused=response.clock.paused)


def _request(order: OperateClock) -> sla_service_pb2.OperateClockRequest:
    request = sla_service_pb2.OperateClockRequest(lead_id=order.lead_id, by=order.by, reason=order.reason)
    match order.operation:
        case ClockOperation.EXTEND:
            request.extend_until.FromDatetime(datetime.fromisoformat(order.until).astimezone(UTC))
        case ClockOperation.PAUSE:
            request.pause.SetInParent()
        case ClockOperation.RESUME:
            request.resume.SetInParent()
        case ClockOperation.READ:
            request.read.SetInParent()
    return request


def _answer(response: sla_service_pb2.RecordMilestoneResponse) -> MilestoneAnswer:
    clock = response.clock
    return MilestoneAnswer(outcome=_OUTCOMES[response.outcome], **_instants(clock), paused=clock.paused)


def _instants(clock: sla_service_pb2.SlaClock) -> dict[str, Any]:
    return {
        "version": clock.version,
        "at_risk_at": _instant(clock.at_risk_at) if clock.HasField("at_risk_at") else "",
        "deadline": _instant(clock.deadline) if clock.HasField("deadline") else "",
        "escalations": [_instant(each) for each in clock.escalations],
        "closed_by": clock.closed_by,
    }


def _instant(at: Timestamp) -> str:
    return at.ToDatetime(UTC).isoformat()


def _no_such_lead() -> MilestoneAnswer:
    return MilestoneAnswer(MilestoneOutcome.CLOSED, _NEWEST, closed_by="deleted")
