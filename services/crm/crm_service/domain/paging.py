"""Pages of a list, and what is searched for in it."""

from dataclasses import dataclass

from crm_service.domain.fields import line
from kit.errors import invalid_field

DEFAULT_LIMIT = 25
HIGHEST_LIMIT = 100
_LONGEST_SEARCH = 200


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list: ``limit`` items, after ``offset`` others."""

    limit: int
    offset: int


def page_of(number: int, limit: int) -> Page:
    """The page of this number, from 1, with ``limit`` items, 1 to 100. A 0 means 1 and 25.

    Raises:
        LeadlineError: VALIDATION_FAILED.
    """
    if number < 0:
        raise invalid_field("page", "OUT_OF_RANGE", "Must be 1 or more.")
    if not 0 <= limit <= HIGHEST_LIMIT:
        raise invalid_field("limit", "OUT_OF_RANGE", f"Must be from 1 to {HIGHEST_LIMIT}.")
    size = limit or DEFAULT_LIMIT
    return Page(size, (max(number, 1) - 1) * size)


def search_of(text: str) -> str:
    """What to search for; empty for nothing.

    Raises:
        LeadlineError: VALIDATION_FAILED.
    """
    return line(_LONGEST_SEARCH)("search", text) or ""
