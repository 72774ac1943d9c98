"""Business time: how much of it passes between two instants, and when so much of it has passed (spec: SLA).

Windows are half open; an exception beats a holiday beats the week; only real elapsed time counts, also across
daylight-saving changes. A span that ends with a window ends at closing time, not at the next opening.
"""

from bisect import bisect_left
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from holidays import country_holidays

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FURTHEST = timedelta(days=3660)
_DAY = timedelta(days=1)
_MINUTES_OF_DAY = 1440
_MOST_CACHED_DAYS = 4000

# Minutes of the local day, start and end; the last is midnight at its end.
Window = tuple[int, int]
Span = tuple[datetime, datetime]


class NeverOpensError(ValueError):
    """The calendar has not so much business time within ten years."""


@dataclass(frozen=True, slots=True)
class BusinessHours:
    """A business calendar. ``week`` has the windows of each day, Monday first.

    Raises:
        ValueError: windows that overlap or end before they start, a week without its seven days, an unknown time
            zone or country, or a calendar that never opens.
    """

    timezone: str
    week: tuple[tuple[Window, ...], ...]
    holidays: frozenset[date] = frozenset()
    exceptions: Mapping[date, tuple[Window, ...]] = field(default_factory=dict)
    holiday_country: str | None = None
    _zone: ZoneInfo = field(init=False, repr=False, compare=False)
    _public: Container[date] | None = field(init=False, repr=False, compare=False)
    _spans: dict[date, tuple[Span, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse a calendar that makes no sense, before any lead depends on it."""
        if len(self.week) != len(DAYS):
            message = "a week has seven days"
            raise ValueError(message)
        for windows in (*self.week, *self.exceptions.values()):
            _check(windows)
        if not any(self.week) and not any(self.exceptions.values()):
            message = "the calendar never opens"
            raise ValueError(message)
        country = self.holiday_country
        try:
            object.__setattr__(self, "_zone", ZoneInfo(self.timezone))
            object.__setattr__(self, "_public", country_holidays(country) if country else None)
        except (KeyError, NotImplementedError, OSError) as error:
            message = f"unknown time zone or country: {error}"
            raise ValueError(message) from error
        object.__setattr__(self, "_spans", {})

    def spans_of(self, day: date) -> tuple[Span, ...]:
        """When business is open on a local day: UTC, in order."""
        known = self._spans.get(day)
        if known is None:
            if len(self._spans) >= _MOST_CACHED_DAYS:
                self._spans.clear()
            spans = (self._span(day, window) for window in sorted(self._windows_of(day)))
            known = self._spans[day] = tuple(span for span in spans if span[0] < span[1])
        return known

    def local_day(self, instant: datetime) -> date:
        """The local day of an instant."""
        return instant.astimezone(self._zone).date()

    def _windows_of(self, day: date) -> Sequence[Window]:
        if day in self.exceptions:
            return self.exceptions[day]
        if day in self.holidays or (self._public is not None and day in self._public):
            return ()
        return self.week[day.weekday()]

    def _span(self, day: date, window: Window) -> Span:
        return self._instant(day, window[0]), self._instant(day, window[1])

    def _instant(self, day: date, minute: int) -> datetime:
        if minute == _MINUTES_OF_DAY:
            day, minute = day + _DAY, 0
        wall = datetime.combine(day, time(minute // 60, minute % 60))
        return _first_instant(wall, self._zone)


def _first_instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """When the clocks of the zone first show ``wall`` or later.

    A time that comes twice is the first of the two; one that is skipped is the moment of the skip. So windows that
    do not overlap on the wall do not overlap in real time either.
    """
    instant = wall.replace(tzinfo=zone).astimezone(UTC)
    if _wall(instant, zone) == wall:
        return instant
    # Read by the offset after the skip it is too early, by the one before it too late. Skips fall on whole seconds.
    before = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    seconds = range(int((instant - before).total_seconds()) + 1)
    skipped = bisect_left(seconds, wall, key=lambda after: _wall(before + timedelta(seconds=after), zone))
    return before + timedelta(seconds=skipped)


def _wall(instant: datetime, zone: ZoneInfo) -> datetime:
    return instant.astimezone(zone).replace(tzinfo=None)


def _check(windows: Sequence[Window]) -> None:
    end_before = 0
    for start, end in sorted(windows):
        if not 0 <= start < end <= _MINUTES_OF_DAY:
            message = "a window must end after it starts, within its day"
            raise ValueError(message)
        if start < end_before:
            message = "windows overlap"
            raise ValueError(message)
        end_before = end


def add_business_time(start: datetime, span: timedelta, hours: BusinessHours | None) -> datetime:
    """The instant at which ``span`` of business time has passed since ``start``. Without hours every hour counts.

    Raises:
        NeverOpensError: the calendar has not so much business time within ten years.
    """
    if hours is None or span <= timedelta(0):
        return start + span
    left = span
    for opens, closes in _open_from(start, hours, start + _FURTHEST):
        if left <= closes - opens:
            return opens + left
        left -= closes - opens
    message = "the calendar has not so much business time within ten years"
    raise NeverOpensError(message)


def business_time_between(start: datetime, end: datetime, hours: BusinessHours | None) -> timedelta:
    """How much business time passes from ``start`` to ``end``; nothing when the end is not later."""
    if end <= start:
        return timedelta(0)
    if hours is None:
        return end - start
    passed = timedelta(0)
    for opens, closes in _open_from(start, hours, end):
        passed += min(closes, end) - opens
    return passed


def _open_from(start: datetime, hours: BusinessHours, end: datetime) -> Iterator[Span]:
    """When business is open after ``start``, of all that opens before ``end``."""
    day = hours.local_day(start)
    # Clocks that are put back past midnight show the day before once more: the day after may be open by then.
    last = hours.local_day(end) + _DAY
    while day <= last:
        for opens, closes in hours.spans_of(day):
            if closes > start and opens < end:
                yield max(opens, start), closes
        day += _DAY
