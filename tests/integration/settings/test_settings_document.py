"""The settings document: merged section by section, validated as a whole, each fault named by its path."""

from datetime import date, timedelta
from typing import Any

import pytest
from leadline.settings.v1 import settings_service_pb2 as pb

from kit import jsontext
from kit.errors import LeadlineError
from kit.ids import new_id
from tests.integration.settings.door import Door
from tests.integration.settings.refusals import faults_of, refused

WEEK: dict[str, Any] = {"mon": [["09:00", "13:00"], ["13:00", "18:00"]], "tue": [["00:00", "24:00"]]}
HOURS: dict[str, Any] = {
    "timezone": "Europe/Berlin",
    "hours": {**WEEK, **{day: [] for day in ("wed", "thu", "fri", "sat", "sun")}},
    "holidays": ["2025-12-25"],
    "exceptions": {"2025-12-27": [["10:00", "14:00"]], "2025-12-28": []},
    "holidayCountry": "PK",
}
DEFAULT: dict[str, Any] = {
    "name": "All",
    "isDefault": True,
    "match": [],
    "responseMinutes": {"*": 240},
    "businessHours": None,
    "pauseAtStages": [],
}
CONDITION = {"field": "source", "operator": "equals", "value": "website"}
UNKNOWN_ID = str(new_id())
MONDAYS = {"timezone": "UTC", "hours": {"mon": [["09:00", "13:00"]]}}
EVERY_MONDAY = [str(date(2025, 1, 6) + timedelta(weeks=week)) for week in range(500)]


def sla(**policy: Any) -> dict[str, Any]:
    return {"sla": {"policies": [{**DEFAULT, **policy}]}}


def hours(**calendar: Any) -> dict[str, Any]:
    return sla(businessHours={**HOURS, **calendar})


def policies(*given: dict[str, Any]) -> dict[str, Any]:
    return {"sla": {"policies": [{**DEFAULT, **each} for each in given]}}


def match(**condition: Any) -> dict[str, Any]:
    return sla(match=[{**CONDITION, **condition}])


def escalations(*minutes: Any) -> dict[str, Any]:
    return {"sla": {"escalations": [{"afterMinutes": each} for each in minutes]}}


def with_escalations(*minutes: int) -> dict[str, Any]:
    """Escalations after a window of half of what is open on Mondays."""
    section = sla(responseMinutes=60_000, businessHours=MONDAYS)["sla"]
    return {"sla": {**section, **escalations(*minutes)["sla"]}}


def field_map(*ways: tuple[Any, Any]) -> dict[str, Any]:
    return {"conversion": {"fieldMap": [{"from": source, "to": target} for source, target in ways]}}


RULE = "conversion.fieldMap[0]"
POLICY = "sla.policies[0]"
CALENDAR = f"{POLICY}.businessHours"
CONDITION_PATH = f"{POLICY}.match[0]"

