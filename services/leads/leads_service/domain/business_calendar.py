"""When business is open: the windows of local days as spans of real time, year by year (spec: SLA).

Windows are half open; an exception beats a holiday beats the week. What the clocks of a zone do is settled here, by one
rule: a time of the wall is the first instant at which they show it or a later one.
"""

from bisect import bisect_left
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

from holidays import country_holidays

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY, _MINUTE = timedelta(days=1), timedelta(minutes=1)
_MINUTES_OF_DAY = 1440
# More than any promise looks at, so that none makes another one's years be counted again.
_MOST_YEARS = 24

# Minutes of the local day, start and end; the last is midnight at its end.
Window = tuple[int, int]
Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class BusinessYear:
    """When business is open in a local year, and how much of its business time has passed before each span."""

    spans: Sequence[Span]
    # One more than there are spans: the last is the business time of the whole year.
    before: Sequence[timedelta]

    @property
    def whole(self) -> timedelta:
        """The business time of the year."""
        return self.before[-1]

    def passed_at(self, instant: datetime) -> timedelta:
        """How much of the year's business time has passed at an instant."""
        opened = bisect_left(self.spans, instant, key=lambda span: span[0])
        if not opened:
            return timedelta(0)
        opens, closes = self.spans[opened - 1]
        return self.before[opened - 1] + min(closes, instant) - opens

    def instant_of(self, passed: timedelta) -> datetime:
        """The first instant at which so much has passed: more than nothing, at most the whole."""
        place = bisect_left(self.before, passed) - 1
        return self.spans[place][0] + passed - self.before[place]


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
    _years: dict[int, BusinessYear] = field(init=False, repr=False, compare=False)

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
        object.__setattr__(self, "_years", {})

    def year_of(self, instant: datetime) -> int:
        """The local year in which an instant is."""
        wall = instant.astimezone(self._zone)
        # Clocks that are put back at New Year show the old year once more: the new one has begun by then.
        is_last_day = (wall.month, wall.day) == (12, 31)
        has_ended = is_last_day and self._instant(wall.date(), _MINUTES_OF_DAY) <= instant
        return wall.year + 1 if has_ended else wall.year

    def year(self, number: int) -> BusinessYear:
        """A local year. It is counted once, and then looked up."""
        known = self._years.get(number)
        if known is None:
            if len(self._years) >= _MOST_YEARS:
                self._years.clear()
            known = self._years[number] = self._counted(number)
        return known

    def spans_of(self, day: date) -> tuple[Span, ...]:
        """When business is open on a local day: UTC, in order."""
        windows = sorted(self._windows_of(day))
        if not windows:
            return ()
        begins, ends = self._instant(day, 0), self._instant(day, _MINUTES_OF_DAY)
        # No zone has ever changed its clocks twice within a day: one as long as others has no change in it.
        if ends - begins == _DAY:
            return tuple((begins + opens * _MINUTE, begins + closes * _MINUTE) for opens, closes in windows)
        spans = ((self._instant(day, opens), self._instant(day, closes)) for opens, closes in windows)
        return tuple(span for span in spans if span[0] < span[1])

    def _counted(self, number: int) -> BusinessYear:
        spans = [span for day in _days_of(number) for span in self.spans_of(day)]
        lengths = (closes - opens for opens, closes in spans)
        return BusinessYear(spans, list(accumulate(lengths, initial=timedelta(0))))

    def _windows_of(self, day: date) -> Sequence[Window]:
        if day in self.exceptions:
            return self.exceptions[day]
        if day in self.holidays or (self._public is not None and day in self._public):
            return ()
        return self.week[day.weekday()]

    def _instant(self, day: date, minute: int) -> datetime:
        if minute == _MINUTES_OF_DAY:
            day, minute = day + _DAY, 0
        wall = datetime.combine(day, time(minute // 60, minute % 60))
        return _first_instant(wall, self._zone)


def _days_of(year: int) -> Iterator[date]:
    first, next_first = date(year, 1, 1), date(year + 1, 1, 1)
    return (first + timedelta(days=place) for place in range((next_first - first).days))


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
