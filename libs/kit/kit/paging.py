"""Pages of lists: by number, or by a cursor that says where the last page ended."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from hashlib import blake2b
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

from kit import jsontext
from kit.errors import LeadlineError, invalid_field

Record = TypeVar("Record")

DEFAULT_LIMIT = 25
LARGEST_LIMIT = 100
_LARGEST_PAGE = 10_000_000
_MOST_VALUES = 100
_LONGEST_CURSOR = 2_000
_CHECK_BYTES = 6
# Where a page ended at a record whose key its caller may not see.
_UNTOLD = "untold"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: the last record's order key, nothing where it has none, and its id.

    Where the key is not to be told, it is looked up when the list goes on.
    """

    key: Any
    id: UUID
    is_told: bool = True


@dataclass(frozen=True, slots=True)
class Span:
    """Which part of a list: so many, from an offset on or behind a place."""

    limit: int
    offset: int = 0
    after: Place | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[Record]):
    """A page of records, how many there are in all, and where it ended if there is more."""

    records: Sequence[Record]
    total: int
    end: Place | None = None


class PageRequest(Protocol):
    """A request for a page of a list."""

    page: int
    limit: int
    cursor: str


def span_of(request: PageRequest, order: str) -> Span:
    """The part of a list that is asked for. ``order`` names the list and its order: a cursor is good for one of these.

    Raises:
        LeadlineError: VALIDATION_FAILED.
    """
    if request.cursor and request.page:
        raise invalid_field("cursor", "NOT_TOGETHER", "Give a page or a cursor, not both.")
    if request.cursor:
        return Span(limit_of(request.limit), after=place_of(request.cursor, order))
    return Span(*page_of(request.page, request.limit))


def few(values: Sequence[str], field: str) -> Sequence[str]:
    """The values of a filter, which are not endless.

    Raises:
        LeadlineError: VALIDATION_FAILED.
    """
    if len(values) > _MOST_VALUES:
        raise invalid_field(field, "TOO_MANY", f"Must have at most {_MOST_VALUES} values.")
    return values


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
        raise no_cursor() from error
    if made_for != order:
        raise _refuse("It belongs to another list, or to one in another order.")
    return place


def no_cursor() -> LeadlineError:
    """Refuse what is no cursor of this list."""
    return _refuse("Take it from meta.nextCursor of the page before.")


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


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        # No text of a database has half of a surrogate pair; a cursor that somebody made up may.
        value.encode()
    return value


_KINDS: dict[str, Any] = {
    "time": _instant,
    "decimal": Decimal,
    "none": lambda _value: None,
    _UNTOLD: lambda _value: None,
    "plain": _encodable,
}
