"""Months and their remainders are the same time as the one that they stand for."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from leads_service.store.lead_months import Months, Remainder, months_of

_INSTANTS = st.datetimes(datetime(2024, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
_BOUNDS = st.none() | _INSTANTS


def times_counted(months: Months, instant: datetime) -> int:
    month = instant.date().replace(day=1)
    in_months = (months.first is None or month >= months.first) and (months.before is None or month < months.before)
    return in_months + sum(each.sign for each in months.remainders if each.start <= instant < each.end)


@given(start=_BOUNDS, end=_BOUNDS, instant=_INSTANTS)
def test_each_instant_is_counted_once_if_it_is_in_the_time_and_else_not(
    start: datetime | None, end: datetime | None, instant: datetime
) -> None:
    inside = (start is None or start <= instant) and (end is None or instant < end)
    assert times_counted(months_of(start, end), instant) == inside


@given(start=_INSTANTS, end=_INSTANTS)
def test_remainders_are_never_more_than_half_a_month_each(start: datetime, end: datetime) -> None:
    assert all(each.end - each.start <= timedelta(days=15, hours=12) for each in months_of(start, end).remainders)


def test_a_short_time_is_looked_at_as_it_is() -> None:
    start, end = datetime(2025, 3, 30, tzinfo=UTC), datetime(2025, 4, 2, tzinfo=UTC)
    assert months_of(start, end) == Months(date(1, 1, 1), date(1, 1, 1), (Remainder(1, start, end),))
