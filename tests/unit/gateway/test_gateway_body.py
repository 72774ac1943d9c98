"""Bodies: every JSON object comes through with its numbers as they were written, everything else is refused."""

import json
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.answers.json import instant, pages
from gateway.body import Number, json_text, parse_object
from gateway.errors import HttpError
from kit.errors import LeadlineError

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
SCALARS = st.none() | st.booleans() | st.integers(-(10**60), 10**60) | TEXTS
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(SCALARS | FLOATS, lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner), max_leaves=30)


@settings(deadline=None)
@given(st.dictionaries(TEXTS, VALUES))
def test_an_object_comes_back_as_it_went_in(value: dict[str, Any]) -> None:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    assert json_text(parse_object(text.encode())) == text


@settings(deadline=None)
@given(VALUES)
def test_a_value_that_is_no_object_comes_back_as_it_went_in_too(value: Any) -> None:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    assert json_text(parse_object(f'{{"value":{text}}}'.encode())["value"]) == text


@settings(deadline=None)
@given(st.decimals(allow_nan=False, allow_infinity=False, places=5, min_value=-(10**20), max_value=10**20))
def test_a_decimal_keeps_every_digit(value: Any) -> None:
    parsed = parse_object(f'{{"n": {value:f}}}'.encode())["n"]
    assert isinstance(parsed, Number)
    assert parsed.exact() == value
    assert f"{parsed.exact():f}" == f"{value:f}"


@settings(deadline=None)
@given(st.binary())
def test_no_bytes_at_all_make_it_stumble(raw: bytes) -> None:
    try:
        parse_object(raw)
    except (HttpError, LeadlineError):
        return
    assert isinstance(json.loads(raw), dict)


@settings(deadline=None)
@given(st.text(alphabet='{}[]",:\\ud8c0e+-.123tfn ', max_size=200))
def test_nothing_that_looks_like_json_makes_it_stumble(text: str) -> None:
    try:
        parse_object(text.encode())
    except (HttpError, LeadlineError):
        return
    assert isinstance(json.loads(text), dict)


def test_instants_end_in_z_to_the_second_or_the_millisecond() -> None:
    assert instant(Timestamp(seconds=1737367200)) == "2025-01-20T10:00:00Z"
    assert instant(Timestamp(seconds=1737367200, nanos=7_999_999)) == "2025-01-20T10:00:00.007Z"
    assert instant(Timestamp(seconds=1737367200, nanos=999_999)) == "2025-01-20T10:00:00Z"
    assert instant(Timestamp(seconds=-1, nanos=500_000_000)) == "1969-12-31T23:59:59.500Z"


def test_a_last_page_may_be_half_full() -> None:
    assert [pages(total, 25) for total in (0, 1, 25, 26, 50)] == [0, 1, 1, 2, 2]
