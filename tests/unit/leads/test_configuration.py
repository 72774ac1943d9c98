"""The configuration in the leads service: its look-ups, and a settings document that makes sense or is refused."""

from copy import deepcopy
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from kit.ids import new_id
from leads_service.domain.business_clock import add_business_time
from leads_service.domain.conditions import Condition
from leads_service.domain.configuration import LEADS, OPPORTUNITIES, EscalationRule, Settings
from leads_service.domain.settings_document import settings_from_document
from tests.unit.leads.building import (
    BOB,
    CONFIGURATION,
    CONTACTED,
    CONVERTED,
    DEALS,
    NEW,
    SALES,
    STEPS,
    asked,
    configured,
)

FIRST_START: dict[str, Any] = {
    "general": {"defaultRegion": "US", "currency": "USD"},
    "sla": {
        "policies": [
            {
                "name": "Standard Response",
                "isDefault": True,
                "match": [],
                "responseMinutes": {"*": 240},
                "businessHours": None,
                "pauseAtStages": [],
            }
        ],
        "atRiskAfterPercent": 60,
        "firstResponseOn": ["activity", "note", "stage_change"],
        "escalations": [],
    },
    "scoring": {"maxScore": 100},
    "duplicateDetection": {"onCreate": "allow"},
    "conversion": {"requiredFields": ["estimatedValue"], "fieldMap": [], "undoHours": 72, "requireQualified": False},
}
HOURS: dict[str, Any] = {
    "timezone": "Europe/Berlin",
    "hours": {"mon": [["09:00", "13:00"], ["14:00", "24:00"]]},
    "holidays": ["2025-01-27"],
    "exceptions": {"2025-01-28": [["10:00", "14:00"]]},
    "holidayCountry": "DE",
}


def with_part(path: str, value: Any) -> dict[str, Any]:
    """The document of the first start with one part changed; numbers in the path are places of lists."""
    document = deepcopy(FIRST_START)
    *way, last = (int(step) if step.isdigit() else step for step in path.split("."))
    part: Any = document
    for step in way:
        part = part[step]
    part[last] = value
    return document


def test_the_document_of_the_first_start_is_what_the_defaults_are() -> None:
    settings = settings_from_document(FIRST_START)
    assert [policy.name for policy in settings.policies] == ["Standard Response"]
    assert settings.policies[0].minutes_for("any") == 240
    assert replace(settings, policies=()) == Settings() == settings_from_document({})


def test_every_part_of_a_document_is_read() -> None:
    document = deepcopy(FIRST_START)
    document["general"] = {"defaultRegion": "PK", "currency": "EUR"}
    document["sla"]["policies"].insert(
        0,
        {
            "name": "VIP",
            "match": [{"field": "customFields.vip", "operator": "equals", "value": True}],
            "responseMinutes": 0.1,
            "businessHours": HOURS,
        },
    )
    document["sla"] |= {
        "atRiskAfterPercent": 12.5,
        "firstResponseOn": ["note"],
        "escalations": [{"afterMinutes": 30}, {"afterMinutes": 0.5, "assignTo": str(BOB)}],
    }
    document["scoring"] = {"maxScore": 50}
    document["duplicateDetection"] = {"onCreate": "block"}
    document["conversion"] |= {"requiredFields": ["email", "customFields.budget"], "requireQualified": True}
    settings = settings_from_document(document)
    vip = settings.policies[0]
    assert (vip.match, vip.minutes_for("low")) == (
        (Condition("customFields.vip", "equals", value=True),),
        Decimal("0.1"),
    )
    assert replace(settings, policies=()) == Settings(
        default_region="PK",
        currency="EUR",
        at_risk_after_percent=Decimal("12.5"),
        first_response_on=frozenset({"note"}),
        escalations=(EscalationRule(Decimal(30)), EscalationRule(Decimal("0.5"), BOB)),
        max_score=50,
        block_duplicates=True,
        conversion_required_fields=("email", "customFields.budget"),
        conversion_requires_qualified=True,
    )


