"""Where a lead's fields go in the records of its conversion, by the rules of conversion.fieldMap."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.ids import new_id
from leads_service.domain import conversion
from leads_service.domain.configuration import Configuration, FieldRule
from leads_service.domain.conversion import ConversionRequest, Surroundings
from leads_service.domain.field_mapping import TARGETS
from leads_service.domain.json_values import LARGEST_BYTES
from leads_service.domain.lead import Lead, value_of
from settings_service.domain.document import field_map as of_settings
from tests.unit.leads.building import ALICE, DOCUMENTED, configured, created, make_lead
from tests.unit.leads.refusals import refusal, unless_refused

LEAD = created(DOCUMENTED).lead
CUSTOM: dict[str, Any] = {
    "legal_name": "StartupIO GmbH",
    "switchboard": "+12125550123",
    "given": "Alicia",
    "family": "Johnson-Smith",
    "work_email": "alicia@startup.io",
    "direct": "(212) 555-0124",
    "role": "Chief Founder",
    "deal": "Seats for all",
    "worth": 1234.5,
    "wish": "Two lines\nof text",
}
# For each target a custom field, and how the plan holds its value.
EVERY = {
    "account.name": ("legal_name", {"name": "StartupIO GmbH"}),
    "account.phone": ("switchboard", {"phone": "+12125550123"}),
    "contact.firstName": ("given", {"firstName": "Alicia"}),
    "contact.lastName": ("family", {"lastName": "Johnson-Smith"}),
    "contact.email": ("work_email", {"email": "alicia@startup.io"}),
    "contact.phone": ("direct", {"phone": "(212) 555-0124", "phoneE164": "+12125550124"}),
    "contact.title": ("role", {"title": "Chief Founder"}),
    "opportunity.name": ("deal", {"name": "Seats for all"}),
    "opportunity.value": ("worth", {"value": "1234.50"}),
    "opportunity.description": ("wish", {"description": "Two lines\nof text"}),
}
RECORDS = ("opportunity", "contact", "account")


def mapping(*ways: tuple[str, str]) -> Configuration:
    rules = tuple(FieldRule(source, *target.split(".", 1)) for source, target in ways)
    return configured(conversion_field_map=rules)


def planned(lead: Lead, configuration: Configuration, request: ConversionRequest | None = None) -> dict[str, Any]:
    wanted = request or ConversionRequest()
    place = conversion.check_request(wanted, configuration)
    return conversion.plan(lead, Surroundings(), wanted, place, ALICE, configuration)


def with_custom(**fields: Any) -> Lead:
    return replace(LEAD, custom_fields=fields)


def test_settings_and_leads_know_the_same_targets() -> None:
    assert {".".join(target) for target in TARGETS} == set(of_settings.TARGETS) == set(EVERY)


@pytest.mark.parametrize("target", EVERY)
def test_a_field_goes_where_the_rule_says_and_nothing_else_changes(target: str) -> None:
    lead, (source, expected) = with_custom(**CUSTOM), EVERY[target]
    plain = planned(lead, configured())
    ruled = planned(lead, mapping((f"customFields.{source}", target)))
    record = target.partition(".")[0]
    for name in RECORDS:
        before, after = ({**plan[name], "newId": None} for plan in (plain, ruled))
        if name == "opportunity":
            # It is said where it goes, so that it does not go along with the rest.
            del before["customFields"][source]
        assert after == (before | expected if name == record else before)


@pytest.mark.parametrize("record", RECORDS)
@pytest.mark.parametrize(
    ("source", "value"), [("estimatedValue", 50_000), ("email", "alice@startup.io"), ("customFields.x", [1, {"a": 2}])]
)
def test_any_field_may_go_to_a_custom_field_under_any_name(record: str, source: str, value: Any) -> None:
    plan = planned(with_custom(x=[1, {"a": 2}]), mapping((source, f"{record}.customFields.kept.as")))
    assert plan[record]["customFields"]["kept.as"] == value


def test_custom_fields_without_a_rule_go_to_what_is_made_first_of_deal_contact_and_account() -> None:
    lead = with_custom(a=1, b=2)
    rules = mapping(("customFields.b", "contact.customFields.c"))
    account, contact, opportunity = (new_id() for _ in range(3))
    whole = planned(lead, rules)
    assert [whole[name]["customFields"] for name in RECORDS] == [{"a": 1}, {"c": 2}, {}]
    contact_first = planned(lead, rules, ConversionRequest(opportunity_id=opportunity))
    assert [contact_first[name]["customFields"] for name in RECORDS] == [{}, {"a": 1, "c": 2}, {}]
    account_only = planned(lead, rules, ConversionRequest(create_opportunity=False, contact_id=contact))
    # The rule's record is linked, so the field goes along with the rest.
    assert account_only["account"]["customFields"] == {"a": 1, "b": 2}
    nothing_made = ConversionRequest(account_id=account, contact_id=contact, opportunity_id=opportunity)
    assert all(planned(lead, rules, nothing_made)[name]["customFields"] == {} for name in RECORDS)


def test_a_linked_record_is_not_mapped_to_and_no_misfit_stands_against_it() -> None:
    lead, rules = with_custom(mail="none"), mapping(("customFields.mail", "contact.email"))
    linked = planned(lead, rules, ConversionRequest(contact_id=new_id()))["contact"]
    assert linked["email"] == "alice@startup.io"
    with refusal("CONVERSION_NOT_ALLOWED"):
        planned(lead, rules)


@pytest.mark.parametrize("nothing", [None, "", "  ", [], {}])
def test_an_empty_field_leaves_what_is_there(nothing: Any) -> None:
    lead = with_custom(x=nothing)
    for target in EVERY:
        rules = mapping(("customFields.x", target))
        record = target.partition(".")[0]
        plain, ruled = ({**planned(lead, each)[record], "newId": None} for each in (configured(), rules))
        assert {**ruled, "customFields": {}} == {**plain, "customFields": {}}
        assert conversion.readiness(lead, rules).can_convert


MISFITS: list[tuple[str, Any]] = [
    ("account.name", ["StartupIO"]),
    ("account.name", {"name": "StartupIO"}),
    ("account.name", True),
    ("account.name", "x" * 201),
    ("account.name", "a\nb"),
    ("account.phone", "call me"),
    ("contact.firstName", "x" * 201),
    ("contact.lastName", False),
    ("contact.email", "none"),
    ("contact.phone", 5),
    ("contact.title", ["a"]),
    ("opportunity.name", "x" * 201),
    ("opportunity.value", "1234.5"),
    ("opportunity.value", True),
    ("opportunity.value", -1),
    ("opportunity.value", 10**13),
    ("opportunity.description", "x" * 20_001),
]


@pytest.mark.parametrize(("target", "value"), MISFITS, ids=lambda each: str(each)[:30])
def test_a_value_that_does_not_fit_keeps_the_lead_from_being_converted_and_is_named(target: str, value: Any) -> None:
    lead, rules = with_custom(x=value), mapping(("title", "contact.customFields.t"), ("customFields.x", target))
    with refusal("CONVERSION_NOT_ALLOWED") as refused:
        planned(lead, rules)
    assert [each.field for each in refused.value.violations] == ["customFields.x"]
    ready = conversion.readiness(lead, rules)
    assert (ready.can_convert, ready.reasons) == (False, ("customFields.x does not fit where it is to go.",))


def test_all_that_does_not_fit_is_named_at_once() -> None:
    rules = mapping(("customFields.a", "contact.email"), ("customFields.b", "opportunity.value"))
    with refusal("CONVERSION_NOT_ALLOWED") as refused:
        planned(with_custom(a="none", b="much"), rules)
    assert [each.field for each in refused.value.violations] == ["customFields.a", "customFields.b"]


def test_custom_fields_that_together_are_too_much_for_a_record_are_refused() -> None:
    half = "x" * (LARGEST_BYTES - 30)
    lead = replace(with_custom(a=half), description="y" * 100)
    assert planned(lead, configured())["opportunity"]["customFields"] == {"a": half}
    with refusal("CONVERSION_NOT_ALLOWED") as refused:
        planned(lead, mapping(("description", "opportunity.customFields.d")))
    assert [(each.field, each.reason) for each in refused.value.violations] == [("customFields", "TOO_LONG")]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**15), 10**15)
    | st.floats(allow_nan=False, allow_infinity=False)
    # Without control characters, which no lead has.
    | st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=3),
    max_leaves=6,
)
KEYS = ("a", "b", "c", "d.e")
SOURCES = st.sampled_from(("firstName", "estimatedValue", "email", *(f"customFields.{key}" for key in KEYS)))
CUSTOM_TARGETS = tuple(f"{record}.customFields.{key}" for record in RECORDS for key in ("k", "a"))
RULES = st.dictionaries(st.sampled_from((*EVERY, *CUSTOM_TARGETS)), SOURCES, max_size=6)
REQUESTS = st.builds(
    ConversionRequest,
    create_account=st.booleans(),
    contact_id=st.none() | st.just(new_id()),
    opportunity_id=st.none() | st.just(new_id()),
)


@given(custom=st.dictionaries(st.sampled_from(KEYS), JSON), rules=RULES, request=REQUESTS)
def test_no_custom_field_is_lost_none_is_twice_without_a_rule_and_a_refusal_is_foreseen(
    custom: dict[str, Any], rules: dict[str, str], request: ConversionRequest
) -> None:
    lead = with_custom(**custom)
    configuration = mapping(*((source, target) for target, source in rules.items()))
    ready = conversion.readiness(lead, configuration)
    plan = unless_refused(lambda: planned(lead, configuration, request), "CONVERSION_NOT_ALLOWED")
    if plan is None:
        assert not ready.can_convert
        return
    made = [name for name in RECORDS if name in plan and plan[name]["linkId"] is None]
    ruled = {source for target, source in rules.items() if target.partition(".")[0] in made}
    for target, source in rules.items():
        record, _, field = target.partition(".")
        value = value_of(lead, source)
        empty = value in (None, [], {}) or (isinstance(value, str) and not value.strip())
        if record in made and field.startswith("customFields.") and not empty:
            kept = plan[record]["customFields"][field.removeprefix("customFields.")]
            assert kept == (float(value) if isinstance(value, Decimal) else value)
    for key, value in custom.items():
        if f"customFields.{key}" not in ruled and made and f"{made[0]}.customFields.{key}" not in rules:
            assert plan[made[0]]["customFields"][key] == value
            assert [key in plan[name]["customFields"] for name in made[1:]] == [
                _is_target(f"{name}.customFields.{key}", rules, lead) for name in made[1:]
            ]
    assert all(plan[name]["customFields"] == {} for name in RECORDS if name in plan and name not in made)


def _is_target(target: str, rules: dict[str, str], lead: Lead) -> bool:
    value = value_of(lead, rules[target]) if target in rules else None
    return value not in (None, [], {}) and not (isinstance(value, str) and not value.strip())


@pytest.mark.parametrize("target", EVERY)
def test_a_type_that_settings_take_fits_its_target(target: str) -> None:
    for source in ("firstName", "company", "title", "source", "priority", "description", "estimatedValue"):
        rule = of_settings.FieldRule.model_validate({"from": source, "to": target})
        refused = list(of_settings.violations_of_types("fieldMap", [rule]))
        if not refused and target not in {"contact.email", "contact.phone", "account.phone"}:
            assert planned(LEAD, mapping((source, target)))


def test_a_lead_without_custom_fields_has_none_to_carry() -> None:
    assert all(planned(make_lead(last_name="J"), configured())[name]["customFields"] == {} for name in RECORDS)
