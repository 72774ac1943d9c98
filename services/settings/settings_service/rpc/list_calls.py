"""The calls about priorities and the plain lists."""

from leadline.settings.v1 import settings_service_pb2 as pb

from kit.rpc.guard import Context
from settings_service.rpc import mapping
from settings_service.rpc.calls import Calls
from settings_service.rpc.words import label_list_name
from settings_service.store import entries
from settings_service.usecases.entry_lists import LABELS, PRIORITIES
from settings_service.usecases.retirable import RETIRABLE_LABELS, RETIRABLE_PRIORITIES


class ListCalls(Calls):
    """Priorities, sources, disqualification reasons, team roles."""

    async def ListPriorities(self, _request: pb.ListPrioritiesRequest, _context: Context) -> pb.ListPrioritiesResponse:
        """Priorities by position."""
        found = await self._all(entries.PRIORITIES)
        return pb.ListPrioritiesResponse(priorities=map(mapping.priority_message, found))

    async def CreatePriority(self, request: pb.CreatePriorityRequest, context: Context) -> pb.CreatePriorityResponse:
        """Adds a priority, as the most urgent or at a position."""
        return await self._create(
            PRIORITIES,
            request,
            context,
            pb.CreatePriorityResponse,
            lambda added: pb.CreatePriorityResponse(priority=mapping.priority_message(added)),
        )

    async def UpdatePriority(self, request: pb.UpdatePriorityRequest, _context: Context) -> pb.UpdatePriorityResponse:
        """Changes what the mask names, and positions and default with it."""
        saved = await self._update(PRIORITIES, request, request.priority, request.priority.id)
        return pb.UpdatePriorityResponse(priority=mapping.priority_message(saved))

    async def DeletePriority(self, request: pb.DeletePriorityRequest, _context: Context) -> pb.DeletePriorityResponse:
        """Retires a priority."""
        retirement = await self._retire(RETIRABLE_PRIORITIES, request, request.priority_id)
        return pb.DeletePriorityResponse(retirement=mapping.retirement_message(retirement))

    async def ListLabels(self, request: pb.ListLabelsRequest, _context: Context) -> pb.ListLabelsResponse:
        """One of the plain lists, in the order in which it was made."""
        found = await self._all(entries.labels_of(label_list_name(request.list)))
        return pb.ListLabelsResponse(labels=map(mapping.label_message, found))

    async def CreateLabel(self, request: pb.CreateLabelRequest, context: Context) -> pb.CreateLabelResponse:
        """Adds an entry to a plain list."""
        return await self._create(
            LABELS[label_list_name(request.list)],
            request,
            context,
            pb.CreateLabelResponse,
            lambda added: pb.CreateLabelResponse(label=mapping.label_message(added)),
        )

    async def UpdateLabel(self, request: pb.UpdateLabelRequest, _context: Context) -> pb.UpdateLabelResponse:
        """Changes what the mask names."""
        saved = await self._update(LABELS[label_list_name(request.list)], request, request.label, request.label.id)
        return pb.UpdateLabelResponse(label=mapping.label_message(saved))

    async def DeleteLabel(self, request: pb.DeleteLabelRequest, _context: Context) -> pb.DeleteLabelResponse:
        """Retires an entry of a plain list."""
        retirement = await self._retire(RETIRABLE_LABELS[label_list_name(request.list)], request, request.label_id)
        return pb.DeleteLabelResponse(retirement=mapping.retirement_message(retirement))
