"""Pages: by number, or by a cursor that says where the last page ended."""

import base64
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from kit import jsontext
from kit.errors import LeadlineError, invalid_field
from leads_service.store.lead_list import Place

DEFAULT_LIMIT = 25
LARGEST_LIMIT = 100
_LARGEST_PAGE = 10_000_000
# Where a page ended at a lead whose key its caller may not see.
_UNTOLD = "untold"


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
    return base64.urlsafe_b64encode(jsontext.dumps([order, kind, value, str(place.id)]).encode()).decode()


def place_of(cursor: str, order: str) -> Place:
    """The place of a cursor.

    Raises:
        LeadlineError: VALIDATION_FAILED for one that was not made here, or for another order.
    """
    try:
        made_for, kind, value, ident = jsontext.loads(base64.urlsafe_b64decode(cursor.encode()).decode())
        place = Place(_KINDS[kind](value), UUID(ident), is_told=kind != _UNTOLD)
    except (ValueError, KeyError, TypeError, ArithmeticError) as error:
        raise _refuse("Take it from meta.nextCursor of the page before.") from error
    if made_for != order:
        raise _refuse("It belongs to a list in another order.")
    return place


def _refuse(message: str) -> LeadlineError:
    return invalid_field("cursor", "NOT_A_CURSOR", message)


def _plain(key: Any) -> tuple[str, Any]:
    if isinstance(key, datetime):
        return "time", key.isoformat()
    if isinstance(key, Decimal):
        return "decimal", str(key)
    return ("none", None) if key is None else ("plain", key)


_KINDS: dict[str, Any] = {
    "time": datetime.fromisoformat,
    "decimal": Decimal,
    "none": lambda _value: None,
    _UNTOLD: lambda _value: None,
    "plain": lambda value: value,
}
