"""The step of the lead-conversion workflow that copies the lead's notes, page by page."""

import grpc
from leadline.crm.v1.conversion_record_service_pb2 import CopyNotesRequest
from leadline.crm.v1.conversion_record_service_pb2_grpc import ConversionRecordServiceStub
from leadline.leads.v1.timeline_service_pb2 import ListNotesRequest, ListNotesResponse
from leadline.leads.v1.timeline_service_pb2_grpc import TimelineServiceStub
from temporalio import activity

from leadline_workflows.activities import conversion_requests as requests
from leadline_workflows.activities.door import Door
from leadline_workflows.contracts import names
from leadline_workflows.contracts.conversion import CopyNotes

_PAGE = 100


class NoteActivities:
    """Copies a lead's notes to what its conversion ensured."""

    def __init__(self, door: Door, leads: grpc.aio.Channel, crm: grpc.aio.Channel) -> None:
        self._door = door
        self._timeline = TimelineServiceStub(leads)
        self._records = ConversionRecordServiceStub(crm)

    @activity.defn(name=names.COPY_NOTES)
    async def copy_notes(self, order: CopyNotes) -> int:
        """Copy all notes and answer how many there are.

        Pages come newest first: a note that is added meanwhile moves others to a later page, where they are
        copied again, which changes nothing. A repeated attempt begins anew.
        """
        page, total = 1, 0
        while True:
            listed = await self._page(order.lead_id, page)
            if listed.notes:
                await self._copy(order.conversion_id, listed)
            total += len(listed.notes)
            activity.heartbeat(page)
            if not listed.notes or page * _PAGE >= listed.total:
                return total
            page += 1

    async def _page(self, lead_id: str, page: int) -> ListNotesResponse:
        request = ListNotesRequest(lead_id=lead_id, page=page, limit=_PAGE)
        return await self._door.ask_or_fail(self._timeline.ListNotes, request)

    async def _copy(self, conversion_id: str, listed: ListNotesResponse) -> None:
        notes = [requests.note(each) for each in listed.notes]
        await self._door.ask_or_fail(
            self._records.CopyNotes, CopyNotesRequest(conversion_id=conversion_id, notes=notes)
        )
