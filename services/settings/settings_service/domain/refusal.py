"""Refusing what has faults, however many there are."""

from collections.abc import Iterable
from itertools import islice

from kit.errors import FieldViolation, invalid

# Errors travel in gRPC trailers, which are short.
_MOST_FAULTS = 20
_LONGEST_PATH = 120
_LONGEST_SENTENCE = 200


def refuse(faults: Iterable[FieldViolation]) -> None:
    """Refuse what has any of these faults.

    Raises:
        LeadlineError: VALIDATION_FAILED naming the first 20.
    """
    named = [
        FieldViolation(_cut(fault.field, _LONGEST_PATH), fault.reason, _cut(fault.message, _LONGEST_SENTENCE))
        for fault in islice(faults, _MOST_FAULTS)
    ]
    if named:
        raise invalid(*named)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
