"""The part of LeadService that answers all leads of a list as CSV."""

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import aclosing
from itertools import chain

from leadline.leads.v1 import lead_service_pb2 as pb
from leadline.leads.v1 import lead_service_pb2_grpc as pb_grpc

from kit.errors import FieldViolation, invalid
from kit.rpc.guard import Context
from leads_service.domain.configuration import Configuration
from leads_service.domain.csv_parts import csv_parts
from leads_service.domain.lead import Actor, Lead
from leads_service.domain.lead_export import COLUMNS, exported
from leads_service.domain.visibility import hidden_from
from leads_service.rpc.lead_list_mapping import Listing
from leads_service.rpc.situation import Parts, caller, caller_id
from leads_service.usecases.exporting import all_leads

_ABOUT_PAGES = {"page", "limit", "cursor", "without_total", "read_mask"}


class LeadExportServicer(pb_grpc.LeadServiceServicer):
    """Reads a page when the one before has been taken: as fast as the caller reads, and no further."""

    _parts: Parts

    async def ExportLeads(
        self, request: pb.ExportLeadsRequest, _context: Context
    ) -> AsyncIterator[pb.ExportLeadsResponse]:
        """All leads of the list, whole rows in each part."""
        _require_whole(request.listing)
        holder, viewer = self._parts.configuration, caller()
        listing = Listing.of(request.listing, holder.current(), caller_id())
        header: list[Sequence[str]] = [COLUMNS]
        trigrams = self._parts.lists.trigrams
        pages = all_leads(self._parts.database, listing.which, listing.order, self._parts.clock(), trigrams)
        async with aclosing(pages):
            async for leads in pages:
                for part in csv_parts(chain(header, _rows(leads, holder.current(), viewer))):
                    yield pb.ExportLeadsResponse(csv=part)
                header = []


def _require_whole(listing: pb.ListLeadsRequest) -> None:
    given = [field.json_name for field, _ in listing.ListFields() if field.name in _ABOUT_PAGES]
    if given:
        message = "Leave it out: an export has all leads of the list, and all their fields."
        raise invalid(*(FieldViolation(name, "NOT_ALLOWED", message) for name in given))


def _rows(leads: Iterable[Lead], configuration: Configuration, viewer: Actor) -> Iterator[list[str]]:
    for lead in leads:
        hidden = hidden_from(viewer, lead.stage_id, configuration)
        yield exported(lead, configuration.stage_name(lead.stage_id), hidden)
