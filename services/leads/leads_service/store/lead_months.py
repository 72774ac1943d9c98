"""A time as calendar months and what is more or less than they: months are counted, the rest is looked at."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

_SHORT = timedelta(days=15)
_NEVER = date(1, 1, 1)


@dataclass(frozen=True, slots=True)
class Remainder:
    """Leads created in this time are to be added, or taken away."""

    sign: int
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Months:
    """Whole months from the first to before the last, unbounded where there is none, and the remainders."""

    first: date | None
    before: date | None
    remainders: tuple[Remainder, ...]


def months_of(start: datetime | None, end: datetime | None) -> Months:
    """The months whose remainders are shortest, or the time as it is where that is shorter still."""
    if start is not None and end is not None and end - start < _SHORT:
        return Months(_NEVER, _NEVER, (Remainder(1, start, end),) if start < end else ())
    first, at_start = _nearest(start, 1)
    before, at_end = _nearest(end, -1)
    return Months(first, before, (*at_start, *at_end))


def _nearest(instant: datetime | None, sign: int) -> tuple[date | None, tuple[Remainder, ...]]:
    """The month's beginning that is nearest, and the time between: ``sign`` says how it counts if that is later."""
    if instant is None:
        return None, ()
    instant = instant.astimezone(UTC)
    before = instant.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    after = (before + timedelta(days=31)).replace(day=1)
    if instant - before <= after - instant:
        remainder = Remainder(-sign, before, instant)
        return before.date(), (remainder,) if before < instant else ()
    return after.date(), (Remainder(sign, instant, after),)
