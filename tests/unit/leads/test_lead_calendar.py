"""Months, days and remainders are the same time as the one that they stand for."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import example, given
from hypothesis import strategies as st

from leads_service.store.lead_calendar import Calendar, Remainder, Whole, calendar_of

_INSTANTS = st.datetimes(datetime(2024, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
_BOUNDS = st.none() | _INSTANTS
_END_OF_TIME = datetime.max.replace(tzinfo=UTC)


def times_counted(calendar: Calendar, instant: datetime) -> int:
    return sum(each.sign for each in calendar.whole if has(each, instant)) + sum(
        each.sign for each in calendar.remainders if each.start <= instant < each.end
    )


def has(whole: Whole, instant: datetime) -> bool:
    day = instant.date().replace(day=1) if whole.unit == "month" else instant.date()
    return (whole.first is None or day >= whole.first) and (whole.before is None or day < whole.before)


@given(start=_BOUNDS, end=_BOUNDS, instant=_INSTANTS)
@example(start=_END_OF_TIME, end=None, instant=datetime(2026, 1, 1, tzinfo=UTC))
@example(start=None, end=_END_OF_TIME, instant=datetime(2026, 1, 1, tzinfo=UTC))
def test_each_instant_is_counted_once_if_it_is_in_the_time_and_else_not(
    start: datetime | None, end: datetime | None, instant: datetime
) -> None:
    inside = (start is None or start <= instant) and (end is None or instant < end)
    assert times_counted(calendar_of(start, end), instant) == inside


@given(start=_INSTANTS, length=st.timedeltas(timedelta(0), timedelta(days=30)), instant=_INSTANTS)
def test_so_is_each_instant_of_a_short_time(start: datetime, length: timedelta, instant: datetime) -> None:
    assert times_counted(calendar_of(start, start + length), instant) == (start <= instant < start + length)


@given(start=_INSTANTS, end=_INSTANTS)
def test_remainders_are_never_more_than_half_a_day_each(start: datetime, end: datetime) -> None:
    assert all(each.end - each.start <= timedelta(hours=12) for each in calendar_of(start, end).remainders)


def test_half_a_month_and_less_is_counted_by_days() -> None:
    start, end = datetime(2025, 3, 30, 22, tzinfo=UTC), datetime(2025, 4, 2, tzinfo=UTC)
    until_midnight = Remainder(1, start, datetime(2025, 3, 31, tzinfo=UTC))
    assert calendar_of(start, end) == Calendar(
        (Whole("day", 1, date(2025, 3, 31), date(2025, 4, 2)),), (until_midnight,)
    )


def test_some_hours_are_looked_at_as_they_are() -> None:
    start, end = datetime(2025, 3, 30, 22, tzinfo=UTC), datetime(2025, 3, 31, 3, tzinfo=UTC)
    assert calendar_of(start, end) == Calendar((), (Remainder(1, start, end),))
