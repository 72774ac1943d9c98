"""Documents of a lead through the gRPC door: what comes in, stays, and goes."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable

import pytest
import sqlalchemy as sa
from leadline.leads.v1 import document_service_pb2 as pb

from kit.db.database import Database
from kit.errors import ErrorKind, LeadlineError
from kit.ids import new_id
from leads_service.domain.documents import MOST_DOCUMENTS
from leads_service.store.tables import UNUSED_OBJECTS
from tests.integration.leads.coming_back import disqualify
from tests.integration.leads.door import Door, fields_at_fault, refusal
from tests.integration.leads.papers import (
    Hesitating,
    add,
    fetch,
    listed,
    parts_of,
    pdf,
    remove,
    send,
)
from tests.support import tokens

LIMIT = 25 * 1024 * 1024
VIEWER = tokens.token("leads:view")
EDITOR = tokens.token("leads:edit")


async def names_of(door: Door, lead_id: str) -> list[str]:
    return [each.name for each in (await listed(door, lead_id, limit=100)).documents]


async def test_a_document_comes_back_byte_for_byte_until_it_is_deleted(door: Door) -> None:
    lead = await door.create(last_name="Johnson")
    content = pdf(3_000_000)
    document = await add(door, lead.id, content, name="C:\\offers\\Offer für Alice.pdf")
    assert (document.lead_id, document.name) == (lead.id, "Offer für Alice.pdf")
    assert (document.content_type, document.size_bytes) == ("application/pdf", len(content))
    assert document.sha256 == hashlib.sha256(content).hexdigest()
    assert document.created_by == str(tokens.USER_ID)
    assert await fetch(door, lead.id, document.id) == (document, content)
    assert list((await listed(door, lead.id)).documents) == [document]
    await remove(door, lead.id, document.id)
    assert (await refusal(fetch(door, lead.id, document.id))).reason == "DOCUMENT_NOT_FOUND"
    assert (await refusal(remove(door, lead.id, document.id))).reason == "DOCUMENT_NOT_FOUND"
    assert (await listed(door, lead.id)).total == 0
    assert (await door.happened(lead.id))[:2] == ["document_removed", "document_added"]
    assert (await door.get(lead.id)).version == lead.version


async def test_pages_of_documents_go_on_where_the_last_one_ended(door: Door) -> None:
    lead = await door.create(last_name="Johnson")
    for number in range(5):
        await add(door, lead.id, name=f"{number}.pdf")
    first = await listed(door, lead.id, limit=2)
    assert ([each.name for each in first.documents], first.total) == (["4.pdf", "3.pdf"], 5)
    await add(door, lead.id, name="5.pdf")
    second = await listed(door, lead.id, limit=3, cursor=first.next_cursor)
    assert ([each.name for each in second.documents], second.next_cursor) == (["2.pdf", "1.pdf", "0.pdf"], "")
    assert [each.name for each in (await listed(door, lead.id, page=2, limit=4)).documents] == ["1.pdf", "0.pdf"]
    foreign = await refusal(listed(door, lead.id, cursor="AAAA"))
    assert fields_at_fault(foreign) == {("cursor", "NOT_A_CURSOR")}


async def test_a_document_belongs_to_its_lead_and_is_for_those_who_may_see_leads(door: Door) -> None:
    lead, other = await door.create(last_name="Johnson"), await door.create(last_name="Other")
    document = await add(door, lead.id)
    attempt: Awaitable[object]
    for attempt in (fetch(door, other.id, document.id), remove(door, other.id, document.id)):
        assert (await refusal(attempt)).reason == "DOCUMENT_NOT_FOUND"
    for attempt in (fetch(door, lead.id, document.id, sent=EDITOR), listed(door, lead.id, sent=EDITOR)):
        assert (await refusal(attempt)).metadata == {"permission": "leads:view"}
    for attempt in (add(door, lead.id, sent=VIEWER), remove(door, lead.id, document.id, sent=VIEWER)):
        assert (await refusal(attempt)).metadata == {"permission": "leads:edit"}
    assert (await fetch(door, lead.id, document.id, sent=VIEWER))[0] == document
    await door.delete(lead.id)
    for attempt in (fetch(door, lead.id, document.id), listed(door, lead.id), add(door, lead.id)):
        assert (await refusal(attempt)).reason == "LEAD_NOT_FOUND"


@pytest.mark.parametrize(
    ("content", "content_type", "reason"),
    [
        (b"", "application/pdf", "EMPTY"),
        (pdf(), "image/png", "WRONG_TYPE"),
        (pdf(200_000), "image/png", "WRONG_TYPE"),
        (b"a" * 100_000 + b"\0", "text/plain", "WRONG_TYPE"),
        (b"<html>", "text/plain", "TYPE_NOT_ALLOWED"),
        (b"MZ\x90\0", "application/x-msdownload", "TYPE_NOT_ALLOWED"),
        (bytes(1000), "application/octet-stream", "TYPE_NOT_ALLOWED"),
    ],
)
async def test_what_is_no_document_leaves_nothing(door: Door, content: bytes, content_type: str, reason: str) -> None:
    lead = await door.create(last_name="Johnson")
    before = await door.happened(lead.id)
    refused = await refusal(send(door, parts_of(lead.id, content, content_type=content_type)))
    assert fields_at_fault(refused) == {("file", reason)}
    assert (await listed(door, lead.id)).total == 0
    assert await door.happened(lead.id) == before


async def test_what_is_too_large_is_refused_before_all_of_it_was_sent(door: Door) -> None:
    lead, sent = await door.create(last_name="Johnson"), 0

    async def without_end() -> AsyncIterator[pb.UploadDocumentRequest]:
        nonlocal sent
        async for part in parts_of(lead.id, pdf(2 * LIMIT), size=500_000):
            sent += len(part.content)
            yield part

    for _ in range(3):
        sent = 0
        refused = await refusal(send(door, without_end()))
        assert (refused.kind, refused.reason) == (ErrorKind.TOO_LARGE, "UPLOAD_TOO_LARGE")
        assert refused.metadata == {"limitBytes": str(LIMIT)}
        assert LIMIT < sent < LIMIT + 10_000_000
    exact = await add(door, lead.id, pdf(LIMIT), size=1_000_000)
    assert exact.size_bytes == LIMIT


async def test_parts_in_the_wrong_order_or_size_are_refused(door: Door) -> None:
    lead = await door.create(last_name="Johnson")
    new = pb.UploadDocumentRequest(document=pb.NewDocument(lead_id=lead.id, name="a.pdf"))
    content = pb.UploadDocumentRequest(content=pdf())
    large = pb.UploadDocumentRequest(content=pdf(1024 * 1024 + 1))
    for parts, fault in (
        ([], ("body", "CUT_OFF")),
        ([content], ("document", "REQUIRED")),
        ([new, content, new], ("document", "GIVEN_TWICE")),
        ([new, large], ("content", "TOO_LONG")),
        ([pb.UploadDocumentRequest(document=pb.NewDocument(lead_id="x"))], ("id", "NOT_A_UUID")),
    ):

        async def requests(parts: list[pb.UploadDocumentRequest] = parts) -> AsyncIterator[pb.UploadDocumentRequest]:
            for part in parts:
                yield part

        assert fields_at_fault(await refusal(send(door, requests()))) == {fault}
    assert (await listed(door, lead.id)).total == 0


async def test_the_same_key_with_the_same_content_keeps_one_document(door: Door) -> None:
    lead, key = await door.create(last_name="Johnson"), str(new_id())
    first = await add(door, lead.id, key=key)
    assert await add(door, lead.id, key=key, size=10) == first
    for other in (add(door, lead.id, pdf(1001), key=key), add(door, lead.id, name="other.pdf", key=key)):
        assert (await refusal(other)).reason == "IDEMPOTENCY_KEY_REUSED"
    assert (await listed(door, lead.id)).total == 1
    assert (await door.happened(lead.id)).count("document_added") == 1
    # Whatever has become of the lead since.
    await door.delete(lead.id)
    assert await add(door, lead.id, key=key) == first


async def test_a_closed_lead_takes_documents_and_one_that_is_being_converted_does_not(door: Door) -> None:
    lead = await door.create(last_name="Johnson")
    await disqualify(door, lead.id)
    document = await add(door, lead.id)
    await remove(door, lead.id, document.id)
    converting = await door.create(last_name="Johnson", company="StartupIO", estimated_value="1")
    kept = await add(door, converting.id)
    await door.convert(converting.id)
    for attempt in (add(door, converting.id), remove(door, converting.id, kept.id)):
        assert (await refusal(attempt)).reason == "LEAD_CONVERTING"


async def test_an_upload_on_its_way_keeps_nobody_waiting(door: Door) -> None:
    lead = await door.create(last_name="Johnson")
    slow = Hesitating(lead.id, pdf(1_000_000))
    sending = asyncio.create_task(send(door, slow.parts()))
    await slow.arrived.wait()
    assert (await add(door, lead.id, name="quick.pdf")).name == "quick.pdf"
    await door.update(lead.id, title="Founder")
    slow.go_on.set()
    assert (await sending).name == "offer.pdf"
    assert await names_of(door, lead.id) == ["offer.pdf", "quick.pdf"]


async def test_a_caller_that_hangs_up_half_way_leaves_nothing(door: Door, database: Database) -> None:
    lead = await door.create(last_name="Johnson")
    for _ in range(5):
        slow = Hesitating(lead.id, pdf(1_000_000))
        sending = asyncio.create_task(send(door, slow.parts()))
        await slow.arrived.wait()
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
    # What was asked for later has come later: had one of them been kept, it would be seen.
    await add(door, lead.id, name="whole.pdf")
    assert await names_of(door, lead.id) == ["whole.pdf"]
    assert (await door.happened(lead.id)).count("document_added") == 1


async def _kept(database: Database) -> int:
    """How many contents were begun to be kept without having been named so far."""
    async with database.reading() as connection:
        return int((await connection.execute(sa.select(sa.func.count()).select_from(UNUSED_OBJECTS))).scalar_one())


async def test_a_full_lead_takes_no_more_and_says_so_before_the_content_comes(door: Door, database: Database) -> None:
    lead = await door.create(last_name="Johnson")
    document = await add(door, lead.id)
    copies = """
        INSERT INTO documents (id, lead_id, name, content_type, size_bytes, sha256, object_key, created_by, created_at)
        SELECT gen_random_uuid(), lead_id, name, content_type, size_bytes, sha256, object_key, created_by, created_at
        FROM documents, generate_series(2, :most) WHERE id = :id
    """
    async with database.transaction() as tx:
        await tx.execute(sa.text(copies), {"most": MOST_DOCUMENTS, "id": document.id})
    before = await _kept(database)
    assert (await refusal(add(door, lead.id))).reason == "LIST_FULL"
    assert await _kept(database) == before
    # Where nothing is asked before, it is asked in the end.
    assert (await refusal(add(door, lead.id, key=str(new_id())))).reason == "LIST_FULL"
    await remove(door, lead.id, document.id)
    assert await add(door, lead.id)


async def test_two_who_delete_a_document_at_once_delete_it_once(door: Door) -> None:
    lead = await door.create(last_name="Johnson")
    document = await add(door, lead.id)
    outcomes = await asyncio.gather(*(remove(door, lead.id, document.id) for _ in range(5)), return_exceptions=True)
    refused = [each for each in outcomes if isinstance(each, LeadlineError)]
    assert [each.reason for each in refused] == ["DOCUMENT_NOT_FOUND"] * 4
    assert (await door.happened(lead.id)).count("document_removed") == 1
