"""The activities that copy what stands around a lead, against real gRPC servers."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from leadline.crm.v1 import conversion_record_service_pb2 as records_pb2
from leadline.crm.v1 import records_pb2 as crm_pb2
from leadline.leads.v1 import document_service_pb2 as documents
from leadline.leads.v1 import team_service_pb2 as team
from leadline.leads.v1 import timeline_service_pb2 as timeline

from kit.errors import not_found, refused, unavailable
from leadline_workflows.contracts import names
from leadline_workflows.contracts.conversion import CopyOrder
from tests.workflows.scripted_services import Services

ORDER = CopyOrder("conversion-1", "lead-1")
AT = Timestamp(seconds=1_737_367_200)


def paged(items: Sequence[Any], answer: Callable[[Sequence[Any], str], Message]) -> Callable[[Any], Message]:
    """The items page by page, each page with the place where the next one begins."""

    def page(request: Any) -> Message:
        assert request.lead_id == "lead-1"
        start = int(request.cursor or 0)
        end = start + request.limit
        return answer(items[start:end], str(end) if end < len(items) else "")

    return page


async def test_all_notes_are_copied_page_by_page(services: Services) -> None:
    notes = [
        timeline.Note(id=f"note-{number}", lead_id="lead-1", content="Called", created_by="u-1", created_at=AT)
        for number in range(250)
    ]
    services.leads.answers["ListNotes"] = paged(
        notes, lambda page, following: timeline.ListNotesResponse(notes=page, next_cursor=following)
    )
    services.crm.answers["CopyNotes"] = records_pb2.CopyNotesResponse()
    assert await services.run(names.COPY_NOTES, ORDER) == 250
    copied = services.crm.of("CopyNotes")
    assert [len(request.notes) for request in copied] == [100, 100, 50]
    assert {request.conversion_id for request in copied} == {"conversion-1"}
    assert [note for request in copied for note in request.notes] == [
        crm_pb2.RecordNote(id=each.id, content="Called", created_by="u-1", created_at=AT) for each in notes
    ]


async def test_all_documents_are_linked_page_by_page(services: Services) -> None:
    kept = [
        documents.Document(
            id=f"document-{number}",
            lead_id="lead-1",
            name="offer.pdf",
            content_type="application/pdf",
            size_bytes=7,
            created_by="u-1",
            created_at=AT,
        )
        for number in range(101)
    ]
    services.leads.answers["ListDocuments"] = paged(
        kept, lambda page, following: documents.ListDocumentsResponse(documents=page, next_cursor=following)
    )
    services.crm.answers["CopyDocuments"] = records_pb2.CopyDocumentsResponse()
    assert await services.run(names.COPY_DOCUMENTS, ORDER) == 101
    copied = services.crm.of("CopyDocuments")
    assert [len(request.documents) for request in copied] == [100, 1]
    assert copied[1] == records_pb2.CopyDocumentsRequest(
        conversion_id="conversion-1",
        documents=[
            crm_pb2.RecordDocument(
                id="document-100",
                lead_id="lead-1",
                name="offer.pdf",
                content_type="application/pdf",
                size_bytes=7,
                created_by="u-1",
                created_at=AT,
            )
        ],
    )


async def test_the_whole_team_is_added(services: Services) -> None:
    members = [
        team.TeamMember(user_id=f"user-{number}", role="sales_rep", added_by="u-1", added_at=AT) for number in range(3)
    ]
    services.leads.answers["ListTeam"] = team.ListTeamResponse(members=members)
    services.crm.answers["CopyTeam"] = records_pb2.CopyTeamResponse()
    assert await services.run(names.COPY_TEAM, ORDER) == 3
    assert services.leads.of("ListTeam") == [team.ListTeamRequest(lead_id="lead-1")]
    assert services.crm.of("CopyTeam") == [
        records_pb2.CopyTeamRequest(
            conversion_id="conversion-1",
            team=[
                crm_pb2.RecordMember(user_id=each.user_id, role="sales_rep", added_by="u-1", added_at=AT)
                for each in members
            ],
        )
    ]


# Each copying step: what it lists, the empty list, what it asks of the CRM, and how operators call it.
STEPS: dict[str, tuple[str, Message, str, str]] = {
    names.COPY_NOTES: ("ListNotes", timeline.ListNotesResponse(), "CopyNotes", "copy notes"),
    names.COPY_DOCUMENTS: ("ListDocuments", documents.ListDocumentsResponse(), "CopyDocuments", "copy documents"),
    names.COPY_TEAM: ("ListTeam", team.ListTeamResponse(), "CopyTeam", "copy team"),
}
ONE: dict[str, Message] = {
    names.COPY_NOTES: timeline.ListNotesResponse(notes=[timeline.Note(id="n")]),
    names.COPY_DOCUMENTS: documents.ListDocumentsResponse(documents=[documents.Document(id="d")]),
    names.COPY_TEAM: team.ListTeamResponse(members=[team.TeamMember(user_id="u")]),
}


@pytest.mark.parametrize("step", STEPS)
async def test_where_there_is_nothing_nothing_is_copied(services: Services, step: str) -> None:
    lists, nothing, *_ = STEPS[step]
    services.leads.answers[lists] = nothing
    assert await services.run(step, ORDER) == 0
    assert services.crm.calls == []


@pytest.mark.parametrize("step", STEPS)
async def test_a_crm_that_is_away_is_waited_for_and_one_that_refuses_is_final(services: Services, step: str) -> None:
    lists, _, copies, said = STEPS[step]
    services.leads.answers[lists] = ONE[step]
    services.crm.answers[copies] = unavailable("The CRM is away.")
    failure = await services.failure(step, ORDER)
    assert (failure.type, failure.non_retryable) == ("PART_UNAVAILABLE", False)
    (report,) = services.leads.of("ReportConversion")
    assert (report.waits.step, report.waits.reason) == (said, "PART_UNAVAILABLE")
    services.crm.answers[copies] = refused("CONVERSION_CLOSED", "It is undone.")
    failure = await services.failure(step, ORDER)
    assert (failure.type, failure.non_retryable) == ("CONVERSION_CLOSED", True)


async def test_a_lead_that_is_gone_is_final(services: Services) -> None:
    services.leads.answers["ListNotes"] = not_found("LEAD_NOT_FOUND", "There is no such lead.")
    assert (await services.failure(names.COPY_NOTES, ORDER)).non_retryable
