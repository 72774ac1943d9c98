"""Pages: by number, or by a cursor that says where the last page ended."""

import base64
from datetime import datetime
from decimal import Decimal
from hashlib import blake2b
from typing import Any, Protocol
from uuid import UUID

from kit import jsontext
from kit.errors import LeadlineError, invalid_field
from kit.ids import parse_id
from leads_service.store.lead_list import Place
from leads_service.store.timeline import Page, Span

DEFAULT_LIMIT = 25
LARGEST_LIMIT = 100
_LARGEST_PAGE = 10_000_000
_LONGEST_CURSOR = 2_000
_CHECK_BYTES = 6
# Where a page ended at a lead whose key its caller may not see.
_UNTOLD = "untold"


class PageRequest(Protocol):
    """A request for a page of a list."""

    page: int
    limit: int
    cursor: str


class LeadPageRequest(PageRequest, Protocol):
    """A request for a page of what belongs to a lead."""

    lead_id: str


def span_of(request: PageRequest, name: str) -> Span:
    """The part of a list, newest first, that is asked for. ``name`` is the list's own: a cursor is good for one list.

    Raises:
        LeadlineError: VALIDATION_FAILED.
    """
    refuse_both(request)
    if not request.cursor:
        return Span(*page_of(request.page, request.limit))
    place = place_of(request.cursor, name)
    if not isinstance(place.key, datetime):
        raise _not_from_here()
    return Span(limit_of(request.limit), after=place)


def asked_of_lead(request: LeadPageRequest, what: str) -> tuple[UUID, str, Span]:
    """The lead, the name of its list of ``what``, and the part of that list that are asked for.

    Raises:
        LeadlineError: VALIDATION_FAILED.
    """
    lead_id = parse_id(request.lead_id, "id")
    name = f"{what} {lead_id}"
    return lead_id, name, span_of(request, name)


def cursor_after(page: Page[Any], name: str) -> str:
    """The cursor for what comes behind a page of the list of this name; empty at its end."""
    return cursor_of(page.end, name)


def refuse_both(request: PageRequest) -> None:
    """Refuse a page together with a cursor, which says itself where the page begins.

    Raises:
        LeadlineError: VALIDATION_FAILED.
    """
    if request.cursor and request.page:
        raise invalid_field("cursor", "NOT_TOGETHER", "Give a page or a cursor, not both.")


def page_of(page: int, limit: int) -> tuple[int, int]:
    """The limit and the offset of a page.

    Raises:
        LeadlineError: VALIDATION_FAILED.
    """
    if not 0 <= page <= _LARGEST_PAGE:
        raise invalid_field("page", "OUT_OF_RANGE", f"Must be from 1 to {_LARGEST_PAGE}.")
    limit = limit_of(limit)
    return limit, (max(page, 1) - 1) * limit


def limit_of(limit: int, default: int = DEFAULT_LIMIT, largest: int = LARGEST_LIMIT) -> int:
    """How many a page or a batch has.

    Raises:
        LeadlineError: VALIDATION_FAILED.
    """
    if not 0 <= limit <= largest:
        raise invalid_field("limit", "OUT_OF_RANGE", f"Must be from 1 to {largest}.")
    return limit or default


def cursor_of(place: Place | None, order: str) -> str:
    """A cursor for the pages behind a place. ``order`` is what the place makes sense in."""
    if place is None:
        return ""
    kind, value = _plain(place.key) if place.is_told else (_UNTOLD, None)
    return _sealed(jsontext.dumps([order, kind, value, str(place.id)]).encode())


def place_of(cursor: str, order: str) -> Place:
    """The place of a cursor.

    Raises:
        LeadlineError: VALIDATION_FAILED for one that was not made here, was changed since, or is for another order.
    """
    try:
        made_for, kind, value, ident = jsontext.loads(_unsealed(cursor))
        place = Place(_KINDS[kind](value), UUID(ident), is_told=kind != _UNTOLD)
    except (ValueError, KeyError, TypeError, ArithmeticError, AttributeError, RecursionError) as error:
        raise _not_from_here() from error
    if made_for != order:
        raise _refuse("It belongs to another list, or to one in another order.")
    return place


def _sealed(content: bytes) -> str:
    """Text with a check sum, so that a cursor that was changed on its way is refused, not taken for another place."""
    return base64.urlsafe_b64encode(_check_sum(content) + content).decode()


def _unsealed(cursor: str) -> bytes:
    if len(cursor) > _LONGEST_CURSOR:
        message = "too long"
        raise ValueError(message)
    sealed = base64.urlsafe_b64decode(cursor.encode("ascii"))
    content = sealed[_CHECK_BYTES:]
    # Decoding skips over what it does not know.
    if _sealed(content) != cursor:
        message = "changed"
        raise ValueError(message)
    return content


def _check_sum(content: bytes) -> bytes:
    return blake2b(content, digest_size=_CHECK_BYTES).digest()


def _not_from_here() -> LeadlineError:
    return _refuse("Take it from meta.nextCursor of the page before.")


def _refuse(message: str) -> LeadlineError:
    return invalid_field("cursor", "NOT_A_CURSOR", message)


def _plain(key: Any) -> tuple[str, Any]:
    if isinstance(key, datetime):
        return "time", key.isoformat()
    if isinstance(key, Decimal):
        return "decimal", str(key)
    return ("none", None) if key is None else ("plain", key)


def _instant(value: str) -> datetime:
    instant = datetime.fromisoformat(value)
    if instant.tzinfo is None:
        message = "an instant without offset"
        raise ValueError(message)
    return instant


_KINDS: dict[str, Any] = {
    "time": _instant,
    "decimal": Decimal,
    "none": lambda _value: None,
    _UNTOLD: lambda _value: None,
    "plain": lambda value: value,
}
