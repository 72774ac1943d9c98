"""Whatever settings take as the window of a policy, the leads service finds the deadline of."""

import warnings
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from holidays import country_holidays
from holidays.registry import EntityLoader
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.errors import FieldViolation
from leads_service.domain import sla
from leads_service.domain.settings_document import settings_from_document
from settings_service.domain.document.limits import violations_of_limits
from settings_service.domain.document.sla import Escalation, Policy

ZONES = ["UTC", "Europe/Berlin", "Africa/Casablanca", "Antarctica/Troll", "Australia/Lord_Howe", "Asia/Beirut"]
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
TEN_YEARS = 10 * 366 * 24 * 60
# Some of them where clocks are put forward.
EDGES = ["00:00", "00:30", "01:00", "02:00", "02:10", "02:30", "03:00", "09:00", "17:30", "24:00"]


@st.composite
def calendars(draw: st.DrawFn) -> dict[str, Any]:
    windows = st.sets(st.sampled_from(EDGES), min_size=2, max_size=2).map(lambda edges: [sorted(edges)])
    hours = draw(st.dictionaries(st.sampled_from(DAYS), windows, min_size=1, max_size=3))
    # A day of the week that is open, in most weeks of ten years: 2024 began with a Monday.
    first = date(2024, 1, 1) + timedelta(days=DAYS.index(draw(st.sampled_from(sorted(hours)))))
    holidays = [str(first + timedelta(weeks=week)) for week in range(400)]
    return {
        "timezone": draw(st.sampled_from(ZONES)),
        "hours": hours,
        "holidays": holidays[: draw(st.sampled_from([0, 400]))],
        "exceptions": draw(st.dictionaries(st.sampled_from(holidays), windows | st.just([]), max_size=3)),
        "holidayCountry": draw(st.sampled_from([None, None, "CO", "PK"])),
    }


def faults_of(policy: dict[str, Any], escalations: Sequence[float]) -> list[FieldViolation]:
    made = Policy.model_validate({"name": "All", "isDefault": True, **policy})
    return list(
        violations_of_limits("at", made, [Escalation.model_validate({"afterMinutes": each}) for each in escalations])
    )


def most_of(calendar: dict[str, Any]) -> int:
    """The longest window that is taken; 0 where none is."""
    (fault,) = faults_of({"responseMinutes": TEN_YEARS, "businessHours": calendar}, [])
    if fault.reason == "NEVER_OPENS":
        return 0
    return int(fault.message.removeprefix("Must be at most ").partition(",")[0])


@settings(max_examples=20, deadline=None)
@given(
    calendars(),
    st.timedeltas(timedelta(0), timedelta(days=500)).map(lambda passed: datetime(2024, 1, 1, tzinfo=UTC) + passed),
    st.integers(1, 99),
)
def test_the_longest_window_that_is_taken_comes_due_with_the_last_escalation(
    calendar: dict[str, Any], start: datetime, percent: int
) -> None:
    most = most_of(calendar)
    window = most * percent // 100
    if not window:
        return
    for minutes, escalations in ((most, []), (window, [most - window])):
        policy = {"name": "All", "responseMinutes": minutes, "businessHours": calendar}
        assert faults_of({"responseMinutes": minutes, "businessHours": calendar}, escalations) == []
        document = {"sla": {"policies": [policy], "escalations": [{"afterMinutes": each} for each in escalations]}}
        made = settings_from_document(document)
        promised = sla.promise(made.policies[0], "high", start, made)
        assert promised is not None
        (*_, last) = [promised.deadline, *(each.at for each in promised.escalations)]
        assert last - start < timedelta(days=3660)
    assert faults_of({"responseMinutes": window, "businessHours": calendar}, [most - window + 1])


def test_an_escalation_is_too_late_only_after_a_window_that_itself_is_taken() -> None:
    mondays = {"timezone": "UTC", "hours": {"mon": [["09:00", "13:00"]]}}
    minutes = {"low": 120_001, "high": 20_000, "*": 10}
    faults = faults_of({"responseMinutes": minutes, "businessHours": mondays}, [100_000, 100_001])
    assert [fault.field for fault in faults] == ["at.responseMinutes.low", "sla.escalations[1].afterMinutes"]
    assert faults_of({"responseMinutes": TEN_YEARS}, [TEN_YEARS]) == []


def test_no_country_has_holidays_on_half_of_any_weekday() -> None:
    for country in EntityLoader.get_country_codes(include_aliases=False):
        with warnings.catch_warnings():
            # Of some countries the days are known for some years only.
            warnings.simplefilter("ignore")
            days = country_holidays(country, years=range(2025, 2035))
        on_each = Counter(day.weekday() for day in days)
        assert max(on_each.values(), default=0) < 520 // 4, country
