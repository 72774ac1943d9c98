"""The promise of a first response: which policy, which instants, how it stands, and how that is said."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leads_service.domain.business_calendar import BusinessHours
from leads_service.domain.conditions import Condition
from leads_service.domain.configuration import EscalationRule, SlaPolicy
from leads_service.domain.sla import (
    Sla,
    SlaStatus,
    choose_policy,
    promise,
    remaining_seconds,
    status_at,
    time_remaining,
)
from tests.unit.leads import changing
from tests.unit.leads.building import (
    BOB,
    HOUR,
    MINUTE,
    NOW,
    SETTINGS,
    STANDARD,
    by_leadline,
    by_person,
    configured,
    instants_between,
    make_lead,
)


def policy(name: str, minutes: object = 60, *match: Condition, default: bool = False, **more: Any) -> SlaPolicy:
    by_priority = minutes if isinstance(minutes, dict) else {"*": minutes}
    return SlaPolicy(name, default, match, {name: Decimal(str(each)) for name, each in by_priority.items()}, **more)


def promised(chosen: SlaPolicy, priority: str = "medium", **changes: Any) -> Sla:
    made = promise(chosen, priority, NOW, replace(SETTINGS, **changes))
    assert made is not None
    return made


HIGH = Condition("priority", "equals", "high")
WEB = Condition("source", "equals", "website")


def test_the_example_of_the_documented_page_comes_out() -> None:
    lead = make_lead()
    assert lead.sla is not None
    assert (lead.sla.policy, lead.sla.deadline) == ("Standard Response", datetime(2025, 1, 20, 14, 0, tzinfo=UTC))
    half_past_twelve = datetime(2025, 1, 20, 12, 30, tzinfo=UTC)
    assert status_at(lead.sla, None, half_past_twelve) is SlaStatus.AT_RISK
    seconds = remaining_seconds(lead.sla, None, half_past_twelve)
    assert seconds == 5400
    assert time_remaining(seconds) == "1h 30m"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (183_900, "2d 3h 5m"),
        (172_800, "2d 0h 0m"),
        (86_400 + 300, "1d 0h 5m"),
        (5400, "1h 30m"),
        (3600, "1h 0m"),
        (300, "5m"),
        (119, "1m"),
        (45, "45s"),
        (0, "0s"),
        (-1, "-1s"),
        (-60, "-1m"),
        (-3900, "-1h 5m"),
        (-183_900, "-2d 3h 5m"),
    ],
)
def test_the_time_remaining_is_said_without_leading_zero_parts(seconds: int, text: str) -> None:
    assert time_remaining(seconds) == text


def test_the_first_policy_that_matches_wins_else_the_default() -> None:
    standard, web, high = policy("standard", default=True), policy("web", 60, WEB), policy("high", 60, HIGH)
    chosen = replace(SETTINGS, policies=(standard, web, high))

    def choose(**fields: Any) -> str:
        lead = make_lead(last_name="Johnson", **fields)
        facts = {"source": lead.source, "priority": lead.priority}
        found = choose_policy(facts.get, chosen, NOW)
        assert found is not None
        return found.name

    assert choose(source="website", priority="high") == "web"
    assert choose(priority="high") == "high"
    assert choose(source="referral") == "standard"


def test_all_conditions_of_a_policy_must_hold() -> None:
    both = replace(SETTINGS, policies=(policy("both", 60, WEB, HIGH), STANDARD))
    assert choose_policy({"source": "website", "priority": "high"}.get, both, NOW) == both.policies[0]
    assert choose_policy({"source": "website", "priority": "low"}.get, both, NOW) is STANDARD


def test_minutes_are_those_of_the_priority_else_of_any() -> None:
    graded = policy("graded", {"critical": "0.5", "*": 60})
    assert promised(graded, "critical").deadline == NOW + timedelta(seconds=30)
    assert promised(graded, "low").deadline == NOW + HOUR


def test_a_policy_of_a_few_seconds_is_exact() -> None:
    quick = promised(policy("quick", "0.1"), at_risk_after_percent=Decimal(50))
    assert (quick.at_risk_at, quick.deadline) == (NOW + timedelta(seconds=3), NOW + timedelta(seconds=6))


def test_a_priority_without_minutes_has_no_promise() -> None:
    assert promise(policy("critical only", {"critical": 30}), "low", NOW, SETTINGS) is None
    lead = make_lead(configured(policies=(policy("critical only", {"critical": 30}, default=True),)))
    assert lead.sla is None
    assert status_at(lead.sla, None, NOW) is SlaStatus.NO_SLA
    assert remaining_seconds(lead.sla, None, NOW) is None


def test_a_calendar_without_enough_business_time_makes_no_promise_and_takes_the_lead() -> None:
    once = BusinessHours("UTC", ((),) * 7, exceptions={NOW.date(): ((0, 60),)})
    lead = make_lead(configured(policies=(policy("once", 240, default=True, business_hours=once),)))
    assert lead.sla is None


def test_at_risk_and_escalations_count_business_time() -> None:
    # 10:00 to 12:00 on weekdays; NOW is a Monday, 10:00.
    mornings = BusinessHours("UTC", (((600, 720),),) * 5 + ((),) * 2)
    made = promised(
        policy("mornings", 180, business_hours=mornings),
        at_risk_after_percent=Decimal(75),
        escalations=(EscalationRule(Decimal(60)), EscalationRule(Decimal(90), BOB)),
    )
    tuesday, wednesday = NOW + timedelta(days=1), NOW + timedelta(days=2)
    assert (made.at_risk_at, made.deadline) == (tuesday + 15 * MINUTE, tuesday + HOUR)
    assert [(each.at, each.assign_to) for each in made.escalations] == [
        (tuesday + 2 * HOUR, None),
        (wednesday + 30 * MINUTE, BOB),
    ]


instants = instants_between(datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 2, 1, tzinfo=UTC))


@settings(max_examples=200, deadline=None)
@given(st.decimals("0.01", 20_000, places=2), st.integers(1, 100), instants, st.none() | instants)
def test_the_status_agrees_with_deadline_clock_and_answer(
    minutes: Decimal, percent: int, now: datetime, answered_at: datetime | None
) -> None:
    made = promised(policy("any", minutes), at_risk_after_percent=Decimal(percent))
    status = status_at(made, answered_at, now)
    remaining = remaining_seconds(made, answered_at, now)
    assert NOW < made.at_risk_at <= made.deadline or made.at_risk_at == NOW
    if answered_at is not None:
        assert status is (SlaStatus.MET if answered_at < made.deadline else SlaStatus.MET_LATE)
        assert remaining is None
        return
    assert remaining is not None
    assert (status is SlaStatus.BREACHED) is (now >= made.deadline)
    assert (status is SlaStatus.AT_RISK) is (made.at_risk_at <= now < made.deadline)
    assert (remaining < 0) is (now > made.deadline)
    assert time_remaining(remaining).startswith("-") is (now > made.deadline)


def test_a_deadline_has_passed_when_its_instant_has_come() -> None:
    made, moment = promised(STANDARD), timedelta(microseconds=1)
    at_risk_at, deadline = made.at_risk_at, made.deadline
    assert [status_at(made, None, now) for now in (at_risk_at - moment, at_risk_at, deadline - moment, deadline)] == [
        SlaStatus.ON_TRACK,
        SlaStatus.AT_RISK,
        SlaStatus.AT_RISK,
        SlaStatus.BREACHED,
    ]
    assert status_at(made, deadline - moment, deadline) is SlaStatus.MET
    assert status_at(made, deadline, deadline) is SlaStatus.MET_LATE


def rechosen(**changes: Any) -> Any:
    return configured(policies=(policy("high", 60, HIGH), policy("standard", 240, default=True)), **changes)


def test_a_new_priority_chooses_the_policy_anew_and_the_clock_still_starts_at_creation() -> None:
    configuration = rechosen()
    change = changing.update(make_lead(configuration), {"priority": "high"}, by_person(NOW + MINUTE, configuration))
    assert change.lead.sla is not None
    assert (change.lead.sla.policy, change.lead.sla.deadline) == ("high", NOW + HOUR)
    assert (change.clock_changed, change.lead.clock_version) == (True, 2)


def test_after_the_first_response_the_promise_stays() -> None:
    configuration = rechosen()
    answered = replace(make_lead(configuration), first_response_at=NOW + MINUTE)
    change = changing.update(answered, {"priority": "high"}, by_person(NOW + 2 * MINUTE, configuration))
    assert change.lead.sla == answered.sla


def test_changing_a_policy_does_not_move_what_is_promised() -> None:
    lead = make_lead()
    stricter = configured(policies=(policy("Standard Response", 10, default=True),))
    change = changing.update(lead, {"title": "Founder"}, by_person(NOW + MINUTE, stricter))
    assert change.lead.sla == lead.sla
    assert not change.clock_changed


def test_a_lead_that_no_policy_covers_any_more_keeps_its_promise() -> None:
    lead = make_lead()
    nothing_for_high = configured(policies=(policy("low only", {"low": 10}, default=True),))
    change = changing.update(lead, {"priority": "high"}, by_person(NOW + MINUTE, nothing_for_high))
    assert change.lead.sla == lead.sla


def test_a_lead_without_promise_gets_one_and_its_clock_starts() -> None:
    lead = make_lead(configured(policies=()))
    assert (lead.sla, lead.clock_version) == (None, 0)
    change = changing.update(lead, {"priority": "high"}, by_person(NOW + MINUTE))
    assert change.lead.sla is not None
    assert (change.clock_changed, change.lead.clock_version) == (True, 1)


def test_what_was_recorded_stays_recorded_unless_it_lies_ahead_again() -> None:
    configuration = configured(
        policies=(policy("strict", {"critical": 30, "high": 60, "*": 240}, default=True),),
        escalations=(EscalationRule(Decimal(10)),),
    )
    lead = make_lead(configuration, last_name="Johnson", priority="high")
    assert lead.sla is not None
    recorded_at = NOW + 71 * MINUTE
    escalation = replace(lead.sla.escalations[0], escalated_at=recorded_at)
    recorded = replace(
        lead.sla, at_risk_recorded_at=recorded_at, breach_recorded_at=recorded_at, escalations=(escalation,)
    )
    lead = replace(lead, sla=recorded)
    earlier = changing.update(lead, {"priority": "critical"}, by_leadline(NOW + 80 * MINUTE, configuration)).lead.sla
    later = changing.update(lead, {"priority": "low"}, by_leadline(NOW + 80 * MINUTE, configuration)).lead.sla
    assert earlier is not None
    assert later is not None
    assert (earlier.breach_recorded_at, earlier.escalations[0].escalated_at) == (recorded_at, recorded_at)
    assert (later.at_risk_recorded_at, later.breach_recorded_at) == (None, None)
    assert later.escalations[0].escalated_at is None
