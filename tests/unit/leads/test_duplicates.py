"""What duplicates are looked for by, and how a new lead is refused for them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.ids import new_id
from leads_service.domain import duplicates
from leads_service.domain.duplicates import Sought
from leads_service.domain.email_key import email_key
from tests.unit.leads.building import CONFIGURATION, configured, make_lead
from tests.unit.leads.refusals import faults


@pytest.mark.parametrize(
    ("given_", "wanted"),
    [
        ({"email": " Alice@Startup.io "}, Sought("alice@startup.io", None)),
        ({"phone": "+1 (212) 555-0123"}, Sought(None, "+12125550123")),
        ({"phone": "212 555 0123"}, Sought(None, "+12125550123")),
        ({"email": "a@b.io", "phone": "+12125550123"}, Sought("a@b.io", "+12125550123")),
        ({"email": "", "phone": "+12125550123"}, Sought(None, "+12125550123")),
        ({"email": "a@b.io", "phone": "  "}, Sought("a@b.io", None)),
    ],
)
def test_duplicates_are_looked_for_by_what_a_lead_would_be_kept_with(given_: dict[str, str], wanted: Sought) -> None:
    assert duplicates.sought(given_, CONFIGURATION) == wanted


def test_a_phone_number_without_country_code_is_of_the_configured_region() -> None:
    assert duplicates.sought({"phone": "020 7946 0000"}, configured(default_region="GB")).phone_e164 == "+442079460000"


@pytest.mark.parametrize("given_", [{}, {"email": ""}, {"email": " ", "phone": ""}])
def test_there_must_be_something_to_look_for(given_: dict[str, str]) -> None:
    with faults(("email", "REQUIRED"), ("phone", "REQUIRED")):
        duplicates.sought(given_, CONFIGURATION)


def test_what_can_be_neither_address_nor_number_is_refused_and_both_are_named() -> None:
    with faults(("email", "NOT_AN_EMAIL"), ("phone", "NOT_A_PHONE_NUMBER")):
        duplicates.sought({"email": "nobody", "phone": "12"}, CONFIGURATION)


def test_a_lead_that_is_known_by_other_things_has_no_duplicates() -> None:
    assert not duplicates.sought_of(make_lead(last_name="Johnson"))
    assert duplicates.sought_of(make_lead(email="A@b.io")) == Sought("a@b.io", None)
    assert duplicates.sought_of(make_lead(phone="212 555 0123")) == Sought(None, "+12125550123")


@given(number=st.integers(2_125_550_000, 2_125_559_999), spaced=st.booleans())
def test_a_lead_is_looked_for_by_the_number_that_finds_it(number: int, spaced: bool) -> None:
    text = f"+1 {str(number)[:3]} {str(number)[3:]}" if spaced else str(number)
    assert duplicates.sought({"phone": text}, CONFIGURATION) == duplicates.sought_of(make_lead(phone=text))


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("Alice@Startup.io", "alice@startup.io"),
        ("Alice@MÜNCHEN.de", "alice@xn--mnchen-3ya.de"),
        ("alice@XN--MNCHEN-3YA.de", "alice@xn--mnchen-3ya.de"),
        ("alice@mail.münchen.xn--p1ai", "alice@mail.xn--mnchen-3ya.xn--p1ai"),
        ("alice@例え.テスト", "alice@xn--r8jz45g.xn--zckzah"),
        ("JÜRGEN@startup.io", "jürgen@startup.io"),
        ("ju\u0308rgen@startup.io", "jürgen@startup.io"),
        ("alice@ſtartup_.io", "alice@ſtartup_.io"),
    ],
)
def test_addresses_are_compared_without_case_and_by_what_their_domain_is_in_ascii(typed: str, key: str) -> None:
    assert email_key(typed) == key


@given(st.text(max_size=12), st.text(max_size=12))
def test_whatever_is_typed_has_a_key_and_the_key_is_its_own(local: str, domain: str) -> None:
    key = email_key(f"{local}@{domain}")
    assert email_key(key) == key


def test_the_refusal_of_a_new_lead_names_those_that_are_there() -> None:
    ids = [new_id(), new_id()]
    refusal = duplicates.duplicate(ids)
    assert (refusal.reason, refusal.metadata) == ("LEAD_DUPLICATE", {"duplicateIds": f"{ids[0]},{ids[1]}"})
