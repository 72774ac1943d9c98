"""Ids: UUIDv7, so that they sort by the time they were made."""

from uuid import UUID

from uuid_utils.compat import uuid7

from kit.errors import invalid_field


def new_id() -> UUID:
    """A new UUIDv7."""
    return UUID(bytes=uuid7().bytes)


def parse_id(text: str, field: str) -> UUID:
    """The UUID in ``text``, in its canonical form.

    Raises:
        LeadlineError: VALIDATION_FAILED naming ``field``.
    """
    try:
        parsed = UUID(text)
    except ValueError:
        parsed = None
    if parsed is None or str(parsed) != text.lower():
        raise invalid_field(field, "NOT_A_UUID", "Must be a UUID such as 018f4e6e-7f5a-7c3e-9d3b-2f1c5e8a9b10.")
    return parsed


def parse_optional_id(text: str | None, field: str) -> UUID | None:
    """Like ``parse_id``; nothing for nothing."""
    return parse_id(text, field) if text else None
