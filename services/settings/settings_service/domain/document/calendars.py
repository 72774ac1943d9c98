"""What must hold in a calendar of business hours, beyond the form of its values."""

from collections.abc import Iterator

from kit.errors import FieldViolation
from settings_service.domain.document.sla import BusinessHours

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def violations_of_calendar(path: str, calendar: BusinessHours) -> Iterator[FieldViolation]:
    """Windows that end before they start or overlap, and a week that never opens.

    Exceptions alone are no calendar: a deadline after the last of them would never come.
    """
    week = {day: getattr(calendar.hours, day) for day in DAYS}
    if not any(week.values()):
        yield FieldViolation(f"{path}.hours", "NEVER_OPENS", "Must be open at some time of the week.")
    for day, windows in week.items():
        yield from _violations_of_windows(f"{path}.hours.{day}", windows)
    for day, windows in calendar.exceptions.items():
        yield from _violations_of_windows(f"{path}.exceptions.{day}", windows)


def _violations_of_windows(path: str, windows: list[list[str]]) -> Iterator[FieldViolation]:
    # Times are HH:MM, so that their texts compare like the times. Windows are half open: they may touch.
    earlier: list[list[str]] = []
    for place, window in enumerate(windows):
        start, end = window
        if start >= end:
            yield FieldViolation(f"{path}[{place}]", "ENDS_BEFORE_START", "Must end after it starts.")
            continue
        if any(start < other_end and other_start < end for other_start, other_end in earlier):
            yield FieldViolation(f"{path}[{place}]", "OVERLAPS", "Must not overlap another window of the day.")
        earlier.append(window)