BAD: list[tuple[Any, str, str]] = [
    ("not json", "changes", "NOT_JSON"),
    ("", "changes", "NOT_JSON"),
    ("{", "changes", "NOT_JSON"),
    ('{"general": NaN}', "changes", "NOT_JSON"),
    ("[" * 100_000, "changes", "NOT_JSON"),
    ('{"scoring": {"maxScore": ' + "9" * 5_000 + "}}", "changes", "NOT_JSON"),
    ("[]", "changes", "WRONG_TYPE"),
    ("null", "changes", "WRONG_TYPE"),
    ('"text"', "changes", "WRONG_TYPE"),
    (f'{{"general": {{"currency": "{"x" * 256 * 1024}"}}}}', "changes", "TOO_LONG"),
    ('{"general": {"currency": "U\\u0000D"}}', "general.currency", "WRONG_CHARACTER"),
    ('{"general": {"currency": "\\ud800"}}', "general.currency", "WRONG_CHARACTER"),
    ('{"general": {"\\u0000": 1}}', "general", "WRONG_CHARACTER"),
    ('{"\\ud800": 1}', "", "WRONG_CHARACTER"),
    ('{"sla": {"atRiskAfterPercent": 1e999}}', "sla.atRiskAfterPercent", "OUT_OF_RANGE"),
    ({"nope": {}}, "nope", "UNKNOWN_FIELD"),
    ({"x" * 300: {}}, "x" * 119 + "…", "UNKNOWN_FIELD"),
    ({"general": {"nope": 1}}, "general.nope", "UNKNOWN_FIELD"),
    ({"general": {"default_region": "DE"}}, "general.default_region", "UNKNOWN_FIELD"),
    ({"general": None}, "general", "REQUIRED"),
    ({"general": []}, "general", "WRONG_TYPE"),
    ({"general": {"currency": None}}, "general.currency", "REQUIRED"),
    ({"general": {"currency": "usd"}}, "general.currency", "NOT_A_CURRENCY"),
    ({"general": {"currency": "USD\n"}}, "general.currency", "NOT_A_CURRENCY"),
    ({"general": {"currency": 5}}, "general.currency", "WRONG_TYPE"),
    ({"general": {"defaultRegion": "XX"}}, "general.defaultRegion", "UNKNOWN_REGION"),
    ({"general": {"defaultRegion": "us"}}, "general.defaultRegion", "UNKNOWN_REGION"),
    ({"scoring": {"maxScore": 0}}, "scoring.maxScore", "OUT_OF_RANGE"),
    ({"scoring": {"maxScore": 1.5}}, "scoring.maxScore", "WRONG_TYPE"),
    ({"scoring": {"maxScore": "100"}}, "scoring.maxScore", "WRONG_TYPE"),
    ({"scoring": {"maxScore": True}}, "scoring.maxScore", "WRONG_TYPE"),
    ({"duplicateDetection": {"onCreate": "warn"}}, "duplicateDetection.onCreate", "NOT_ALLOWED"),
    ({"conversion": {"requiredFields": ["score"]}}, "conversion.requiredFields[0]", "UNKNOWN_LEAD_FIELD"),
    ({"conversion": {"requiredFields": ["customFields."]}}, "conversion.requiredFields[0]", "UNKNOWN_LEAD_FIELD"),
    ({"conversion": {"requiredFields": ["email", "email"]}}, "conversion.requiredFields[1]", "REPEATED"),
    ({"conversion": {"requiredFields": "email"}}, "conversion.requiredFields", "WRONG_TYPE"),
    ({"conversion": {"fieldMap": {}}}, "conversion.fieldMap", "WRONG_TYPE"),
    ({"conversion": {"fieldMap": ["title"]}}, RULE, "WRONG_TYPE"),
    (field_map(*(("title", f"contact.customFields.k{n}") for n in range(101))), "conversion.fieldMap", "TOO_LONG"),
    ({"conversion": {"fieldMap": [{"from": "title"}]}}, f"{RULE}.to", "REQUIRED"),
    ({"conversion": {"fieldMap": [{"to": "contact.title"}]}}, f"{RULE}.from", "REQUIRED"),
    ({"conversion": {"fieldMap": [{"from": "title", "to": "contact.title", "of": 1}]}}, f"{RULE}.of", "UNKNOWN_FIELD"),
    ({"conversion": {"fieldMap": [{"source": "title", "to": "contact.title"}]}}, f"{RULE}.source", "UNKNOWN_FIELD"),
    (field_map((7, "contact.title")), f"{RULE}.from", "WRONG_TYPE"),
    (field_map(("title", 7)), f"{RULE}.to", "WRONG_TYPE"),
    (field_map(("colour", "contact.title")), f"{RULE}.from", "UNKNOWN_LEAD_FIELD"),
    (field_map(("score", "opportunity.value")), f"{RULE}.from", "UNKNOWN_LEAD_FIELD"),
    (field_map(("customFields.", "contact.title")), f"{RULE}.from", "UNKNOWN_LEAD_FIELD"),
    (field_map(("title", "title")), f"{RULE}.to", "UNKNOWN_TARGET"),
    (field_map(("title", "lead.title")), f"{RULE}.to", "UNKNOWN_TARGET"),
    (field_map(("title", "account.title")), f"{RULE}.to", "UNKNOWN_TARGET"),
    (field_map(("title", "lead.customFields.x")), f"{RULE}.to", "UNKNOWN_TARGET"),
    (field_map(("title", "contact.customFields.")), f"{RULE}.to", "UNKNOWN_TARGET"),
    (field_map(("title", "contact.customFields." + "x" * 101)), f"{RULE}.to", "UNKNOWN_TARGET"),
    (field_map(("title", "opportunity.value")), f"{RULE}.to", "WRONG_TYPE"),
    (field_map(("assignedTo", "contact.title")), f"{RULE}.to", "WRONG_TYPE"),
    (field_map(("estimatedValue", "opportunity.description")), f"{RULE}.to", "WRONG_TYPE"),
    (field_map(("title", "contact.title"), ("email", "contact.title")), "conversion.fieldMap[1].to", "REPEATED"),
    ({"conversion": {"undoHours": -1}}, "conversion.undoHours", "OUT_OF_RANGE"),
    ({"conversion": {"requireQualified": "yes"}}, "conversion.requireQualified", "WRONG_TYPE"),
    ({"sla": {"atRiskAfterPercent": 0}}, "sla.atRiskAfterPercent", "OUT_OF_RANGE"),
    ({"sla": {"atRiskAfterPercent": 100.5}}, "sla.atRiskAfterPercent", "OUT_OF_RANGE"),
    ({"sla": {"atRiskAfterPercent": "60"}}, "sla.atRiskAfterPercent", "WRONG_TYPE"),
    ({"sla": {"firstResponseOn": ["call"]}}, "sla.firstResponseOn[0]", "NOT_ALLOWED"),
    ({"sla": {"firstResponseOn": ["note", "note"]}}, "sla.firstResponseOn[1]", "REPEATED"),
    (escalations(0), "sla.escalations[0].afterMinutes", "OUT_OF_RANGE"),
    (escalations(30, 30), "sla.escalations[1].afterMinutes", "NOT_ASCENDING"),
    (escalations(30, 10), "sla.escalations[1].afterMinutes", "NOT_ASCENDING"),
    ({"sla": {"escalations": [{}]}}, "sla.escalations[0].afterMinutes", "REQUIRED"),
    ({"sla": {"escalations": [{"afterMinutes": 1, "assignTo": "me"}]}}, "sla.escalations[0].assignTo", "NOT_A_UUID"),
    ({"sla": {"policies": []}}, "sla.policies", "DEFAULT_REQUIRED"),
    (sla(isDefault=False), "sla.policies", "DEFAULT_REQUIRED"),
    (policies({}, {"name": "B"}), "sla.policies[1].isDefault", "SECOND_DEFAULT"),
    (policies({"name": "Gold"}, {"name": "gOLD ", "isDefault": False}), "sla.policies[1].name", "REPEATED"),
    ({"sla": {"policies": [{"isDefault": True}]}}, f"{POLICY}.name", "REQUIRED"),
    (sla(name="  "), f"{POLICY}.name", "TOO_SHORT"),
    (sla(name="x" * 101), f"{POLICY}.name", "TOO_LONG"),
    (sla(name="a\tb"), f"{POLICY}.name", "CONTROL_CHARACTER"),
    (sla(speed="fast"), f"{POLICY}.speed", "UNKNOWN_FIELD"),
    (sla(isDefault=1), f"{POLICY}.isDefault", "WRONG_TYPE"),
    (sla(responseMinutes=0), f"{POLICY}.responseMinutes", "OUT_OF_RANGE"),
    (sla(responseMinutes=-5), f"{POLICY}.responseMinutes", "OUT_OF_RANGE"),
    (sla(responseMinutes=10 * 366 * 24 * 60 + 1), f"{POLICY}.responseMinutes", "OUT_OF_RANGE"),
    (sla(responseMinutes=0.0000001), f"{POLICY}.responseMinutes", "TOO_PRECISE"),
    (sla(responseMinutes="240"), f"{POLICY}.responseMinutes", "WRONG_TYPE"),
    (sla(responseMinutes=True), f"{POLICY}.responseMinutes", "WRONG_TYPE"),
    (sla(responseMinutes=None), f"{POLICY}.responseMinutes", "REQUIRED"),
    (sla(responseMinutes={}), f"{POLICY}.responseMinutes", "PRIORITY_MISSING"),
    (sla(responseMinutes={"high": 5}), f"{POLICY}.responseMinutes", "PRIORITY_MISSING"),
    (sla(responseMinutes={"urgent": 5, "*": 9}), f"{POLICY}.responseMinutes.urgent", "NOT_CONFIGURED"),
    (sla(responseMinutes={"High": 5, "*": 9}), f"{POLICY}.responseMinutes.High", "NOT_CONFIGURED"),
    (sla(responseMinutes={"*": 0}), f"{POLICY}.responseMinutes.*", "OUT_OF_RANGE"),
    (sla(responseMinutes={"*": "9"}), f"{POLICY}.responseMinutes.*", "WRONG_TYPE"),
    (sla(pauseAtStages=["x"]), f"{POLICY}.pauseAtStages[0]", "NOT_A_UUID"),
    (sla(pauseAtStages=[UNKNOWN_ID]), f"{POLICY}.pauseAtStages[0]", "NOT_CONFIGURED"),
    (sla(match={}), f"{POLICY}.match", "WRONG_TYPE"),
    (match(field="colour"), f"{CONDITION_PATH}.field", "UNKNOWN_LEAD_FIELD"),
    (match(operator="like"), f"{CONDITION_PATH}.operator", "NOT_ALLOWED"),
    (match(value=None), f"{CONDITION_PATH}.value", "REQUIRED"),
    (match(value={}), f"{CONDITION_PATH}.value", "WRONG_VALUE"),
    (match(value="x" * 1001), f"{CONDITION_PATH}.value", "WRONG_VALUE"),
    (match(operator="in"), f"{CONDITION_PATH}.value", "WRONG_VALUE"),
    (match(operator="in", value=[]), f"{CONDITION_PATH}.value", "WRONG_VALUE"),
    (match(operator="in", value=[["a"]]), f"{CONDITION_PATH}.value", "WRONG_VALUE"),
    (match(operator="is_empty"), f"{CONDITION_PATH}.value", "WRONG_VALUE"),
    (match(operator="contains", value=" "), f"{CONDITION_PATH}.value", "WRONG_VALUE"),
    (match(operator="less_than", value="2025-01-01"), f"{CONDITION_PATH}.value", "WRONG_VALUE"),
    (match(operator="greater_than", value=True), f"{CONDITION_PATH}.value", "WRONG_VALUE"),
    (match(operator="older_than_days", value="soon"), f"{CONDITION_PATH}.value", "WRONG_VALUE"),
    (match(operator="older_than_days", value=-1), f"{CONDITION_PATH}.value", "WRONG_VALUE"),
    (hours(timezone="Mars/Base"), f"{CALENDAR}.timezone", "UNKNOWN_TIMEZONE"),
    (hours(timezone="../etc/passwd"), f"{CALENDAR}.timezone", "UNKNOWN_TIMEZONE"),
    (hours(hours={}), f"{CALENDAR}.hours", "NEVER_OPENS"),
    (hours(hours={"mon": []}), f"{CALENDAR}.hours", "NEVER_OPENS"),
    (hours(hours={"monday": []}), f"{CALENDAR}.hours.monday", "UNKNOWN_FIELD"),
    (hours(hours={"mon": [["09:00", "13:00"], ["12:59", "14:00"]]}), f"{CALENDAR}.hours.mon[1]", "OVERLAPS"),
    (hours(hours={"mon": [["12:00", "14:00"], ["09:00", "18:00"]]}), f"{CALENDAR}.hours.mon[1]", "OVERLAPS"),
    (hours(hours={"mon": [["09:00", "09:00"]]}), f"{CALENDAR}.hours.mon[0]", "ENDS_BEFORE_START"),
    (hours(hours={"mon": [["22:00", "02:00"]]}), f"{CALENDAR}.hours.mon[0]", "ENDS_BEFORE_START"),
    (hours(hours={"mon": [["9:00", "18:00"]]}), f"{CALENDAR}.hours.mon[0][0]", "NOT_A_TIME"),
    (hours(hours={"mon": [["09:00", "24:01"]]}), f"{CALENDAR}.hours.mon[0][1]", "NOT_A_TIME"),
    (hours(hours={"mon": [["09:00"]]}), f"{CALENDAR}.hours.mon[0]", "TOO_SHORT"),
    (hours(hours={"mon": [["09:00", "10:00", "11:00"]]}), f"{CALENDAR}.hours.mon[0]", "TOO_LONG"),
    (hours(hours={"mon": ["09:00", "10:00"]}), f"{CALENDAR}.hours.mon[0]", "WRONG_TYPE"),
    (hours(holidays=["2025-02-29"]), f"{CALENDAR}.holidays[0]", "NOT_A_DATE"),
    (hours(holidays=["20251225"]), f"{CALENDAR}.holidays[0]", "NOT_A_DATE"),
    (hours(exceptions={"27.12.2025": []}), f"{CALENDAR}.exceptions.27.12.2025", "NOT_A_DATE"),
    (
        hours(exceptions={"2025-12-27": [["10:00", "12:00"], ["11:00", "14:00"]]}),
        f"{CALENDAR}.exceptions.2025-12-27[1]",
        "OVERLAPS",
    ),
    # Four hours a week are open: 120,000 minutes in the 500 weeks that are taken for ten years.
    (sla(responseMinutes=120_001, businessHours=MONDAYS), f"{POLICY}.responseMinutes", "OUT_OF_RANGE"),
    (
        sla(responseMinutes={"*": 9, "low": 120_001}, businessHours=MONDAYS),
        f"{POLICY}.responseMinutes.low",
        "OUT_OF_RANGE",
    ),
    (with_escalations(1, 60_001), "sla.escalations[1].afterMinutes", "OUT_OF_RANGE"),
    (sla(businessHours={**MONDAYS, "holidays": EVERY_MONDAY}), CALENDAR, "NEVER_OPENS"),
    (sla(businessHours={**MONDAYS, "exceptions": {day: [] for day in EVERY_MONDAY}}), CALENDAR, "NEVER_OPENS"),
    (hours(holidayCountry="XX"), f"{CALENDAR}.holidayCountry", "UNKNOWN_COUNTRY"),
    (hours(holidayCountry="PAK"), f"{CALENDAR}.holidayCountry", "UNKNOWN_COUNTRY"),
]


