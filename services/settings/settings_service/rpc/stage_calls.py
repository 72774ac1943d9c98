"""The calls about what is set for a stage: its fields, its ownership, its field visibility."""

from typing import TypeVar

from leadline.settings.v1 import settings_service_pb2 as pb

from kit.ids import parse_id
from kit.rpc.guard import Context
from settings_service.domain.entries import Entry
from settings_service.rpc import mapping
from settings_service.rpc.calls import Calls
from settings_service.rpc.requests import access_by_field, expected_version
from settings_service.usecases.entry_lists import FIELD_VISIBILITY, STAGE_FIELDS, STAGE_OWNERSHIP, EntryList, fields_of
from settings_service.usecases.lists import Change, delete_entry, get_entry, update_entry
from settings_service.usecases.stages import fields_of_stage

E = TypeVar("E", bound=Entry)


class StageCalls(Calls):
    """Stage fields, ownership, field visibility."""

    async def ListStageFields(
        self, request: pb.ListStageFieldsRequest, _context: Context
    ) -> pb.ListStageFieldsResponse:
        """What a stage asks for, by position."""
        stage_id = parse_id(request.stage_id, "stageId")
        async with self._database.reading() as connection:
            found = await fields_of_stage(connection, stage_id)
        return pb.ListStageFieldsResponse(fields=map(mapping.stage_field_message, found))

    async def CreateStageField(
        self, request: pb.CreateStageFieldRequest, context: Context
    ) -> pb.CreateStageFieldResponse:
        """Has a stage ask for a value."""
        return await self._create(
            STAGE_FIELDS,
            request,
            context,
            pb.CreateStageFieldResponse,
            lambda added: pb.CreateStageFieldResponse(field=mapping.stage_field_message(added)),
        )

    async def UpdateStageField(
        self, request: pb.UpdateStageFieldRequest, _context: Context
    ) -> pb.UpdateStageFieldResponse:
        """Changes what the mask names, and the positions with it."""
        fields = fields_of(parse_id(request.field.stage_id, "stageId"))
        saved = await self._update(fields, request, request.field, request.field.id)
        return pb.UpdateStageFieldResponse(field=mapping.stage_field_message(saved))

    async def DeleteStageField(
        self, request: pb.DeleteStageFieldRequest, _context: Context
    ) -> pb.DeleteStageFieldResponse:
        """Has the stage no longer ask for it."""
        stage_id, field_id = parse_id(request.stage_id, "stageId"), parse_id(request.field_id, "id")
        async with self._database.transaction() as tx:
            await delete_entry(tx, fields_of(stage_id), field_id, expected_version(request))
        return pb.DeleteStageFieldResponse()

    async def GetStageOwnership(
        self, request: pb.GetStageOwnershipRequest, _context: Context
    ) -> pb.GetStageOwnershipResponse:
        """Who owns the leads at a stage."""
        found = await self._one(STAGE_OWNERSHIP, request.stage_id)
        return pb.GetStageOwnershipResponse(ownership=mapping.ownership_message(found))

    async def UpdateStageOwnership(
        self, request: pb.UpdateStageOwnershipRequest, _context: Context
    ) -> pb.UpdateStageOwnershipResponse:
        """Changes what the mask names."""
        saved = await self._update(STAGE_OWNERSHIP, request, request.ownership, request.ownership.stage_id, "stageId")
        return pb.UpdateStageOwnershipResponse(ownership=mapping.ownership_message(saved))

    async def GetFieldVisibility(
        self, request: pb.GetFieldVisibilityRequest, _context: Context
    ) -> pb.GetFieldVisibilityResponse:
        """What users see and change of the leads at a stage."""
        found = await self._one(FIELD_VISIBILITY, request.stage_id)
        return pb.GetFieldVisibilityResponse(visibility=mapping.visibility_message(found))

    async def UpdateFieldVisibility(
        self, request: pb.UpdateFieldVisibilityRequest, _context: Context
    ) -> pb.UpdateFieldVisibilityResponse:
        """Sets it, as a whole."""
        fields = {"fields": access_by_field(request.fields)}
        change = Change(parse_id(request.stage_id, "stageId"), fields, expected_version(request))
        async with self._database.transaction() as tx:
            saved = await update_entry(tx, FIELD_VISIBILITY, change)
        return pb.UpdateFieldVisibilityResponse(visibility=mapping.visibility_message(saved))

    async def _one(self, list_: EntryList[E], stage_id: str) -> E:
        entry_id = parse_id(stage_id, "stageId")
        async with self._database.reading() as connection:
            return await get_entry(connection, list_, entry_id)
