"""The activity of the lead-sla workflow."""

from datetime import UTC

import grpc
from google.protobuf.timestamp_pb2 import Timestamp
from leadline.leads.v1 import sla_service_pb2
from leadline.leads.v1.sla_service_pb2_grpc import SlaServiceStub
from temporalio import activity

from kit.errors import ErrorKind, LeadlineError
from leadline_workflows.activities.door import Door, as_obstacle
from leadline_workflows.contracts import names
from leadline_workflows.contracts.sla import (
    MilestoneAnswer,
    MilestoneKind,
    MilestoneOutcome,
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


class SlaActivities:
    """Tells the leads service that a milestone of a clock has come."""

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


def _answer(response: sla_service_pb2.RecordMilestoneResponse) -> MilestoneAnswer:
    clock = response.clock
    return MilestoneAnswer(
        outcome=_OUTCOMES[response.outcome],
        version=clock.version,
        at_risk_at=_instant(clock.at_risk_at) if clock.HasField("at_risk_at") else "",
        deadline=_instant(clock.deadline) if clock.HasField("deadline") else "",
        escalations=[_instant(each) for each in clock.escalations],
        closed_by=clock.closed_by,
    )


def _instant(at: Timestamp) -> str:
    return at.ToDatetime(UTC).isoformat()


def _no_such_lead() -> MilestoneAnswer:
    # Newer than any clock that a run may know.
    newest = 2**62
    return MilestoneAnswer(MilestoneOutcome.CLOSED, newest, closed_by="deleted")
