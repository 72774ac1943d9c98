"""What callers may write into a lead's fields, the form in which it is kept, and how all faults are named at once."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kit import jsontext
from kit.ids import new_id
from leads_service.domain.fields import clean_fields, clean_text
from tests.unit.leads.building import CONFIGURATION, DOCUMENTED, configured
from tests.unit.leads.refusals import faults, unless_refused

TEXT_FIELDS = {"first_name": "firstName", "last_name": "lastName", "title": "title", "company": "company"}


def clean(**given_fields: Any) -> dict[str, Any]:
    return clean_fields(given_fields, CONFIGURATION)


def nested(depth: int) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for _ in range(depth - 1):
        fields = {"inner": fields}
    return fields


def test_the_documented_body_is_taken() -> None:
    assert clean(**DOCUMENTED) == {**DOCUMENTED, "phone_e164": "+1234567890", "estimated_value": Decimal("50000.00")}


def test_everything_that_is_wrong_is_named_at_once() -> None:
    wrong = {
        "first_name": "x" * 201,
        "email": "nobody",
        "phone": "call me",
        "source": "carrier pigeon",
        "priority": "whenever",
        "estimated_value": "-1",
        "custom_fields": [],
        "stage_id": "first",
        "assigned_to": "bob",
    }
    expected = (
        ("firstName", "TOO_LONG"),
        ("email", "NOT_AN_EMAIL"),
        ("phone", "NOT_A_PHONE_NUMBER"),
        ("source", "NOT_CONFIGURED"),
        ("priority", "NOT_CONFIGURED"),
        ("estimatedValue", "OUT_OF_RANGE"),
        ("customFields", "WRONG_TYPE"),
        ("stageId", "NOT_A_UUID"),
        ("assignedTo", "NOT_A_UUID"),
    )
    with faults(*expected):
        clean(**wrong)


def test_unknown_priorities_and_sources_name_the_valid_ones() -> None:
    with pytest.raises(Exception, match="low, medium, high, critical") as refused:
        clean(priority="whenever", source="nowhere")
    assert "website, referral" in str(refused.value)


@pytest.mark.parametrize(("attribute", "name"), TEXT_FIELDS.items())
def test_a_line_of_text_is_trimmed_and_bounded(attribute: str, name: str) -> None:
    assert clean(**{attribute: "  Ána-María \n"}) == {attribute: "Ána-María"}
    assert clean(**{attribute: "x" * 200}) == {attribute: "x" * 200}
    for wrong, reason in (("x" * 201, "TOO_LONG"), ("a\nb", "CONTROL_CHARACTER"), ("a\x00", "CONTROL_CHARACTER")):
        with faults((name, reason)):
            clean(**{attribute: wrong})


def test_a_description_has_several_lines_and_a_bound() -> None:
    assert clean(description=" one\r\n\ttwo ") == {"description": "one\r\n\ttwo"}
    for wrong, reason in (("x" * 20_001, "TOO_LONG"), ("a\x00b", "CONTROL_CHARACTER"), ("\ud800", "CONTROL_CHARACTER")):
        with faults(("description", reason)):
            clean(description=wrong)


@pytest.mark.parametrize(
    "attribute", ["first_name", "email", "source", "description", "estimated_value", "assigned_to"]
)
@pytest.mark.parametrize("nothing", [None, "", "  "])
def test_nothing_and_empty_text_clear_a_field(attribute: str, nothing: str | None) -> None:
    assert clean(**{attribute: nothing}) == {attribute: None}


def test_what_cannot_be_empty_becomes_its_default() -> None:
    assert clean(priority=None, custom_fields=None, phone=None) == {
        "priority": "medium",
        "custom_fields": {},
        "phone": None,
        "phone_e164": None,
    }


@pytest.mark.parametrize(
    "address", ["Alice@Startup.IO", "a+b@x.co", "josé@exämple.de", "dev@staging.test", "o'neil@sub.example.com"]
)
def test_an_address_is_kept_as_typed(address: str) -> None:
    assert clean(email=f" {address} ") == {"email": address}


@pytest.mark.parametrize(
    "wrong", ["alice", "alice@", "@startup.io", "a b@startup.io", "a@b", "a@startup..io", "a@b.io, c@d.io"]
)
def test_what_is_no_address_is_refused(wrong: str) -> None:
    with faults(("email", "NOT_AN_EMAIL")):
        clean(email=wrong)


@pytest.mark.parametrize(
    ("typed", "e164"),
    [
        ("+1234567890", "+1234567890"),
        ("+49 (30) 901820", "+4930901820"),
        ("(212) 555-0123", "+12125550123"),
        ("660-485-0224", "+16604850224"),
        ("0044 20 7946 0958", "+442079460958"),
        ("+1 212 555 0123 ext. 7", "+12125550123"),
    ],
)
def test_a_phone_number_is_kept_as_typed_and_in_e164(typed: str, e164: str) -> None:
    region = "GB" if typed.startswith("00") else "US"
    configuration = configured(default_region=region)
    assert clean_fields({"phone": typed}, configuration) == {"phone": typed, "phone_e164": e164}


def test_a_number_without_country_code_is_of_the_configured_region() -> None:
    in_pakistan = clean_fields({"phone": "0301 1234567"}, configured(default_region="PK"))
    assert in_pakistan["phone_e164"] == "+923011234567"


@pytest.mark.parametrize(
    "wrong",
    [
        "call me",
        "12",
        "+1 123",
        "+999 123456789",
        "+1 212 555 0123 456",
        "+1 212 555 0123 456 789 012",
        "12\x0034567",
        "-" * 61,
    ],
)
def test_what_cannot_be_a_phone_number_is_refused(wrong: str) -> None:
    reason = {"12\x0034567": "CONTROL_CHARACTER", "-" * 61: "TOO_LONG"}.get(wrong, "NOT_A_PHONE_NUMBER")
    with faults(("phone", reason)):
        clean(phone=wrong)


@pytest.mark.parametrize(
    ("given_value", "kept"),
    [
        ("50000", "50000.00"),
        ("0", "0.00"),
        ("-0", "0.00"),
        ("0.005", "0.01"),
        ("0.004", "0.00"),
        ("1e3", "1000.00"),
        ("9999999999999.99", "9999999999999.99"),
        (Decimal("12.345"), "12.35"),
        (7, "7.00"),
        (0.1, "0.10"),
    ],
)
def test_money_has_two_decimals_rounded_half_up(given_value: object, kept: str) -> None:
    assert str(clean(estimated_value=given_value)["estimated_value"]) == kept


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ("-0.01", "OUT_OF_RANGE"),
        ("10000000000000", "OUT_OF_RANGE"),
        ("9999999999999.995", "OUT_OF_RANGE"),
        ("1e400", "OUT_OF_RANGE"),
        ("NaN", "WRONG_TYPE"),
        ("sNaN", "WRONG_TYPE"),
        ("Infinity", "WRONG_TYPE"),
        ("a lot", "WRONG_TYPE"),
        (True, "WRONG_TYPE"),
    ],
)
def test_what_is_no_sum_of_money_is_refused(wrong: object, reason: str) -> None:
    with faults(("estimatedValue", reason)):
        clean(estimated_value=wrong)


def test_ids_are_taken_as_ids_or_as_text() -> None:
    owner = new_id()
    assert clean(assigned_to=owner) == clean(assigned_to=str(owner)) == {"assigned_to": owner}


def test_custom_fields_keep_every_kind_of_json() -> None:
    kept = {"a": None, "b": [1, 2.5, {"c": True}], "d": "text\nof lines", "": "empty key", "big": 10**30, "ü": "😀"}
    assert clean(custom_fields=kept) == {"custom_fields": kept}


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"a": "x" * 32 * 1024}, "TOO_LONG"),
        ({"a": "ü" * 16 * 1024}, "TOO_LONG"),
        ({"a": float("nan")}, "WRONG_TYPE"),
        ({"a": [float("inf")]}, "WRONG_TYPE"),
        ({"a": "\x00"}, "CONTROL_CHARACTER"),
        ({"a": [{"b\x00": 1}]}, "CONTROL_CHARACTER"),
        ({"\ud800": 1}, "CONTROL_CHARACTER"),
        ({"a": new_id()}, "WRONG_TYPE"),
        (nested(33), "TOO_DEEP"),
        (nested(5_000), "TOO_DEEP"),
        ([], "WRONG_TYPE"),
        ("text", "WRONG_TYPE"),
        (5, "WRONG_TYPE"),
    ],
)
def test_custom_fields_that_could_not_be_kept_are_refused(wrong: object, reason: str) -> None:
    with faults(("customFields", reason)):
        clean(custom_fields=wrong)


def test_the_size_of_custom_fields_is_that_of_their_json() -> None:
    frame = len('{"a":""}')
    fits = {"a": "x" * (32 * 1024 - frame)}
    assert clean(custom_fields=fits) == {"custom_fields": fits}
    assert clean(custom_fields=nested(32)) == {"custom_fields": nested(32)}
    with faults(("customFields", "TOO_LONG")):
        clean(custom_fields={"a": fits["a"] + "x"})


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.text(), anything, max_size=4))
@example({"a": "\\u0000"})
def test_custom_fields_are_refused_or_can_be_kept_by_postgresql(fields: dict[str, Any]) -> None:
    cleaned = unless_refused(lambda: clean(custom_fields=fields), "VALIDATION_FAILED")
    if cleaned is None:
        return
    kept = cleaned["custom_fields"]
    text = jsontext.dumps(kept)
    assert kept == fields == jsontext.loads(text)
    assert "\x00" not in "".join(map(str, [*kept, *kept.values()]))
    text.encode()


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([*TEXT_FIELDS, "email", "phone", "source", "priority", "description", "estimated_value"]), st.text()
)
def test_any_text_is_refused_or_kept_in_a_form_that_is_taken_again(attribute: str, text: str) -> None:
    kept = unless_refused(lambda: clean(**{attribute: text}), "VALIDATION_FAILED")
    if kept is None:
        return
    again = clean(**{attribute: kept[attribute]})
    assert again == kept
    assert "\x00" not in str(kept)


def test_a_text_that_stands_on_its_own_may_have_to_be_there() -> None:
    assert clean_text("content", " two\nlines ", longest=20) == "two\nlines"
    assert clean_text("body", "  ", longest=20, required=False) == ""
    for wrong, reason in ((" ", "REQUIRED"), ("x" * 21, "TOO_LONG"), ("a\x00", "CONTROL_CHARACTER")):
        with faults(("content", reason)):
            clean_text("content", wrong, longest=20)
