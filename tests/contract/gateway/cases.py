"""What a case of each kind of call says: the request, what it asks of which method, and how that is answered."""

from typing import Any, NamedTuple

from google.protobuf.message import Message


class Read(NamedTuple):
    """A GET, what it asks of which method, and what it answers for what that answers."""

    url: str
    method: str
    asked: Message
    answered: Message
    expected: Any
    etag: str | None = None


class Create(NamedTuple):
    """A POST that makes something."""

    url: str
    body: Any
    method: str
    sent: Message
    answered: Message
    expected: Any
    location: str
    etag: str | None = None


class Update(NamedTuple):
    """A change of what is there, for version 7."""

    verb: str
    url: str
    body: Any
    method: str
    sent: Message
    answered: Message
    expected: Any


class Delete(NamedTuple):
    """A DELETE of version 7."""

    url: str
    method: str
    sent: Message
    answered: Message


def cursor_page_of(*items: Any, page: int | None = 2, cursor: str | None = "abc") -> dict[str, Any]:
    """The answer with a page of ten of 51."""
    meta = {"total": 51, "page": page, "limit": 10, "totalPages": 6, "nextCursor": cursor}
    return {"data": [*items], "meta": meta}
