"""Clocks of leads as protos."""

from leadline.leads.v1 import sla_service_pb2 as pb

from leads_service.domain.lead import Lead


def clock_to_proto(lead: Lead) -> pb.SlaClock:
    """The instants of a lead's clock as its workflow hears them."""
    clock = pb.SlaClock(
        version=lead.clock_version,
        closed_by=lead.clock_closed_by,
        paused=lead.sla is not None and lead.sla.paused_at is not None,
    )
    if lead.sla:
        # What stands still has no instants: the clock is told of them when it goes on.
        if lead.sla.is_fixed(lead.sla.at_risk_at):
            clock.at_risk_at.FromDatetime(lead.sla.at_risk_at)
        if lead.sla.is_fixed(lead.sla.deadline):
            clock.deadline.FromDatetime(lead.sla.deadline)
        for escalation in lead.sla.escalations:
            if lead.sla.is_fixed(escalation.at):
                clock.escalations.add().FromDatetime(escalation.at)
    return clock
