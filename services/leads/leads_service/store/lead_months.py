"""A time as calendar months and what is more or less than they: months are counted, the rest is looked at."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

_SHORT = timedelta(days=15)
_NEVER = date(1, 1, 1)
_A_TIME = datetime(1, 1, 1, tzinfo=UTC)


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

    @property
    def shape(self) -> "Months":
        """Which bounds and remainders there are, but not where: all that a statement is built by."""
        first, before = (None if each is None else _NEVER for each in (self.first, self.before))
        return Months(first, before, tuple(Remainder(each.sign, _A_TIME, _A_TIME) for each in self.remainders))

    def values(self) -> dict[str, Any]:
        """The bounds, as parameters of statements of its shape."""
        said: dict[str, Any] = {"month_first": self.first, "month_before": self.before}
        for place, each in enumerate(self.remainders):
            said |= {f"start_{place}": each.start, f"end_{place}": each.end}
        return said


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
