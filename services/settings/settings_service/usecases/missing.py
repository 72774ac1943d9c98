"""Saying that there is no such thing."""

from uuid import UUID

from kit.errors import LeadlineError, not_found


def missing(reason: str, entry_id: UUID) -> LeadlineError:
    """The refusal for an id of nothing."""
    noun = reason.removesuffix("_NOT_FOUND").replace("_", " ").lower()
    return not_found(reason, f"There is no {noun} {entry_id}.")