def test_business_hours_are_read_with_holidays_and_exceptions() -> None:
    hours = settings_from_document(with_part("sla.policies.0.businessHours", HOURS)).policies[0].business_hours
    assert hours is not None
    assert hours.holidays == {date(2025, 1, 27)}
    # Monday the 20th until midnight; Monday the 27th is a holiday, Tuesday the 28th an exception.
    start = datetime(2025, 1, 20, 22, 0, tzinfo=UTC)
    assert add_business_time(start, timedelta(hours=2), hours) == datetime(2025, 1, 28, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        ("general", []),
        ("general.defaultRegion", 5),
        ("general.currency", ""),
        ("sla", None),
        ("sla.policies", {}),
        ("sla.policies.0", "Standard"),
        ("sla.policies.0.name", None),
        ("sla.policies.0.isDefault", "yes"),
        ("sla.policies.0.match", [{"field": "email", "operator": "sounds_like"}]),
        ("sla.policies.0.match", [{"operator": "equals", "value": 5}]),
        ("sla.policies.0.responseMinutes", "soon"),
        ("sla.policies.0.responseMinutes", 0),
        ("sla.policies.0.responseMinutes", True),
        ("sla.policies.0.responseMinutes", 10**9),
        ("sla.policies.0.responseMinutes", {"high": -5}),
        ("sla.policies.0.responseMinutes", {"high": float("nan")}),
        ("sla.policies.0.businessHours", {}),
        ("sla.policies.0.businessHours", {**HOURS, "timezone": "Mars/Olympus"}),
        ("sla.policies.0.businessHours", {**HOURS, "holidays": ["tomorrow"]}),
        ("sla.policies.0.businessHours", {**HOURS, "exceptions": {"tomorrow": []}}),
        ("sla.policies.0.businessHours", {**HOURS, "holidayCountry": "XX"}),
        ("sla.policies.0.businessHours", {**HOURS, "hours": {}, "exceptions": {}}),
        ("sla.policies.0.businessHours", {**HOURS, "hours": {"mon": [["09:00"]]}}),
        ("sla.policies.0.businessHours", {**HOURS, "hours": {"mon": [["09:00", "9:30"]]}}),
        ("sla.policies.0.businessHours", {**HOURS, "hours": {"mon": [["24:30", "24:00"]]}}),
        ("sla.policies.0.businessHours", {**HOURS, "hours": {"mon": [["09:00", "12:00"], ["11:00", "13:00"]]}}),
        ("sla.atRiskAfterPercent", 0),
        ("sla.atRiskAfterPercent", 101),
        ("sla.firstResponseOn", ["smoke_signal"]),
        ("sla.escalations", [{"assignTo": None}]),
        ("sla.escalations", [{"afterMinutes": 5, "assignTo": "bob"}]),
        ("scoring.maxScore", 1.5),
        ("duplicateDetection.onCreate", "warn"),
        ("conversion.requiredFields", "email"),
        ("conversion.requiredFields", [None]),
        ("conversion.requireQualified", 1),
    ],
)
def test_a_document_that_makes_no_sense_is_refused_by_path(path: str, wrong: Any) -> None:
    with pytest.raises(ValueError) as refused:
        settings_from_document(with_part(path, wrong))
    assert str(refused.value).startswith(path.replace(".0", "[0]"))


def test_look_ups_know_what_belongs_together() -> None:
    assert CONFIGURATION.stage(NEW.id) == NEW
    assert CONFIGURATION.stage_name(CONTACTED.id) == "Contacted"
    assert CONFIGURATION.pipeline(STEPS.id) == STEPS
    assert [stage.position for stage in CONFIGURATION.stages_of(SALES.id)] == [1, 2, 3, 4, 5]
    assert (CONFIGURATION.default_pipeline(LEADS), CONFIGURATION.default_pipeline(OPPORTUNITIES)) == (SALES, DEALS)
    assert CONFIGURATION.default_priority().name == "medium"
    assert CONFIGURATION.won_stage(SALES.id) == CONVERTED
    assert CONFIGURATION.won_stage(STEPS.id) is None


def test_look_ups_of_what_is_not_there_say_so() -> None:
    nowhere = new_id()
    assert (CONFIGURATION.stage(nowhere), CONFIGURATION.pipeline(nowhere)) == (None, None)
    assert (CONFIGURATION.stage_name(nowhere), CONFIGURATION.stages_of(nowhere)) == ("", ())
    assert CONFIGURATION.fields_of(nowhere) == ()


def test_stages_are_in_order_of_position_however_they_come() -> None:
    shuffled = configured(stages=tuple(reversed(CONFIGURATION.stages)))
    assert shuffled.stages_of(SALES.id) == CONFIGURATION.stages_of(SALES.id)


def test_fields_belong_to_their_stage() -> None:
    amount = asked(CONTACTED, "amount", "number")
    configuration = configured(stage_fields=(amount,))
    assert configuration.fields_of(CONTACTED.id) == [amount]
    assert configuration.fields_of(NEW.id) == ()


def test_a_configuration_without_defaults_is_none() -> None:
    with pytest.raises(ValueError, match="pipeline"):
        configured(pipelines=()).default_pipeline(LEADS)
    with pytest.raises(ValueError, match="priority"):
        configured(priorities=()).default_priority()
