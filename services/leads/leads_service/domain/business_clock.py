"""Business time: how much of it passes between two instants, and when so much of it has passed (spec: SLA).

Each instant has a count: the business time of its local year that has passed by then. Business time between two
instants is the difference of their counts, over whole years where they are of different ones; adding is the way back,
from a count to the first instant that has it. So years cost as little as hours, the two undo each other, and a
span that ends with a window ends at closing time, not at the next opening.
"""

from datetime import datetime, timedelta

from leads_service.domain.business_calendar import BusinessHours

_FURTHEST = timedelta(days=3660)


class NeverOpensError(ValueError):
    """The calendar has not so much business time within ten years."""


def add_business_time(start: datetime, span: timedelta, hours: BusinessHours | None) -> datetime:
    """The instant at which ``span`` of business time has passed since ``start``. Without hours every hour counts.

    Raises:
        NeverOpensError: the calendar has not so much business time within ten years.
    """
    if hours is None or span <= timedelta(0):
        return start + span
    first, furthest = hours.year_of(start), start + _FURTHEST
    left = hours.year(first).passed_at(start) + span
    for number in range(first, hours.year_of(furthest) + 1):
        year = hours.year(number)
        if left <= year.whole:
            end = year.instant_of(left)
            if end <= furthest:
                return end
            break
        left -= year.whole
    message = "the calendar has not so much business time within ten years"
    raise NeverOpensError(message)


def business_time_between(start: datetime, end: datetime, hours: BusinessHours | None) -> timedelta:
    """How much business time passes from ``start`` to ``end``; nothing when the end is not later."""
    if end <= start:
        return timedelta(0)
    if hours is None:
        return end - start
    first, last = hours.year_of(start), hours.year_of(end)
    whole_years = sum((hours.year(number).whole for number in range(first, last)), timedelta(0))
    return whole_years + hours.year(last).passed_at(end) - hours.year(first).passed_at(start)