@pytest.mark.parametrize(
    ("changes", "path", "reason"), BAD, ids=[f"{n}-{path[:50]}-{reason}" for n, (_, path, reason) in enumerate(BAD)]
)
async def test_a_bad_document_is_refused_by_its_path_also_when_it_is_only_tried_and_changes_nothing(
    shared_door: Door, changes: Any, path: str, reason: str
) -> None:
    before = await shared_door.snapshot()
    with pytest.raises(LeadlineError) as refused:
        await shared_door.change_settings(changes)
    assert refused.value.reason == "VALIDATION_FAILED"
    faults = [(violation.field, violation.reason) for violation in refused.value.violations]
    assert (path, reason) in faults
    assert await faults_of(shared_door.check_settings(changes)) == faults
    assert await shared_door.snapshot() == before


async def test_what_is_tried_is_answered_as_it_would_be_and_nothing_is_stored(door: Door) -> None:
    before = await door.snapshot()
    changes = {"sla": {"atRiskAfterPercent": 75, "firstResponseOn": ["note"]}, "general": {"currency": "EUR"}}
    tried = await door.check_settings(changes)
    assert await door.snapshot() == before
    await door.change_settings(changes)
    assert tried == await door.document()


async def test_what_was_tried_under_a_key_is_answered_again_whatever_has_changed(door: Door) -> None:
    changes = {"sla": {"atRiskAfterPercent": 75}}
    tried = await door.check_settings(changes, key="a-key")
    await door.change_settings({"sla": {"firstResponseOn": ["note"]}})
    assert await door.check_settings(changes, key="a-key") == tried
    assert await door.check_settings(changes) != tried
    again = door.check_settings({"sla": {"atRiskAfterPercent": 80}}, key="a-key")
    assert (await refused(again)).reason == "IDEMPOTENCY_KEY_REUSED"


