"""Whether a run of a clock knows its lead's clock: at a glance by what it shows, and for sure by what it says."""

from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp
from leadline.leads.v1.sla_service_pb2 import SlaClock

from leadline_workflows.activities.clock_runs import Run
from leadline_workflows.contracts.sla import Clock


def is_doubtful(run: Run, clock: SlaClock) -> bool:
    """Whether an open run has to be asked: its lead waits no more, or it does not show its lead's deadline."""
    return bool(clock.closed_by) or run.deadline != _deadline(clock)


def differs(known: Clock, clock: SlaClock) -> bool:
    """Whether what the run knows is another clock than the lead has.

    Of one that is over it is enough that the run knows so: it may still have what came due recorded.
    """
    if known.closed_by or clock.closed_by:
        return bool(known.closed_by) != bool(clock.closed_by)
    return _known_instants(known) != _instants(clock)


def _known_instants(clock: Clock) -> list[datetime | None]:
    instants = [clock.at_risk_at, clock.deadline, *clock.escalations]
    return [datetime.fromisoformat(each).astimezone(UTC) if each else None for each in instants]


def _instants(clock: SlaClock) -> list[datetime | None]:
    at_risk_at = _instant(clock.at_risk_at) if clock.HasField("at_risk_at") else None
    return [at_risk_at, _deadline(clock), *(_instant(each) for each in clock.escalations)]


def _deadline(clock: SlaClock) -> datetime | None:
    return _instant(clock.deadline) if clock.HasField("deadline") else None


def _instant(at: Timestamp) -> datetime:
    return at.ToDatetime(UTC)
