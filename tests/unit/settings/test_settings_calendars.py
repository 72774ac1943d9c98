"""Overlapping windows are found, by comparison with a clock that is read minute by minute."""

from hypothesis import given
from hypothesis import strategies as st

from settings_service.domain.document.calendars import violations_of_calendar
from settings_service.domain.document.sla import BusinessHours

MINUTES = st.integers(0, 24 * 60)
WINDOWS = st.lists(st.tuples(MINUTES, MINUTES), min_size=1, max_size=6)


@given(WINDOWS)
def test_windows_are_at_fault_where_a_minute_is_in_two_of_them_or_one_has_no_minute(
    windows: list[tuple[int, int]],
) -> None:
    calendar = BusinessHours.model_validate(
        {"timezone": "UTC", "hours": {"mon": [[clock(start), clock(end)] for start, end in windows]}}
    )
    expected = []
    for place, (start, end) in enumerate(windows):
        before = {minute for earlier in windows[:place] for minute in range(*earlier)}
        if start >= end or before & set(range(start, end)):
            expected.append(f"at.hours.mon[{place}]")
    assert [fault.field for fault in violations_of_calendar("at", calendar)] == expected


def clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
