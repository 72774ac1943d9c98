"""Documents of a lead: what comes in, and what is written along."""

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import ErrorKind
from kit.ids import new_id
from leads_service.domain import documents
from leads_service.domain.content_types import HEAD_BYTES
from leads_service.domain.documents import MOST_DOCUMENTS, Content, Incoming
from leads_service.domain.lead import Lead, LeadStatus
from tests.unit.leads.building import ALICE, CONFIGURATION, HOUR, NOW, by_person, make_lead, types_of
from tests.unit.leads.refusals import faults, refusal
from tests.unit.leads.samples_of_files import PDF

LATER = NOW + HOUR
LIMIT = 200 * 1024
PDF_CONTENT = Content("application/pdf", len(PDF), hashlib.sha256(PDF).digest())


def sent(content: bytes, size: int = 1000, *, name: str = "a.pdf", claimed: str = "", limit: int = LIMIT) -> Incoming:
    incoming = Incoming(name, claimed, limit)
    for start in range(0, len(content), size):
        incoming.take(content[start : start + size])
    return incoming


@given(st.binary(max_size=100), st.integers(1, 40))
def test_in_whatever_pieces_a_content_comes_the_same_is_known_of_it(more: bytes, size: int) -> None:
    content = PDF + more
    whole = sent(content, size).whole()
    assert whole == Content("application/pdf", len(content), hashlib.sha256(content).digest())


def test_nothing_is_no_document() -> None:
    with faults(("file", "EMPTY")):
        sent(b"").whole()


def test_one_byte_over_the_limit_is_refused_as_soon_as_it_comes() -> None:
    assert sent(PDF + bytes(LIMIT - len(PDF))).whole().size_bytes == LIMIT
    incoming = sent(PDF + bytes(LIMIT - len(PDF)))
    with refusal("UPLOAD_TOO_LARGE", ErrorKind.TOO_LARGE) as caught:
        incoming.take(b"x")
    assert caught.value.metadata == {"limitBytes": str(LIMIT)}


def test_a_lying_type_is_refused_before_all_of_it_has_come() -> None:
    incoming = Incoming("a.png", "image/png", LIMIT)
    incoming.take(PDF)
    with faults(("file", "WRONG_TYPE")):
        incoming.take(b"x" * HEAD_BYTES)


@pytest.mark.parametrize("claimed", ["", "text/plain"])
def test_a_text_is_one_to_its_end(claimed: str) -> None:
    text = b"a" * (HEAD_BYTES + 10)
    assert sent(text, name="a.txt", claimed=claimed).whole().content_type == "text/plain"
    with faults(("file", "WRONG_TYPE")):
        sent(text + b"\0", name="a.txt", claimed=claimed)


def added(lead: Lead, count: int = 0) -> documents.Document:
    document, change = documents.add(
        lead,
        count,
        "offer.pdf",
        PDF_CONTENT,
        "documents/1",
        created_by=ALICE,
        situation=by_person(LATER, CONFIGURATION),
    )
    assert types_of(change) == ["document_added"]
    assert change.lead == lead
    return document


@pytest.mark.parametrize("status", LeadStatus)
def test_a_document_comes_and_goes_whatever_the_leads_status_and_leaves_it_as_it_is(status: LeadStatus) -> None:
    lead = replace(make_lead(), status=status)
    document = added(lead)
    assert (document.lead_id, document.name, document.created_at) == (lead.id, "offer.pdf", LATER)
    assert (document.size_bytes, document.sha256) == (len(PDF), PDF_CONTENT.sha256)
    gone = documents.remove(lead, document, by_person(LATER, CONFIGURATION))
    assert types_of(gone) == ["document_removed"]
    assert gone.lead == lead
    (activity,) = gone.activities
    assert dict(activity.metadata) == {"documentId": str(document.id), "name": "offer.pdf"}


def test_a_lead_that_is_being_converted_takes_none_and_gives_none_away() -> None:
    document = added(make_lead())
    converting = replace(make_lead(), conversion_id=new_id())
    with refusal("LEAD_CONVERTING"):
        added(converting)
    with refusal("LEAD_CONVERTING"):
        documents.remove(converting, document, by_person(LATER, CONFIGURATION))


def test_a_lead_has_at_most_a_thousand() -> None:
    assert added(make_lead(), MOST_DOCUMENTS - 1)
    with refusal("LIST_FULL"):
        added(make_lead(), MOST_DOCUMENTS)
