"""Business time: exact over closing times, holidays, exceptions and daylight-saving changes."""

import time
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leads_service.domain.business_clock import (
    BusinessHours,
    NeverOpensError,
    Window,
    add_business_time,
    business_time_between,
)
from tests.unit.leads.building import instants_between

NINE_TO_SIX = ((540, 1080),)
CLOSED: tuple[Window, ...] = ()
OFFICE = BusinessHours("Europe/Berlin", (NINE_TO_SIX,) * 5 + (CLOSED,) * 2)
ALL_DAY = ((0, 1440),)
ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Karachi",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "America/Havana",
)


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)


@st.composite
def windows(draw: st.DrawFn) -> tuple[Window, ...]:
    edges = sorted(draw(st.sets(st.integers(0, 96), max_size=6)))
    if len(edges) % 2:
        edges.pop()
    return tuple((start * 15, end * 15) for start, end in zip(edges[::2], edges[1::2], strict=True))


@st.composite
def calendars(draw: st.DrawFn) -> BusinessHours:
    one, other, days_of_one = draw(windows().filter(bool)), draw(windows()), draw(st.integers(1, 127))
    days = st.dates(date(2024, 1, 1), date(2026, 12, 31))
    return BusinessHours(
        draw(st.sampled_from(ZONES)),
        tuple(one if days_of_one >> day & 1 else other for day in range(7)),
        holidays=draw(st.frozensets(days, max_size=3)),
        exceptions=dict.fromkeys(draw(st.frozensets(days, max_size=3)), other),
    )


instants = instants_between(datetime(2024, 1, 1, tzinfo=UTC), datetime(2026, 12, 31, tzinfo=UTC))
# Around the changes of the clocks, where it is hard.
changes = st.sampled_from(
    [datetime(2025, 3, 30, 1, tzinfo=UTC), datetime(2025, 10, 26, 1, tzinfo=UTC), datetime(2025, 11, 2, 5, tzinfo=UTC)]
)
starts = instants | st.builds(
    lambda change, minutes: change + timedelta(minutes=minutes), changes, st.integers(-3000, 3000)
)
spans = st.timedeltas(timedelta(microseconds=1), timedelta(days=5))
bounded = settings(max_examples=50, deadline=None)


@bounded
@given(calendars(), starts, spans)
def test_measuring_what_was_added_gives_it_back(hours: BusinessHours, start: datetime, span: timedelta) -> None:
    assert business_time_between(start, add_business_time(start, span, hours), hours) == span


@bounded
@given(calendars(), starts, spans, spans)
def test_adding_in_two_steps_is_adding_once(
    hours: BusinessHours, start: datetime, first: timedelta, second: timedelta
) -> None:
    in_steps = add_business_time(add_business_time(start, first, hours), second, hours)
    assert in_steps == add_business_time(start, first + second, hours)


@bounded
@given(calendars(), starts, starts, spans)
def test_who_starts_later_is_not_done_earlier(
    hours: BusinessHours, one: datetime, other: datetime, span: timedelta
) -> None:
    earlier, later = sorted((one, other))
    assert add_business_time(earlier, span, hours) <= add_business_time(later, span, hours)


@bounded
@given(calendars(), starts, spans)
def test_time_runs_out_within_an_open_window_or_at_its_end(
    hours: BusinessHours, start: datetime, span: timedelta
) -> None:
    end = add_business_time(start, span, hours)
    day = hours.local_day(end)
    near = [each for step in (-1, 0, 1) for each in hours.spans_of(day + timedelta(days=step))]
    assert any(opens < end <= closes for opens, closes in near)


@bounded
@given(
    calendars(),
    starts,
    st.timedeltas(timedelta(0), timedelta(days=20)),
    st.timedeltas(timedelta(0), timedelta(days=20)),
)
def test_business_time_adds_up_over_any_instant_between(
    hours: BusinessHours, start: datetime, first: timedelta, second: timedelta
) -> None:
    middle, end = start + first, start + first + second
    parts = business_time_between(start, middle, hours) + business_time_between(middle, end, hours)
    assert parts == business_time_between(start, end, hours)


@bounded
@given(st.sampled_from(ZONES), starts, spans)
def test_a_calendar_that_is_always_open_is_the_clock_on_the_wall(zone: str, start: datetime, span: timedelta) -> None:
    always = BusinessHours(zone, (ALL_DAY,) * 7)
    assert add_business_time(start, span, always) == start + span == add_business_time(start, span, None)


@bounded
@given(calendars(), instants)
def test_every_quarter_of_an_hour_is_open_exactly_as_the_calendar_says(hours: BusinessHours, start: datetime) -> None:
    """Slow and obvious against fast: away from changes of the clocks, a moment is open if its wall time is."""
    zone = ZoneInfo(hours.timezone)
    start = start.replace(minute=0, second=0, microsecond=0)
    quarters = [start + timedelta(minutes=15 * step) for step in range(96)]
    if len({quarter.astimezone(zone).utcoffset() for quarter in [*quarters, start + timedelta(days=2)]}) > 1:
        return
    is_open = [_open_at(hours, quarter.astimezone(zone)) for quarter in quarters]
    assert business_time_between(start, start + timedelta(days=1), hours) == timedelta(minutes=15) * sum(is_open)


def _open_at(hours: BusinessHours, wall: datetime) -> bool:
    day = wall.date()
    default = CLOSED if day in hours.holidays else hours.week[day.weekday()]
    minute = wall.hour * 60 + wall.minute
    return any(start <= minute < end for start, end in hours.exceptions.get(day, default))


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


def test_a_deadline_is_computed_in_well_under_a_millisecond() -> None:
    hours = BusinessHours("Europe/Berlin", (NINE_TO_SIX,) * 5 + (CLOSED,) * 2, holiday_country="DE")
    start = berlin("2025-01-24T17:00")
    add_business_time(start, timedelta(minutes=240), hours)
    began = time.perf_counter()
    for _ in range(100):
        add_business_time(start, timedelta(minutes=240), hours)
    assert (time.perf_counter() - began) / 100 < 0.001
