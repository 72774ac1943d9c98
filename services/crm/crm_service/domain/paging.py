"""Parts of a list: what is looked for, in which order, and from where on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crm_service.domain.fields import line
from kit.errors import FieldViolation, invalid, invalid_field
from kit.paging import Span

_LONGEST_SEARCH = 200
# A page by number goes through all that come before it.
_DEEPEST_PAGE = 10_000


@dataclass(frozen=True, slots=True)
class Order:
    """By what, in its REST name, and which way."""

    by: str
    descending: bool

    @property
    def name(self) -> str:
        """What a cursor's place makes sense in."""
        return f"{self.by} {'desc' if self.descending else 'asc'}"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list is asked for: records that ``search`` is part of, with one of the values of each filter.

    ``values`` are by attribute; None among them is no value.
    """

    search: str
    values: Mapping[str, Sequence[Any]]
    order: Order
    span: Span


def search_of(text: str) -> str:
    """What to search for; empty for nothing.

    Raises:
        LeadlineError: VALIDATION_FAILED.
    """
    return line(_LONGEST_SEARCH)("search", text) or ""


def order_of(sort_by: str, sort_dir: str, known: Sequence[str], *, ascending: str | None = None) -> Order:
    """The order that is asked for, by the first of the known keys unless said otherwise, and downwards.

    ``ascending`` is the key whose list goes upwards unless said otherwise.

    Raises:
        LeadlineError: VALIDATION_FAILED.
    """
    by = sort_by or known[0]
    if by not in known:
        raise invalid_field("sortBy", "NOT_ALLOWED", f"Use one of {', '.join(known)}.")
    if sort_dir not in {"", "asc", "desc"}:
        raise invalid_field("sortDir", "NOT_ALLOWED", "Use asc or desc.")
    return Order(by, sort_dir == "desc" if sort_dir else by != ascending)


def check_depth(offset: int) -> None:
    """Refuse a page that begins so far in that others would wait.

    Raises:
        LeadlineError: PAGE_TOO_DEEP.
    """
    if offset > _DEEPEST_PAGE:
        message = f"It begins more than {_DEEPEST_PAGE:,} records in. Follow meta.nextCursor, or add a filter."
        raise invalid(FieldViolation("page", "PAGE_TOO_DEEP", message), reason="PAGE_TOO_DEEP")