async def test_a_promise_of_all_that_a_calendar_surely_has_is_taken(door: Door) -> None:
    section = {**with_escalations(1, 60_000)["sla"], "firstResponseOn": ["note"]}
    await door.change_settings({"sla": section})
    assert (await door.document())["sla"]["escalations"][1]["afterMinutes"] == 60_000


async def test_every_fault_is_named_and_only_the_faults(shared_door: Door) -> None:
    with pytest.raises(LeadlineError) as refused:
        await shared_door.change_settings(
            policies(
                {"responseMinutes": {"urgent": 1}, "businessHours": {**HOURS, "hours": {}}},
                {"name": "all", "pauseAtStages": [UNKNOWN_ID, UNKNOWN_ID]},
            )
        )
    assert sorted(violation.field for violation in refused.value.violations) == [
        "sla.policies[0].businessHours.hours",
        "sla.policies[0].responseMinutes",
        "sla.policies[0].responseMinutes.urgent",
        "sla.policies[1].isDefault",
        "sla.policies[1].name",
        "sla.policies[1].pauseAtStages[0]",
        "sla.policies[1].pauseAtStages[1]",
        "sla.policies[1].pauseAtStages[1]",
    ]


async def test_a_document_with_faults_without_end_is_still_answered_by_name(shared_door: Door) -> None:
    faults = {f"{'ü' * 200}{number}": number for number in range(500)}
    with pytest.raises(LeadlineError) as refused:
        await shared_door.change_settings({"general": faults})
    assert refused.value.reason == "VALIDATION_FAILED"
    assert len(refused.value.violations) == 20


