"""Business time: exact over closing times, holidays, exceptions and daylight-saving changes."""

import time
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from leads_service.domain.business_calendar import BusinessHours, Window
from leads_service.domain.business_clock import NeverOpensError, add_business_time, business_time_between

NINE_TO_SIX = ((540, 1080),)
CLOSED: tuple[Window, ...] = ()
OFFICE = BusinessHours("Europe/Berlin", (NINE_TO_SIX,) * 5 + (CLOSED,) * 2)
ALL_DAY = ((0, 1440),)


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)


def test_time_goes_on_at_the_next_opening() -> None:
    # Friday 17:00, two hours: one today, one on Monday.
    assert add_business_time(berlin("2025-01-24T17:00"), timedelta(hours=2), OFFICE) == berlin("2025-01-27T10:00")


def test_what_runs_out_at_closing_time_is_closing_time() -> None:
    assert add_business_time(berlin("2025-01-24T17:00"), timedelta(hours=1), OFFICE) == berlin("2025-01-24T18:00")


def test_at_closing_time_the_day_is_over() -> None:
    closing = berlin("2025-01-24T18:00")
    assert add_business_time(closing, timedelta(minutes=1), OFFICE) == berlin("2025-01-27T09:01")


def test_before_opening_the_clock_waits() -> None:
    assert add_business_time(berlin("2025-01-25T11:00"), timedelta(minutes=30), OFFICE) == berlin("2025-01-27T09:30")


def test_touching_windows_are_one() -> None:
    split = BusinessHours("Europe/Berlin", (((540, 780), (780, 1080)),) * 7)
    assert add_business_time(berlin("2025-01-24T12:00"), timedelta(hours=2), split) == berlin("2025-01-24T14:00")


def test_windows_may_come_in_any_order() -> None:
    mixed = BusinessHours("Europe/Berlin", (((840, 1080), (540, 780)),) * 7)
    assert add_business_time(berlin("2025-01-24T12:30"), timedelta(hours=1), mixed) == berlin("2025-01-24T14:30")


def test_a_holiday_beats_the_week_and_an_exception_beats_the_holiday() -> None:
    christmas, day_after = date(2025, 12, 25), date(2025, 12, 26)
    hours = BusinessHours(
        "Europe/Berlin",
        (NINE_TO_SIX,) * 7,
        holidays=frozenset({christmas, day_after}),
        exceptions={day_after: ((600, 840),)},
    )
    start = berlin("2025-12-24T17:30")
    assert add_business_time(start, timedelta(hours=1), hours) == berlin("2025-12-26T10:30")
    assert add_business_time(start, timedelta(hours=5), hours) == berlin("2025-12-27T09:30")


def test_public_holidays_of_a_country_are_closed() -> None:
    hours = BusinessHours("Asia/Karachi", (NINE_TO_SIX,) * 7, holiday_country="PK")
    independence = datetime(2025, 8, 13, 17, 30, tzinfo=ZoneInfo("Asia/Karachi"))
    expected = datetime(2025, 8, 15, 9, 30, tzinfo=ZoneInfo("Asia/Karachi"))
    assert add_business_time(independence, timedelta(hours=1), hours) == expected


@pytest.mark.parametrize(("day", "hours_open"), [("2025-03-30", 23), ("2025-10-26", 25)])
def test_real_time_counts_on_the_days_when_clocks_change(day: str, hours_open: int) -> None:
    whole_day = BusinessHours("Europe/Berlin", (ALL_DAY,) * 7)
    start, end = berlin(f"{day}T00:00"), berlin(f"{day}T00:00") + timedelta(hours=hours_open)
    assert whole_day.spans_of(date.fromisoformat(day)) == ((start, end),)


def test_a_window_over_the_change_has_the_hours_that_really_pass() -> None:
    night = BusinessHours("Europe/Berlin", (((60, 300),),) * 7)
    spring, autumn = berlin("2025-03-30T01:00"), berlin("2025-10-26T01:00")
    assert business_time_between(spring, spring + timedelta(hours=12), night) == timedelta(hours=3)
    assert business_time_between(autumn, autumn + timedelta(hours=12), night) == timedelta(hours=5)


