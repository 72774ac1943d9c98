"""Contents that come in parts."""

from kit.errors import invalid_field

_LARGEST_PART = 1024 * 1024


def content_part(content: bytes) -> bytes:
    """A part of a content.

    Raises:
        LeadlineError: VALIDATION_FAILED for one that is too large.
    """
    if len(content) > _LARGEST_PART:
        raise invalid_field("content", "TOO_LONG", f"Must have at most {_LARGEST_PART} bytes at a time.")
    return content
