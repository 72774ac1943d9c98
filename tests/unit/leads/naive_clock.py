"""Business time the slow and obvious way: by looking at the clock on the wall minute by minute."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from holidays import country_holidays

from leads_service.domain.business_calendar import BusinessHours

MINUTE = timedelta(minutes=1)
# Clocks are put back by less.
_LONGEST_CHANGE = timedelta(days=1)
# Nobody waits for what never comes.
_MOST_STEPS = 100_000


def naive_add(start: datetime, span: timedelta, hours: BusinessHours, step: timedelta = MINUTE) -> datetime:
    """Walk on, and let time run out while it is open. All edges of the calendar lie on whole steps."""
    for begin, is_open in _steps(start, hours, step):
        if not is_open:
            continue
        begin_of_rest = max(begin, start)
        rest = begin + step - begin_of_rest
        if span <= rest:
            return begin_of_rest + span
        span -= rest
    raise AssertionError


def naive_between(start: datetime, end: datetime, hours: BusinessHours, step: timedelta = MINUTE) -> timedelta:
    """Add up the steps that are open, of the first and the last of them only what lies between."""
    passed = timedelta(0)
    for begin, is_open in _steps(start, hours, step):
        if begin >= end:
            return passed
        if is_open:
            passed += min(begin + step, end) - max(begin, start)
    raise AssertionError


def _steps(start: datetime, hours: BusinessHours, step: timedelta) -> Iterator[tuple[datetime, bool]]:
    """The steps from the one on in which ``start`` is, and whether business is open in each.

    What clocks that were put back show for the second time has been already: until they show something new, it is as
    it was just before.
    """
    zone, public = ZoneInfo(hours.timezone), country_holidays(hours.holiday_country) if hours.holiday_country else ()
    first = start.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    begin, shown = first - _LONGEST_CHANGE, datetime.min  # noqa: DTZ901 - what walls show has no zone
    for _ in range(_MOST_STEPS):
        shown = max(shown, begin.astimezone(zone).replace(tzinfo=None))
        if begin + step > start:
            yield begin, _is_open(hours, shown, public)
        begin += step


def _is_open(hours: BusinessHours, wall: datetime, public: object) -> bool:
    day, minute = wall.date(), wall.hour * 60 + wall.minute
    if day in hours.exceptions:
        windows = hours.exceptions[day]
    elif day in hours.holidays or day in public:  # type: ignore[operator]
        windows = ()
    else:
        windows = hours.week[day.weekday()]
    return any(opens <= minute < closes for opens, closes in windows)