async def test_the_stages_of_opportunities_pause_no_clock(shared_door: Door) -> None:
    stage = (await shared_door.snapshot()).stages[-1]
    with pytest.raises(LeadlineError) as refused:
        await shared_door.change_settings(sla(pauseAtStages=[stage.id]))
    assert refused.value.violations[0].reason == "NOT_CONFIGURED"


async def test_a_change_touches_the_keys_it_names_and_replaces_a_list_as_a_whole(door: Door) -> None:
    before = await door.document()
    changed = await door.change_settings({"sla": {"firstResponseOn": ["note"]}, "general": {"currency": "EUR"}})
    after = await door.document()
    assert jsontext.loads(changed.document) == after
    assert changed.version == 2
    assert after == {
        **before,
        "general": {"defaultRegion": "US", "currency": "EUR"},
        "sla": {**before["sla"], "firstResponseOn": ["note"]},
    }
    assert list(after) == ["general", "sla", "scoring", "duplicateDetection", "conversion"]


async def test_a_change_of_the_document_reaches_the_streams(door: Door) -> None:
    stream = door.watch()
    await anext(stream)
    await door.change_settings({"scoring": {"maxScore": 500}})
    pushed = await anext(stream)
    assert pushed.revision == 2
    assert jsontext.loads(pushed.settings.document)["scoring"] == {"maxScore": 500}


