"""Looking into refusals."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import pytest

from kit.errors import ErrorKind, LeadlineError

Value = TypeVar("Value")


def unless_refused(action: Callable[[], Value], *reasons: str) -> Value | None:
    """What the action answers, or None where it is refused for one of these reasons. Any other error is a failure."""
    try:
        return action()
    except LeadlineError as error:
        if error.reason not in reasons or not error.violations:
            raise
        return None


@contextmanager
def refusal(reason: str, kind: ErrorKind = ErrorKind.REFUSED) -> Iterator[pytest.ExceptionInfo[LeadlineError]]:
    """The block is refused for this reason."""
    with pytest.raises(LeadlineError) as caught:
        yield caught
    assert (caught.value.reason, caught.value.kind) == (reason, kind)


@contextmanager
def faults(*expected: tuple[str, str], reason: str = "VALIDATION_FAILED") -> Iterator[None]:
    """The block is refused for exactly these fields, each for its reason."""
    with refusal(reason, ErrorKind.INVALID) as caught:
        yield
    assert {(each.field, each.reason) for each in caught.value.violations} == set(expected)
    assert all(each.message.endswith(".") for each in caught.value.violations)
