"""A time as calendar months and days, and what is more or less than they: these are counted, the rest is looked at."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

Unit = Literal["month", "day"]

_LONGEST = {"month": timedelta(days=31), "day": timedelta(days=1)}
# Of a shorter time, to count in the unit saves nothing.
_SHORT = {"month": timedelta(days=15), "day": timedelta(hours=12)}
_LAST = datetime.max.replace(tzinfo=UTC)
_A_DATE = date(1, 1, 1)
_A_TIME = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Whole:
    """Leads created in these months or days are to be added, or taken away; unbounded where a date is missing."""

    unit: Unit
    sign: int
    first: date | None
    before: date | None


@dataclass(frozen=True, slots=True)
class Remainder:
    """Leads created in this time are to be added, or taken away."""

    sign: int
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Calendar:
    """What a time is the sum of, in UTC."""

    whole: tuple[Whole, ...]
    remainders: tuple[Remainder, ...]

    @property
    def shape(self) -> "Calendar":
        """Which units, bounds and remainders there are, but not where: all that a statement is built by."""
        return Calendar(
            tuple(Whole(each.unit, each.sign, each.first and _A_DATE, each.before and _A_DATE) for each in self.whole),
            tuple(Remainder(each.sign, _A_TIME, _A_TIME) for each in self.remainders),
        )

    def values(self) -> dict[str, Any]:
        """Where they are, as parameters of statements of its shape."""
        said: dict[str, Any] = {}
        for place, whole in enumerate(self.whole):
            said |= {f"first_{place}": whole.first, f"before_{place}": whole.before}
        for place, each in enumerate(self.remainders):
            said |= {f"start_{place}": each.start, f"end_{place}": each.end}
        return said


def calendar_of(start: datetime | None, end: datetime | None) -> Calendar:
    """The months and days that leave the shortest remainders."""
    if start is not None and end is not None and end - start < _SHORT["month"]:
        return Calendar(*_counted("day", [Remainder(1, start, end)]))
    first, at_start = _nearest("month", start, 1)
    before, at_end = _nearest("month", end, -1)
    days, remainders = _counted("day", [*at_start, *at_end])
    return Calendar((Whole("month", 1, first, before), *days), remainders)


def _counted(unit: Unit, times: Iterable[Remainder]) -> tuple[tuple[Whole, ...], tuple[Remainder, ...]]:
    """The times in a unit, and what is left of them."""
    whole, left = list[Whole](), list[Remainder]()
    for each in times:
        if each.end - each.start < _SHORT[unit]:
            left.append(each)
            continue
        first, at_start = _nearest(unit, each.start, each.sign)
        before, at_end = _nearest(unit, each.end, -each.sign)
        whole.append(Whole(unit, each.sign, first, before))
        left += [*at_start, *at_end]
    return tuple(whole), tuple(each for each in left if each.start < each.end)


def _nearest(unit: Unit, instant: datetime | None, sign: int) -> tuple[date | None, list[Remainder]]:
    """The nearest beginning of a month or day, and the time between, which counts as ``sign`` says if that is later."""
    if instant is None:
        return None, []
    instant = instant.astimezone(UTC)
    before = _beginning(unit, instant)
    # The last of all has no other after it.
    after = _beginning(unit, before + _LONGEST[unit]) if before <= _LAST - _LONGEST[unit] else None
    if after is None or instant - before <= after - instant:
        return before.date(), [Remainder(-sign, before, instant)]
    return after.date(), [Remainder(sign, instant, after)]


def _beginning(unit: Unit, instant: datetime) -> datetime:
    midnight = instant.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight.replace(day=1) if unit == "month" else midnight
