"""Why a step failed for good, in the words that a service keeps with what failed."""

import re
from dataclasses import dataclass

from temporalio import exceptions
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

_REASON = re.compile(r"[A-Z][A-Z0-9_]*")
_LONGEST_MESSAGE = 500


@dataclass(frozen=True, slots=True)
class Failure:
    """An ErrorReason without its prefix, and a sentence for people, at most 500 characters."""

    reason: str
    message: str


def said(reason: str, message: str) -> Failure:
    """The failure in these words, as many of them as are kept."""
    return Failure(reason, message.strip()[:_LONGEST_MESSAGE])


def why(error: BaseException, cancellation_reason: str | None, *, stopped: str) -> Failure:
    """The failure that an error of a step amounts to. ``stopped`` is the reason where an operator cancelled the run."""
    cause = error.cause if isinstance(error, ActivityError) else error
    if is_cancelled_exception(error):
        return said(stopped, f"Stopped by an operator. {cancellation_reason or ''}")
    if isinstance(cause, exceptions.TimeoutError):
        return said("PART_UNAVAILABLE", "A part that is needed did not answer in time.")
    if isinstance(cause, ApplicationError) and _REASON.fullmatch(cause.type or ""):
        return said(cause.type or "", cause.message)
    return said("INTERNAL", "Something went wrong on our side.")


def refuse_for(sentence: str | None) -> None:
    """Refuse an operator's update in a sentence; let it pass where there is none.

    Raises:
        ApplicationError: type REFUSED.
    """
    if sentence is not None:
        raise ApplicationError(sentence, type="REFUSED", non_retryable=True)