def test_opening_within_the_hour_that_is_skipped_is_opening_at_the_skip() -> None:
    night = BusinessHours("Europe/Berlin", (((120, 135), (150, 210)),) * 7)
    skip = datetime(2025, 3, 30, 1, 0, tzinfo=UTC)
    assert night.spans_of(date(2025, 3, 30)) == ((skip, skip + timedelta(minutes=30)),)


def test_opening_in_an_hour_that_comes_twice_is_opening_the_first_time() -> None:
    night = BusinessHours("Europe/Berlin", (((150, 240),),) * 7)
    first_half_past_two = datetime(2025, 10, 26, 0, 30, tzinfo=UTC)
    assert night.spans_of(date(2025, 10, 26))[0][0] == first_half_past_two


def test_a_day_that_a_country_skipped_is_not_open() -> None:
    samoa = BusinessHours("Pacific/Apia", (NINE_TO_SIX,) * 7)
    assert samoa.spans_of(date(2011, 12, 30)) == ()


def test_microseconds_are_kept() -> None:
    start = berlin("2025-01-24T17:59:59.999999")
    assert add_business_time(start, timedelta(microseconds=2), OFFICE) == berlin("2025-01-27T09:00:00.000001")


def test_no_business_time_passes_backwards() -> None:
    assert business_time_between(berlin("2025-01-24T17:00"), berlin("2025-01-24T10:00"), OFFICE) == timedelta(0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"week": (((540, 540),),) * 7},
        {"week": (((600, 540),),) * 7},
        {"week": (((0, 1441),),) * 7},
        {"week": (((540, 700), (690, 800)),) * 7},
        {"week": (CLOSED,) * 7},
        {"week": (NINE_TO_SIX,) * 6},
        {"timezone": "Europe/Nowhere"},
        {"timezone": "Europe"},
        {"timezone": "../secrets"},
        {"holiday_country": "XX"},
        {"exceptions": {date(2025, 1, 1): ((0, 60), (30, 90))}},
    ],
)
def test_a_calendar_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    sensible: dict[str, object] = {"timezone": "Europe/Berlin", "week": (NINE_TO_SIX,) * 7}
    BusinessHours(**sensible)  # type: ignore[arg-type]
    with pytest.raises(ValueError):
        BusinessHours(**{**sensible, **wrong})  # type: ignore[arg-type]


def test_a_span_that_ten_years_do_not_hold_is_an_error_and_not_a_date_far_away() -> None:
    only_once = BusinessHours("UTC", (CLOSED,) * 7, exceptions={date(2025, 1, 24): NINE_TO_SIX})
    start = datetime(2025, 1, 24, 17, tzinfo=UTC)
    assert add_business_time(start, timedelta(hours=1), only_once) == datetime(2025, 1, 24, 18, tzinfo=UTC)
    with pytest.raises(NeverOpensError):
        add_business_time(start, timedelta(hours=1, microseconds=1), only_once)


@pytest.mark.parametrize(("days", "is_in_time"), [(3659, True), (3660, False)])
def test_ten_years_are_3660_days(days: int, *, is_in_time: bool) -> None:
    start = datetime(2025, 1, 24, 12, tzinfo=UTC)
    once = BusinessHours("UTC", (CLOSED,) * 7, exceptions={start.date() + timedelta(days=days): ((720, 721),)})
    opens = start + timedelta(days=days)
    assert business_time_between(start, opens + timedelta(days=1), once) == timedelta(minutes=1)
    if is_in_time:
        assert add_business_time(start, timedelta(minutes=1), once) == opens + timedelta(minutes=1)
    else:
        with pytest.raises(NeverOpensError):
            add_business_time(start, timedelta(minutes=1), once)


@pytest.mark.parametrize("span", [timedelta(hours=4), timedelta(hours=3 * 250 * 9)], ids=["hours", "years"])
def test_a_deadline_in_years_is_computed_as_fast_as_one_in_hours(span: timedelta) -> None:
    hours = BusinessHours("Europe/Berlin", (NINE_TO_SIX,) * 5 + (CLOSED,) * 2, holiday_country="DE")
    start = berlin("2025-01-24T17:00")
    end = add_business_time(start, span, hours)
    began = time.process_time()
    for _ in range(100):
        add_business_time(start, span, hours)
        business_time_between(start, end, hours)
    # Day by day, years take half a millisecond.
    assert (time.process_time() - began) / 200 < 0.0001