async def test_a_policy_comes_back_as_it_was_given(door: Door) -> None:
    stages = [stage.id for stage in (await door.lead_stages())[:2]]
    gold = {
        "name": "Gold",
        "isDefault": False,
        "match": [
            CONDITION,
            {"field": "customFields.size", "operator": "in", "value": ["50-100", 7, True, 0.1]},
            {"field": "email", "operator": "is_not_empty", "value": None},
            {"field": "createdAt", "operator": "older_than_days", "value": "1.5"},
            {"field": "estimatedValue", "operator": "greater_or_equal", "value": "-1000.50"},
            {"field": "company", "operator": "starts_with", "value": 3},
        ],
        "responseMinutes": {"low": 0.05, "medium": 2.5, "high": 1, "critical": 0.000001},
        "businessHours": HOURS,
        "pauseAtStages": stages,
    }
    given = {
        "policies": [gold, {**DEFAULT, "responseMinutes": 90}],
        "atRiskAfterPercent": 33.3,
        "firstResponseOn": [],
        "escalations": [{"afterMinutes": 0.5, "assignTo": UNKNOWN_ID}, {"afterMinutes": 60, "assignTo": None}],
    }
    await door.change_settings({"sla": given})
    assert (await door.document())["sla"] == given


async def test_what_a_policy_leaves_out_is_filled_in(door: Door) -> None:
    await door.change_settings(
        {"sla": {"policies": [{"name": " All ", "isDefault": True, "responseMinutes": {"*": 240}}]}}
    )
    assert (await door.document())["sla"]["policies"] == [DEFAULT]


async def test_a_value_of_another_type_is_a_change_even_where_the_numbers_are_equal(door: Door) -> None:
    await door.change_settings(match(value=1))
    assert (await door.change_settings(match(value=True))).version == 3
    assert (await door.document())["sla"]["policies"][0]["match"][0]["value"] is True


async def test_every_way_of_asking_shows_the_same_document(door: Door) -> None:
    await door.change_settings(hours())
    one = await door.ask(door.settings.GetSettings, pb.GetSettingsRequest())
    assert one.settings == (await door.snapshot()).settings
