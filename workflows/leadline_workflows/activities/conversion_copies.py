"""The steps of a conversion that copy what stands around the lead, page by page: notes, documents, team."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import grpc
from leadline.crm.v1 import conversion_record_service_pb2 as records_pb2
from leadline.crm.v1.conversion_record_service_pb2_grpc import ConversionRecordServiceStub
from leadline.leads.v1.document_service_pb2 import ListDocumentsRequest
from leadline.leads.v1.document_service_pb2_grpc import DocumentServiceStub
from leadline.leads.v1.team_service_pb2 import ListTeamRequest
from leadline.leads.v1.team_service_pb2_grpc import TeamServiceStub
from leadline.leads.v1.timeline_service_pb2 import ListNotesRequest
from leadline.leads.v1.timeline_service_pb2_grpc import TimelineServiceStub
from temporalio import activity

from leadline_workflows.activities import conversion_requests as requests
from leadline_workflows.activities.conversion_plans import ConversionPlans
from leadline_workflows.activities.door import Door
from leadline_workflows.contracts import names
from leadline_workflows.contracts.conversion import CopyOrder

_PAGE = 100

# The items of a page, and where the next one begins: empty behind the last one.
Page = tuple[Sequence[Any], str]


class CopyActivities:
    """Copies what a lead has to what its conversion ensured. A repeated attempt begins anew, which changes nothing."""

    def __init__(self, door: Door, plans: ConversionPlans, leads: grpc.aio.Channel, crm: grpc.aio.Channel) -> None:
        self._door = door
        self._plans = plans
        self._timeline, self._documents = TimelineServiceStub(leads), DocumentServiceStub(leads)
        self._team = TeamServiceStub(leads)
        self._records = ConversionRecordServiceStub(crm)

    @activity.defn(name=names.COPY_NOTES)
    async def copy_notes(self, order: CopyOrder) -> int:
        """Copy all notes and answer how many there are."""

        async def page(cursor: str) -> Page:
            request = ListNotesRequest(lead_id=order.lead_id, limit=_PAGE, cursor=cursor)
            listed = await self._door.ask_or_fail(self._timeline.ListNotes, request)
            return listed.notes, listed.next_cursor

        async def copy(notes: Sequence[Any]) -> None:
            copied = records_pb2.CopyNotesRequest(conversion_id=order.conversion_id, notes=map(requests.note, notes))
            await self._door.ask_or_fail(self._records.CopyNotes, copied)

        async with self._plans.waiting(order.conversion_id, "copy notes"):
            return await _copied(page, copy)

    @activity.defn(name=names.COPY_DOCUMENTS)
    async def copy_documents(self, order: CopyOrder) -> int:
        """Link all documents and answer how many there are."""

        async def page(cursor: str) -> Page:
            request = ListDocumentsRequest(lead_id=order.lead_id, limit=_PAGE, cursor=cursor)
            listed = await self._door.ask_or_fail(self._documents.ListDocuments, request)
            return listed.documents, listed.next_cursor

        async def copy(documents: Sequence[Any]) -> None:
            copied = records_pb2.CopyDocumentsRequest(
                conversion_id=order.conversion_id, documents=map(requests.document, documents)
            )
            await self._door.ask_or_fail(self._records.CopyDocuments, copied)

        async with self._plans.waiting(order.conversion_id, "copy documents"):
            return await _copied(page, copy)

    @activity.defn(name=names.COPY_TEAM)
    async def copy_team(self, order: CopyOrder) -> int:
        """Add all members of the team and answer how many there are."""

        async def page(_cursor: str) -> Page:
            listed = await self._door.ask_or_fail(self._team.ListTeam, ListTeamRequest(lead_id=order.lead_id))
            return listed.members, ""

        async def copy(members: Sequence[Any]) -> None:
            copied = records_pb2.CopyTeamRequest(conversion_id=order.conversion_id, team=map(requests.member, members))
            await self._door.ask_or_fail(self._records.CopyTeam, copied)

        async with self._plans.waiting(order.conversion_id, "copy team"):
            return await _copied(page, copy)


async def _copied(page: Callable[[str], Awaitable[Page]], copy: Callable[[Sequence[Any]], Awaitable[None]]) -> int:
    cursor, total = "", 0
    while True:
        items, cursor = await page(cursor)
        if items:
            await copy(items)
        total += len(items)
        activity.heartbeat(total)
        if not cursor:
            return total
