"""Pages of what belongs to leads, newest first; all else about pages is the kit's."""

from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from kit import paging
from kit.ids import parse_id
from kit.paging import Page, PageRequest, Span, cursor_of, no_cursor


class LeadPageRequest(PageRequest, Protocol):
    """A request for a page of what belongs to a lead."""

    lead_id: str


def span_of(request: PageRequest, name: str) -> Span:
    """The part of a list, newest first, that is asked for. ``name`` is the list's own: a cursor is good for one list.

    Raises:
        LeadlineError: VALIDATION_FAILED.
    """
    span = paging.span_of(request, name)
    if span.after and not isinstance(span.after.key, datetime):
        raise no_cursor()
    return span


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
