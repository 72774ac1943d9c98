"""What holds of business time whatever the calendar, and that it is what a clock on the wall says minute by minute."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leads_service.domain.business_calendar import BusinessHours
from leads_service.domain.business_clock import add_business_time, business_time_between
from tests.unit.leads.building import instants_between
from tests.unit.leads.calendars import ZONES, calendars, situations
from tests.unit.leads.naive_clock import naive_add, naive_between

DAY, MOMENT, NOTHING = timedelta(days=1), timedelta(microseconds=1), timedelta(0)
QUARTER = timedelta(minutes=15)
Situation = tuple[BusinessHours, datetime]
years = st.timedeltas(NOTHING, 400 * DAY)
instants = instants_between(datetime(2024, 1, 1, tzinfo=UTC), datetime(2026, 12, 31, tzinfo=UTC))
few, many = (settings(max_examples=count, deadline=None) for count in (25, 30))


def span_within(data: st.DataObject, hours: BusinessHours, start: datetime, real: timedelta) -> timedelta:
    """Some business time that passes within so much real time, often all of it."""
    most = business_time_between(start, start + real, hours)
    return data.draw(st.just(most) | st.timedeltas(NOTHING, most), label="span")


@many
@given(situations(), st.timedeltas(NOTHING, 3 * DAY))
def test_what_passes_is_what_the_clock_on_the_wall_says_minute_by_minute(situation: Situation, real: timedelta) -> None:
    hours, start = situation
    assert business_time_between(start, start + real, hours) == naive_between(start, start + real, hours)


@many
@given(situations(), st.timedeltas(MOMENT, 3 * DAY), st.data())
def test_time_has_passed_when_the_clock_on_the_wall_says_so(
    situation: Situation, real: timedelta, data: st.DataObject
) -> None:
    hours, start = situation
    span = span_within(data, hours, start, real)
    if span:
        assert add_business_time(start, span, hours) == naive_add(start, span, hours)


@settings(max_examples=3, deadline=None)
@given(calendars(grid=15), instants_between(datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 12, 31, tzinfo=UTC)))
def test_over_years_it_is_still_what_the_clock_on_the_wall_says(hours: BusinessHours, start: datetime) -> None:
    passed = naive_between(start, start + 800 * DAY, hours, QUARTER)
    assert business_time_between(start, start + 800 * DAY, hours) == passed
    assert add_business_time(start, passed, hours) == naive_add(start, passed, hours, QUARTER)


@few
@given(situations(), years, st.data())
def test_measuring_what_was_added_gives_it_back(situation: Situation, real: timedelta, data: st.DataObject) -> None:
    hours, start = situation
    span = span_within(data, hours, start, real)
    assert business_time_between(start, add_business_time(start, span, hours), hours) == span


@few
@given(situations(), years)
def test_adding_what_was_measured_comes_back_to_where_business_time_last_passed(
    situation: Situation, real: timedelta
) -> None:
    hours, start = situation
    end = start + real
    back = add_business_time(start, business_time_between(start, end, hours), hours)
    assert start <= back <= end
    assert business_time_between(back, end, hours) == NOTHING
    assert back == start or business_time_between(back - MOMENT, back, hours) == MOMENT


@few
@given(situations(), years, st.data())
def test_adding_in_two_steps_is_adding_once(situation: Situation, real: timedelta, data: st.DataObject) -> None:
    hours, start = situation
    whole = span_within(data, hours, start, real)
    first = data.draw(st.timedeltas(NOTHING, whole), label="first")
    in_steps = add_business_time(add_business_time(start, first, hours), whole - first, hours)
    # Of no time at all there is no end: it is where one is.
    assert in_steps == add_business_time(start, whole, hours)


@few
@given(situations(), years, years, st.data())
def test_who_starts_later_is_not_done_earlier(
    situation: Situation, later_by: timedelta, real: timedelta, data: st.DataObject
) -> None:
    hours, start = situation
    span = span_within(data, hours, start + later_by, real)
    assert add_business_time(start, span, hours) <= add_business_time(start + later_by, span, hours)


@few
@given(situations(), years, st.data())
def test_time_runs_out_within_an_open_window_or_at_its_end(
    situation: Situation, real: timedelta, data: st.DataObject
) -> None:
    hours, start = situation
    span = span_within(data, hours, start, real)
    if span:
        end = add_business_time(start, span, hours)
        near = [each for step in (-2, -1, 0, 1, 2) for each in hours.spans_of(end.date() + step * DAY)]
        assert any(opens < end <= closes for opens, closes in near)


@few
@given(situations(), years, years)
def test_business_time_adds_up_over_any_instant_between(
    situation: Situation, first: timedelta, second: timedelta
) -> None:
    hours, start = situation
    middle, end = start + first, start + first + second
    parts = business_time_between(start, middle, hours) + business_time_between(middle, end, hours)
    assert parts == business_time_between(start, end, hours)


@few
@given(situations(), years, st.data())
def test_no_more_business_time_passes_than_time(situation: Situation, real: timedelta, data: st.DataObject) -> None:
    hours, start = situation
    span = span_within(data, hours, start, real)
    assert span <= real
    assert add_business_time(start, span, hours) >= start + span


@few
@given(st.sampled_from(ZONES), instants, years)
def test_a_calendar_that_is_always_open_is_the_clock_on_the_wall(zone: str, start: datetime, span: timedelta) -> None:
    always = BusinessHours(zone, (((0, 1440),),) * 7)
    assert add_business_time(start, span, always) == start + span == add_business_time(start, span, None)
    assert (
        business_time_between(start, start + span, always) == span == business_time_between(start, start + span, None)
    )


@pytest.mark.parametrize("zone", ["Asia/Dhaka", "America/Phoenix", "Pacific/Apia"])
def test_a_years_end_at_which_clocks_are_put_back_or_a_day_is_skipped_is_counted_once(zone: str) -> None:
    # Dhaka at the end of 2009 from 24:00, Phoenix at that of 1943 from 00:01; Apia left out the day before its last.
    year = {"Asia/Dhaka": 2009, "America/Phoenix": 1943, "Pacific/Apia": 2011}[zone]
    nights = BusinessHours(zone, (((0, 30), (1380, 1440)),) * 7, exceptions={date(year + 1, 1, 2): ()})
    start = datetime(year, 12, 29, 18, 7, tzinfo=UTC)
    for minutes in range(30, 6000, 397):
        end = start + timedelta(minutes=minutes)
        passed = business_time_between(start, end, nights)
        assert passed == naive_between(start, end, nights)
        if passed:
            assert add_business_time(start, passed, nights) == naive_add(start, passed, nights)
