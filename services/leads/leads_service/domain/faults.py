"""Collects what is wrong with a request, so that a caller hears all of it at once."""

from collections.abc import Callable
from typing import TypeVar

from kit.errors import ErrorKind, FieldViolation, LeadlineError, invalid

Value = TypeVar("Value")

_COLLECTED = "VALIDATION_FAILED"


class Faults:
    """The violations that the checks so far have found."""

    def __init__(self) -> None:
        self._found: list[FieldViolation] = []

    def __bool__(self) -> bool:
        """Whether anything is wrong."""
        return bool(self._found)

    def note(self, check: Callable[[], Value]) -> Value | None:
        """What the check answers, or None where it finds a fault. Other refusals pass through."""
        try:
            return check()
        except LeadlineError as error:
            if error.kind is not ErrorKind.INVALID or error.reason != _COLLECTED:
                raise
            self._found.extend(error.violations)
            return None

    def refuse(self) -> None:
        """Refuse the request if anything is wrong with it.

        Raises:
            LeadlineError: VALIDATION_FAILED naming each field at fault.
        """
        if self._found:
            raise invalid(*self._found)

    def finish(self, check: Callable[[], Value]) -> Value:
        """What the last check answers, if neither it nor any before has found a fault.

        Raises:
            LeadlineError: VALIDATION_FAILED naming each field at fault.
        """
        answers = [answer] if (answer := self.note(check)) is not None else []
        self.refuse()
        return answers[0]
