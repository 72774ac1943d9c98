"""Pages of lists: numbers follow each other, and a cursor leads to where it was made or nowhere."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import LeadlineError
from kit.paging import Place, _sealed, cursor_of, page_of, place_of, span_of

KEYS = st.one_of(
    st.none(),
    st.text(max_size=200),
    st.integers(-(2**31), 2**31),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.datetimes(timezones=st.just(UTC)),
)
PLACE = Place(datetime(2026, 1, 1, tzinfo=UTC), UUID(int=7))


@dataclass
class Request:
    page: int = 0
    limit: int = 0
    cursor: str = ""


@given(st.integers(1, 10**6), st.integers(1, 100))
def test_pages_follow_each_other_without_gap(number: int, limit: int) -> None:
    (size, offset), (_, following) = page_of(number, limit), page_of(number + 1, limit)
    assert (size, offset + limit) == (limit, following)
    assert page_of(1, limit) == page_of(0, limit) == (limit, 0)


@given(KEYS, st.uuids(), st.booleans())
def test_a_cursor_leads_back_to_its_place(key: object, ident: UUID, is_told: bool) -> None:
    place = place_of(cursor_of(Place(key, ident, is_told), "name desc"), "name desc")
    assert place == Place(key if is_told else None, ident, is_told)


@given(st.integers(0, 200), st.characters(codec="ascii", categories=["L", "N"]))
def test_a_cursor_that_was_changed_is_no_cursor(position: int, other: str) -> None:
    cursor = cursor_of(Place(Decimal("12.50"), UUID(int=7)), "value desc")
    position %= len(cursor)
    if cursor[position] == other:
        return
    with pytest.raises(LeadlineError) as refused:
        place_of(cursor[:position] + other + cursor[position + 1 :], "value desc")
    assert [(each.field, each.reason) for each in refused.value.violations] == [("cursor", "NOT_A_CURSOR")]


def test_a_cursor_has_no_half_of_a_character() -> None:
    made_up = _sealed(rb'["list","plain","\ud800","%b"]' % str(PLACE.id).encode())
    with pytest.raises(LeadlineError) as refused:
        place_of(made_up, "list")
    assert [(each.field, each.reason) for each in refused.value.violations] == [("cursor", "NOT_A_CURSOR")]


def test_a_cursor_is_good_for_one_list_in_one_order() -> None:
    with pytest.raises(LeadlineError, match="another list"):
        place_of(cursor_of(PLACE, "account name asc"), "account name desc")


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (Request(page=1, cursor="x"), "cursor"),
        (Request(page=-1), "page"),
        (Request(page=10_000_001), "page"),
        (Request(limit=101), "limit"),
        (Request(limit=-1), "limit"),
        (Request(cursor="x" * 2001), "cursor"),
        (Request(cursor="é"), "cursor"),
    ],
)
def test_what_is_no_part_of_a_list_is_refused(request_: Request, field: str) -> None:
    with pytest.raises(LeadlineError) as refused:
        span_of(request_, "list")
    assert [each.field for each in refused.value.violations] == [field]


def test_a_part_begins_at_an_offset_or_behind_a_place() -> None:
    assert span_of(Request(page=3, limit=10), "list").offset == 20
    behind = span_of(Request(cursor=cursor_of(PLACE, "list"), limit=10), "list")
    assert (behind.after, behind.offset, behind.limit) == (PLACE, 0, 10)
    assert cursor_of(None, "list") == ""
