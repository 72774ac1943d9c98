"""The part of LeadService that reads leads: one, several by their ids, or a page of a list."""

from leadline.leads.v1 import lead_pb2
from leadline.leads.v1 import lead_service_pb2 as pb
from leadline.leads.v1 import lead_service_pb2_grpc as pb_grpc

from kit.ids import parse_id
from kit.rpc.guard import Context
from leads_service.domain.configuration import Configuration
from leads_service.domain.lead import Actor, Lead
from leads_service.domain.shown_lead import ShownLead
from leads_service.rpc.lead_ids import distinct_ids
from leads_service.rpc.lead_list_mapping import Listing
from leads_service.rpc.lead_mapping import lead_to_proto
from leads_service.rpc.read_mask import ReadMask
from leads_service.rpc.situation import Parts, caller, caller_id
from leads_service.store.lead_list import LeadPage, list_leads, list_shown
from leads_service.usecases import leads

_MOST_LEADS = 100


class LeadReadingServicer(pb_grpc.LeadServiceServicer):
    """Short reads, without a transaction around them."""

    _parts: Parts

    async def GetLead(self, request: pb.GetLeadRequest, _context: Context) -> pb.GetLeadResponse:
        """One lead."""
        configuration, mask = self._parts.configuration.current(), ReadMask.of(request.read_mask)
        async with self._parts.database.reading() as connection:
            lead = await leads.get_lead(connection, parse_id(request.lead_id, "id"))
        return pb.GetLeadResponse(lead=_shown(lead, configuration, caller(), mask))

    async def BatchGetLeads(self, request: pb.BatchGetLeadsRequest, _context: Context) -> pb.BatchGetLeadsResponse:
        """Several leads, in the order of their ids as given; those that are not there are named."""
        configuration, mask = self._parts.configuration.current(), ReadMask.of(request.read_mask)
        lead_ids, viewer = distinct_ids(request.lead_ids, _MOST_LEADS), caller()
        async with self._parts.database.reading() as connection:
            found = await leads.get_leads(connection, lead_ids)
        return pb.BatchGetLeadsResponse(
            leads=[_shown(found[lead_id], configuration, viewer, mask) for lead_id in lead_ids if lead_id in found],
            missing_ids=[str(lead_id) for lead_id in lead_ids if lead_id not in found],
        )

    async def ListLeads(self, request: pb.ListLeadsRequest, _context: Context) -> pb.ListLeadsResponse:
        """A page of leads."""
        configuration, mask = self._parts.configuration.current(), ReadMask.of_list(request.read_mask)
        listing, viewer = Listing.of(request, configuration, caller_id()), caller()
        read = list_leads if mask.with_breakdown else list_shown
        async with self._parts.long_reads.reading() as connection:
            page: LeadPage[Lead | ShownLead] = await read(
                connection,
                listing.which,
                listing.order,
                listing.span,
                now=self._parts.clock(),
                with_total=not request.without_total,
                means=self._parts.lists,
            )
        return pb.ListLeadsResponse(
            leads=[_shown(lead, configuration, viewer, mask) for lead in page.leads],
            total=page.total or 0,
            next_cursor=listing.cursor(page, viewer, configuration),
        )


def _shown(lead: Lead | ShownLead, configuration: Configuration, viewer: Actor, mask: ReadMask) -> lead_pb2.Lead:
    return mask.applied(lead_to_proto(lead, configuration, viewer))
