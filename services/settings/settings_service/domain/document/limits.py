"""Whether a calendar has the business time that a policy promises by it.

The rule errs on the safe side, so that the leads service finds every deadline within the ten years in which it looks:
they are taken for 500 weeks, which leaves more than twenty for what changes of the clocks take from windows. Every own
holiday and exception is taken off, whenever it is. Where the public holidays of a country are closed, half of the rest
counts; no country has as many of them on any day of the week.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from kit.errors import FieldViolation
from settings_service.domain.document.calendars import DAYS
from settings_service.domain.document.sla import BusinessHours, Escalation, Policy

_WEEKS = 500


def violations_of_limits(path: str, policy: Policy, escalations: Sequence[Escalation]) -> Iterator[FieldViolation]:
    """Windows, alone or with an escalation after them, that are longer than the calendar is open within ten years.

    The calendar must have no faults of its own.
    """
    if policy.business_hours is None:
        return
    most = _open_minutes(policy.business_hours)
    if most <= 0:
        sentence = "Must be open within ten years: its holidays and exceptions leave nothing of them."
        yield FieldViolation(f"{path}.businessHours", "NEVER_OPENS", sentence)
        return
    windows = _windows_of(f"{path}.responseMinutes", policy)
    for place, minutes in windows:
        if minutes > most:
            sentence = f"Must be at most {most}, what the calendar is surely open within ten years."
            yield FieldViolation(place, "OUT_OF_RANGE", sentence)
    longest = max((minutes for _, minutes in windows if minutes <= most), default=Decimal(0))
    for number, escalation in enumerate(escalations):
        if longest + escalation.after_minutes > most:
            sentence = f"Must be at most {most - longest}, what is left within ten years by policy {policy.name}."
            yield FieldViolation(f"sla.escalations[{number}].afterMinutes", "OUT_OF_RANGE", sentence)


def _windows_of(path: str, policy: Policy) -> Sequence[tuple[str, Decimal]]:
    minutes = policy.response_minutes
    return (
        [(f"{path}.{name}", each) for name, each in minutes.items()] if isinstance(minutes, dict) else [(path, minutes)]
    )


def _open_minutes(calendar: BusinessHours) -> int:
    """The minutes that are open within ten years, whichever ten these are; not more than there are, nor below 0."""
    week = [_minutes(getattr(calendar.hours, day)) for day in DAYS]
    exceptions = {date.fromisoformat(day): _minutes(windows) for day, windows in calendar.exceptions.items()}
    days_off = dict.fromkeys(map(date.fromisoformat, calendar.holidays), 0) | exceptions
    lost = sum(max(0, week[day.weekday()] - minutes) for day, minutes in days_off.items())
    left = max(0, _WEEKS * sum(week) - lost)
    return left // 2 if calendar.holiday_country else left


def _minutes(windows: Sequence[Sequence[str]]) -> int:
    return sum(_minute(end) - _minute(start) for start, end in windows)


def _minute(clock: str) -> int:
    hour, minute = clock.split(":")
    return 60 * int(hour) + int(minute)
