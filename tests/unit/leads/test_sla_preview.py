"""Trying a policy: what is said is what a lead is promised that is really created then."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import LeadlineError
from kit.ids import new_id
from leads_service.domain.conditions import Condition
from leads_service.domain.configuration import Configuration, EscalationRule, ScoringRule, SlaPolicy
from leads_service.domain.settings_document import settings_from_document
from leads_service.domain.sla_preview import Preview, Trial, preview
from tests.unit.leads import changing
from tests.unit.leads.building import (
    ALICE,
    CONFIGURATION,
    DEALS,
    HOUR,
    MINUTE,
    NEW,
    NOW,
    SALES,
    STEPS,
    by_person,
    configured,
    retiring,
)

OFFICE = {
    "timezone": "Europe/Berlin",
    "hours": {day: [["09:00", "12:00"], ["13:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
}
DOCUMENT = {
    "sla": {
        "policies": [
            {
                "name": "Hot",
                "match": [{"field": "score", "operator": "greater_or_equal", "value": 50}],
                "responseMinutes": 7.5,
            },
            {
                "name": "Steps",
                "match": [{"field": "pipelineId", "operator": "equals", "value": str(STEPS.id)}],
                "responseMinutes": {"high": 600, "*": 5000},
                "businessHours": OFFICE,
                "pauseAtStages": [str(NEW.id)],
            },
            {"name": "All", "isDefault": True, "responseMinutes": {"critical": 30, "high": 60, "*": 240}},
        ],
        "escalations": [{"afterMinutes": 60}],
    }
}
REFERRED = ScoringRule(new_id(), "Referred", Condition("source", "equals", "referral"), 50)
TRIED = configured(scoring_rules=(REFERRED,))


def tried(
    given: Mapping[str, Any] | None = None,
    *,
    created_at: datetime = NOW,
    until: datetime | None = None,
    configuration: Configuration = CONFIGURATION,
    now: datetime = NOW + 2.5 * HOUR,
) -> Preview:
    trial = Trial(created_at=created_at, given=given or {}, created_by=ALICE, until=until)
    return preview(trial, configuration.settings, by_person(now, configuration))


def faults(**trial: Any) -> list[tuple[str, str]]:
    with pytest.raises(LeadlineError) as refused:
        tried(**trial)
    return [(violation.field, violation.reason) for violation in refused.value.violations]


def test_the_documented_example_comes_out_to_the_minute() -> None:
    assert tried() == Preview("Standard Response", NOW + 144 * MINUTE, NOW + 240 * MINUTE, 9000)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "priority": st.sampled_from(["low", "medium", "high", "critical"]),
            "source": st.sampled_from(["website", "referral"]),
            "pipeline_id": st.sampled_from([SALES.id, STEPS.id]).map(str),
        },
    ),
    st.timedeltas(timedelta(0), timedelta(days=3000)).map(lambda passed: NOW + passed),
)
def test_a_preview_is_what_a_lead_is_promised_that_is_created_then(given: dict[str, Any], at: datetime) -> None:
    settings = settings_from_document(DOCUMENT)
    trial = Trial(created_at=at, given=given, created_by=ALICE, until=at)
    found = preview(trial, settings, by_person(NOW, TRIED))
    creating = by_person(at, replace(TRIED, settings=settings))
    promised = changing.create(new_id(), {"last_name": "Johnson", **given}, ALICE, creating).lead.sla
    assert promised is not None
    assert found == Preview(promised.policy, promised.at_risk_at, promised.deadline, 0)
    hot, steps = given.get("source") == "referral", given.get("pipeline_id") == str(STEPS.id)
    assert found.policy == ("Hot" if hot else "Steps" if steps else "All")


def test_business_time_is_counted_until_an_instant_by_the_policys_calendar_in_whole_seconds() -> None:
    settings = settings_from_document(DOCUMENT)
    given = {"pipeline_id": str(STEPS.id)}

    def elapsed(until: datetime | None, now: datetime = NOW) -> int:
        trial = Trial(created_at=NOW, given=given, created_by=ALICE, until=until)
        return preview(trial, settings, by_person(now, TRIED)).elapsed_seconds

    # NOW is 11:00 in Berlin: an hour before the break.
    assert elapsed(NOW + 90 * MINUTE) == 3600
    assert elapsed(NOW + timedelta(minutes=30, seconds=1, microseconds=999_999)) == 1801
    assert elapsed(None, now=NOW + 3 * HOUR) == 7200
    assert elapsed(NOW) == elapsed(NOW - timedelta(days=400)) == 0
    # Five hours today, and seven on each of the other days of ten years that are no weekend.
    assert elapsed(NOW + timedelta(days=7 * 521)) == 521 * 5 * 7 * 3600


def test_the_lead_is_as_old_as_it_is_at_its_creation() -> None:
    old = SlaPolicy(
        "Old",
        is_default=False,
        match=(Condition("createdAt", "older_than_days", 1),),
        response_minutes={"*": Decimal(1)},
    )
    settings = configured(policies=(old, *CONFIGURATION.settings.policies))
    assert tried(configuration=settings, now=NOW + 90 * 24 * HOUR).policy == "Standard Response"


def test_a_lead_that_no_policy_covers_is_promised_nothing() -> None:
    low = SlaPolicy("Low", is_default=True, match=(), response_minutes={"low": Decimal(10)})
    settings = configured(policies=(low,))
    assert tried({"priority": "high"}, configuration=settings) == Preview()
    assert tried({"priority": "low"}, configuration=settings).deadline == NOW + 10 * MINUTE
    assert tried(configuration=configured(policies=())) == Preview()


def test_all_that_is_wrong_is_named() -> None:
    given = {"priority": "urgent", "source": "moon", "pipeline_id": "Sales"}
    found = faults(given=given, created_at=datetime(9999, 12, 31, tzinfo=UTC))
    assert found == [
        ("createdAt", "OUT_OF_RANGE"),
        ("priority", "NOT_CONFIGURED"),
        ("source", "NOT_CONFIGURED"),
        ("pipelineId", "NOT_A_UUID"),
    ]
    assert faults(given={"pipeline_id": str(new_id())}) == [("pipelineId", "NOT_CONFIGURED")]
    assert faults(given={"pipeline_id": str(DEALS.id)}) == [("pipelineId", "NOT_CONFIGURED")]


def test_creation_is_from_the_year_2000_up_to_the_end_of_2100() -> None:
    first, end = datetime(2000, 1, 1, tzinfo=UTC), datetime(2101, 1, 1, tzinfo=UTC)
    moment = timedelta(microseconds=1)
    assert tried(created_at=first).deadline == first + 4 * HOUR
    assert tried(created_at=end - moment).deadline == end - moment + 4 * HOUR
    for beyond in (first - moment, end):
        assert faults(created_at=beyond) == [("createdAt", "OUT_OF_RANGE")]


def test_until_is_at_most_ten_years_after_creation() -> None:
    most = NOW + timedelta(days=3660)
    assert tried(until=most).elapsed_seconds == 3660 * 86400
    assert faults(until=most + timedelta(microseconds=1)) == [("until", "OUT_OF_RANGE")]
    assert tried(created_at=datetime(2000, 1, 1, tzinfo=UTC)).elapsed_seconds > 3660 * 86400


def test_what_is_being_deleted_cannot_be_tried_as_no_lead_can_have_it() -> None:
    settings = configured(retirements=(retiring("website"),))
    with pytest.raises(LeadlineError) as refused:
        tried({"source": "website"}, configuration=settings)
    assert refused.value.reason == "RETIRING"


def test_escalations_and_stages_that_pause_move_no_promise() -> None:
    policy = SlaPolicy(
        "All", is_default=True, match=(), response_minutes={"*": Decimal(60)}, pause_at_stages=frozenset({NEW.id})
    )
    settings = configured(policies=(policy,), escalations=(EscalationRule(Decimal(5)),))
    assert tried(configuration=settings).deadline == NOW + HOUR
