"""The ids of a call about several leads."""

from collections.abc import Sequence
from uuid import UUID

from kit.errors import FieldViolation, LeadlineError, invalid, invalid_field
from kit.ids import parse_id

# An error travels in trailers, which are small.
_MOST_NAMED = 100


def distinct_ids(texts: Sequence[str], most: int) -> list[UUID]:
    """The ids, of which there are some, and each once.

    Raises:
        LeadlineError: VALIDATION_FAILED naming each that is at fault.
    """
    if not 1 <= len(texts) <= most:
        raise invalid_field("ids", "OUT_OF_RANGE", f"Must be from 1 to {most} ids.")
    found: dict[UUID, None] = {}
    violations: list[FieldViolation] = []
    for place, text in enumerate(texts):
        try:
            _add(found, text, f"ids[{place}]")
        except LeadlineError as error:
            violations += error.violations
    if violations:
        raise invalid(*violations[:_MOST_NAMED])
    return list(found)


def _add(found: dict[UUID, None], text: str, path: str) -> None:
    lead_id = parse_id(text, path)
    if lead_id in found:
        raise invalid_field(path, "DUPLICATE", "Is there twice.")
    found[lead_id] = None
