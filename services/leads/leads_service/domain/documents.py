"""Documents of a lead: what is taken, and what is kept of it (spec: around a lead)."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kit.errors import LeadlineError, invalid_field, not_found, refused, upload_too_large
from kit.ids import new_id
from leads_service.domain.content_types import HEAD_BYTES, Kind, kind_of
from leads_service.domain.file_names import safe_name
from leads_service.domain.lead import Activity, Change, Lead
from leads_service.domain.life_cycle import happened
from leads_service.domain.settling import Situation
from leads_service.domain.signatures import is_text

MOST_DOCUMENTS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file that belongs to a lead; its content is the object of this key."""

    id: UUID
    lead_id: UUID
    name: str
    content_type: str
    size_bytes: int
    sha256: bytes
    object_key: str
    created_by: UUID
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Content:
    """What is known of a content that has come whole."""

    content_type: str
    size_bytes: int
    sha256: bytes


class Incoming:
    """A content on its way in: counted, hashed and looked at, and refused as soon as it cannot be taken."""

    def __init__(self, name: str, claimed: str, limit: int) -> None:
        self.name = safe_name(name)
        self._claimed = claimed
        self._limit = limit
        self._size = 0
        self._hash = hashlib.sha256()
        self._head = bytearray()
        self._kind: Kind | None = None

    def take(self, chunk: bytes) -> None:
        """The next bytes.

        Raises:
            LeadlineError: UPLOAD_TOO_LARGE, VALIDATION_FAILED on ``file``.
        """
        self._size += len(chunk)
        if self._size > self._limit:
            raise upload_too_large(self._limit)
        self._hash.update(chunk)
        if self._kind is None:
            self._head += chunk[: HEAD_BYTES - len(self._head)]
            if len(self._head) == HEAD_BYTES:
                self._kind = kind_of(self._claimed, self.name, bytes(self._head))
        if self._kind is not None and self._kind.is_text and not is_text(chunk):
            raise invalid_field(
                "file", "WRONG_TYPE", f"The content is not what its type {self._kind.content_type} says."
            )

    def whole(self) -> Content:
        """What it is, once all of it has come.

        Raises:
            LeadlineError: VALIDATION_FAILED on ``file``.
        """
        if not self._size:
            raise invalid_field("file", "EMPTY", "Must not be empty.")
        kind = self._kind or kind_of(self._claimed, self.name, bytes(self._head))
        return Content(kind.content_type, self._size, self._hash.digest())


def document_not_found(document_id: object) -> LeadlineError:
    """The lead has no such document."""
    return not_found("DOCUMENT_NOT_FOUND", f"The lead has no document {document_id}.")


def require_room(count: int) -> None:
    """Let one more document in.

    Raises:
        LeadlineError: LIST_FULL.
    """
    if count >= MOST_DOCUMENTS:
        raise refused("LIST_FULL", f"A lead has at most {MOST_DOCUMENTS} documents.")


def add(
    lead: Lead, count: int, name: str, content: Content, object_key: str, *, created_by: UUID, situation: Situation
) -> tuple[Document, Change]:
    """A document, new beside the ``count`` that the lead has. The lead itself stays as it is.

    Raises:
        LeadlineError: LEAD_CONVERTING, LIST_FULL.
    """
    document = Document(
        id=new_id(),
        lead_id=lead.id,
        name=name,
        content_type=content.content_type,
        size_bytes=content.size_bytes,
        sha256=content.sha256,
        object_key=object_key,
        created_by=created_by,
        created_at=situation.now,
    )
    change = happened(lead, _activity(lead, "document_added", "Document added", document, situation), situation)
    require_room(count)
    return document, change


def remove(lead: Lead, document: Document, situation: Situation) -> Change:
    """The lead without the document. The lead itself stays as it is.

    Raises:
        LeadlineError: LEAD_CONVERTING.
    """
    return happened(lead, _activity(lead, "document_removed", "Document removed", document, situation), situation)


def _activity(lead: Lead, kind: str, title: str, document: Document, situation: Situation) -> Activity:
    return situation.activity(lead, kind, title, metadata={"documentId": str(document.id), "name": document.name})
