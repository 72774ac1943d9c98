"""Random business calendars, and instants near what is hard about them: where clocks change."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from leads_service.domain.business_calendar import BusinessHours, Window
from tests.unit.leads.building import instants_between

# Changes by half an hour (Lord Howe), by two hours (Troll), at midnight (Beirut, Azores, Havana, Cairo), over a year's
# end (Dhaka), to and fro within weeks (Casablanca), offsets of quarters (Chatham), a day that was skipped (Apia).
ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Karachi",
    "Australia/Lord_Howe",
    "Antarctica/Troll",
    "Asia/Beirut",
    "Atlantic/Azores",
    "America/Havana",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Pacific/Chatham",
)
OLD_CHANGES = (
    ("Asia/Dhaka", datetime(2009, 12, 31, 17, tzinfo=UTC)),
    ("Pacific/Apia", datetime(2011, 12, 30, 10, tzinfo=UTC)),
)
COUNTRIES = (None, None, "DE", "PK", "US")
_FIRST, _LAST = datetime(2024, 1, 1, tzinfo=UTC), datetime(2026, 12, 31, tzinfo=UTC)
_DAY = timedelta(days=1)


@lru_cache
def changes_of(zone: str) -> Sequence[datetime]:
    """The days of 2024 to 2026 on which the zone's clocks change."""
    each = (_FIRST + place * _DAY for place in range((_LAST - _FIRST).days))
    offsets = [(day, day.astimezone(ZoneInfo(zone)).utcoffset()) for day in each]
    return [day for (day, offset), (_, next_offset) in pairwise(offsets) if offset != next_offset]


@st.composite
def windows(draw: st.DrawFn, grid: int = 1) -> tuple[Window, ...]:
    """Windows of a day that do not overlap, with their edges on every so many minutes; some touch."""
    most = 1440 // grid
    # Many edges are where clocks change: within the first four hours of a day, or at its ends.
    edge = st.one_of(st.integers(0, most), st.integers(0, 240 // grid), st.sampled_from([0, most]))
    edges = sorted(draw(st.sets(edge, min_size=2, max_size=6)))
    pairs = tuple((start * grid, end * grid) for start, end in pairwise(edges))
    return pairs if draw(st.booleans()) else pairs[::2]


@st.composite
def calendars(
    draw: st.DrawFn, zones: Sequence[str] = ZONES, grid: int = 1, around: date | None = None
) -> BusinessHours:
    """A calendar with some days off, some exceptions and perhaps public holidays."""
    one, other, days_of_one = draw(windows(grid)), draw(windows(grid) | st.just(())), draw(st.integers(1, 127))
    days = st.dates(around - 5 * _DAY, around + 9 * _DAY) if around else st.dates(_FIRST.date(), _LAST.date())
    return BusinessHours(
        draw(st.sampled_from(zones)),
        tuple(one if days_of_one >> day & 1 else other for day in range(7)),
        holidays=draw(st.frozensets(days, max_size=3)),
        exceptions=draw(st.dictionaries(days, windows(grid) | st.just(()), max_size=3)),
        holiday_country=draw(st.sampled_from(COUNTRIES)),
    )


@st.composite
def situations(draw: st.DrawFn, grid: int = 1) -> tuple[BusinessHours, datetime]:
    """A calendar and an instant: some time, or within two days of a change of its clocks, on the second or between."""
    zone, start = draw(
        st.one_of(
            st.tuples(st.sampled_from(ZONES), instants_between(_FIRST, _LAST)),
            st.sampled_from([(zone, day) for zone in ZONES for day in changes_of(zone)]),
            st.sampled_from(OLD_CHANGES),
        )
    )
    start += timedelta(minutes=draw(st.integers(-2880, 2880)))
    start += draw(st.sampled_from([timedelta(0), timedelta(seconds=1), timedelta(seconds=59, microseconds=999_999)]))
    return draw(calendars([zone], grid, start.date())), start
