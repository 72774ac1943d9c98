"""When a clock is late: then more is due than clocks get through one by one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from leads_service.domain.milestones import MilestoneKind, Outcome
from leads_service.domain.sla import Escalation, Sla
from leads_service.usecases.catching_up import came_late
from tests.unit.leads.building import make_lead

HOUR, SECOND, MOMENT = timedelta(hours=1), timedelta(seconds=1), timedelta(microseconds=1)
AT = datetime(2025, 6, 2, 12, tzinfo=UTC)
ESCALATION = Escalation(after_minutes=Decimal(60), at=AT + 2 * HOUR)
PROMISE = Sla(
    policy="Standard Response", started_at=AT - HOUR, at_risk_at=AT, deadline=AT + HOUR, escalations=(ESCALATION,)
)
LEAD = replace(make_lead(), sla=PROMISE)
MILESTONES = pytest.mark.parametrize(
    ("kind", "instant"),
    [(MilestoneKind.AT_RISK, AT), (MilestoneKind.BREACHED, AT + HOUR), (MilestoneKind.ESCALATION, AT + 2 * HOUR)],
)


@MILESTONES
@pytest.mark.parametrize("outcome", [Outcome.RECORDED, Outcome.ALREADY_RECORDED])
def test_a_clock_is_late_by_more_than_a_second(kind: MilestoneKind, instant: datetime, outcome: Outcome) -> None:
    assert not came_late(outcome, LEAD, kind, 0, instant + SECOND)
    assert came_late(outcome, LEAD, kind, 0, instant + SECOND + MOMENT)


@MILESTONES
@pytest.mark.parametrize("outcome", [Outcome.NOT_DUE, Outcome.CLOSED])
def test_one_that_has_moved_or_is_over_is_not_late(kind: MilestoneKind, instant: datetime, outcome: Outcome) -> None:
    assert not came_late(outcome, LEAD, kind, 0, instant + HOUR)


def test_a_lead_without_a_promise_has_no_late_clock() -> None:
    assert not came_late(Outcome.RECORDED, replace(make_lead(), sla=None), MilestoneKind.AT_RISK, 0, AT)
