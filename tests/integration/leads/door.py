"""The leads service's gRPC door, as tests knock on it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.field_mask_pb2 import FieldMask
from leadline.leads.v1 import conversion_service_pb2 as conversion
from leadline.leads.v1 import conversion_service_pb2_grpc as conversion_grpc
from leadline.leads.v1 import lead_pb2, sla_service_pb2_grpc, timeline_service_pb2_grpc
from leadline.leads.v1 import lead_service_pb2 as leads
from leadline.leads.v1 import lead_service_pb2_grpc as leads_grpc
from leadline.leads.v1 import sla_service_pb2 as sla
from leadline.leads.v1 import timeline_service_pb2 as timeline
from leadline.settings.v1 import configuration_service_pb2

from kit.errors import LeadlineError
from kit.rpc.calls import call
from tests.support.tokens import token

USER_TOKEN = token("leads:view", "leads:create", "leads:edit", "leads:delete")
CLOCK_TOKEN = token("sla:record", role="service")
SAGA_TOKEN = token("conversions:run", role="service")
JSON_FIELDS = {"custom_fields", "stage_field_values"}


@dataclass
class Door:
    """Calls of the leads service under a token, a user's unless said, and the configuration that it works by."""

    channel: grpc.aio.Channel
    configuration: configuration_service_pb2.Configuration
    token: str = USER_TOKEN
    address: str = ""
    lead_stub: Any = field(init=False)
    timeline_stub: Any = field(init=False)
    sla_stub: Any = field(init=False)
    conversion_stub: Any = field(init=False)

    def __post_init__(self) -> None:
        self.lead_stub = leads_grpc.LeadServiceStub(self.channel)
        self.timeline_stub = timeline_service_pb2_grpc.TimelineServiceStub(self.channel)
        self.sla_stub = sla_service_pb2_grpc.SlaServiceStub(self.channel)
        self.conversion_stub = conversion_grpc.ConversionServiceStub(self.channel)

    async def ask(self, method: Any, request: Any, *, sent: str | None = None, key: str | None = None) -> Any:
        return await call(method, request, token=sent or self.token, timeout=15, idempotency_key=key)

    async def create(self, *, key: str | None = None, **given: Any) -> lead_pb2.Lead:
        given = given or {"last_name": "Johnson"}
        request = leads.CreateLeadRequest(fields=lead_fields(given))
        return (await self.ask(self.lead_stub.CreateLead, request, key=key)).lead  # type: ignore[no-any-return]

    async def get(self, lead_id: str) -> lead_pb2.Lead:
        answer = await self.ask(self.lead_stub.GetLead, leads.GetLeadRequest(lead_id=lead_id))
        return answer.lead  # type: ignore[no-any-return]

    async def update(self, lead_id: str, *, version: int | None = None, **given: Any) -> lead_pb2.Lead:
        request = leads.UpdateLeadRequest(
            lead_id=lead_id,
            fields=lead_fields(given),
            update_mask=FieldMask(paths=list(given)),
            expected_version=version,
        )
        return (await self.ask(self.lead_stub.UpdateLead, request)).lead  # type: ignore[no-any-return]

    async def change_many(
        self, lead_ids: Sequence[str], *, atomic: bool = False, **given: Any
    ) -> leads.BulkUpdateLeadsResponse:
        request = leads.BulkUpdateLeadsRequest(
            lead_ids=lead_ids, fields=lead_fields(given), update_mask=FieldMask(paths=list(given)), atomic=atomic
        )
        return await self.ask(self.lead_stub.BulkUpdateLeads, request)  # type: ignore[no-any-return]

    async def delete(self, lead_id: str, *, version: int | None = None) -> None:
        await self.ask(self.lead_stub.DeleteLead, leads.DeleteLeadRequest(lead_id=lead_id, expected_version=version))

    async def change_stage(self, lead_id: str, stage_id: str, **values: Any) -> lead_pb2.Lead:
        request = leads.ChangeStageRequest(
            lead_id=lead_id, stage_id=stage_id, stage_field_values=json.dumps(values) if values else ""
        )
        return (await self.ask(self.lead_stub.ChangeStage, request)).lead  # type: ignore[no-any-return]

    async def find(self, **which: Any) -> leads.ListLeadsResponse:
        return await self.ask(self.lead_stub.ListLeads, leads.ListLeadsRequest(**which))  # type: ignore[no-any-return]

    async def activities(self, lead_id: str) -> list[timeline.Activity]:
        request = timeline.ListActivitiesRequest(lead_id=lead_id, limit=100)
        return list((await self.ask(self.timeline_stub.ListActivities, request)).activities)

    async def happened(self, lead_id: str) -> list[str]:
        return [activity.type for activity in await self.activities(lead_id)]

    async def history(self, lead_id: str) -> list[timeline.HistoryEntry]:
        request = timeline.ListHistoryRequest(lead_id=lead_id, limit=100)
        return list((await self.ask(self.timeline_stub.ListHistory, request)).entries)

    async def stage_assignments(
        self, lead_id: str, *, page: int = 0, limit: int = 100
    ) -> timeline.ListStageAssignmentsResponse:
        request = timeline.ListStageAssignmentsRequest(lead_id=lead_id, page=page, limit=limit)
        return await self.ask(self.timeline_stub.ListStageAssignments, request)  # type: ignore[no-any-return]

    async def add_note(self, lead_id: str, content: str, *, key: str | None = None) -> timeline.Note:
        request = timeline.AddNoteRequest(lead_id=lead_id, content=content)
        return (await self.ask(self.timeline_stub.AddNote, request, key=key)).note  # type: ignore[no-any-return]

    async def log(self, lead_id: str, **logged: Any) -> timeline.Activity:
        request = timeline.LogActivityRequest(lead_id=lead_id, **{"type": "call", "direction": "outbound", **logged})
        return (await self.ask(self.timeline_stub.LogActivity, request)).activity  # type: ignore[no-any-return]

    async def lead_sla(self, lead_id: str) -> sla.GetLeadSlaResponse:
        return await self.ask(self.sla_stub.GetLeadSla, sla.GetLeadSlaRequest(lead_id=lead_id))  # type: ignore[no-any-return]

    async def record(self, lead_id: str, kind: Any, index: int = 0) -> sla.RecordMilestoneResponse:
        request = sla.RecordMilestoneRequest(lead_id=lead_id, kind=kind, escalation_index=index)
        return await self.ask(self.sla_stub.RecordMilestone, request, sent=CLOCK_TOKEN)  # type: ignore[no-any-return]

    async def convert(self, lead_id: str, *, wait: float = 0, **wanted: Any) -> conversion.Conversion:
        longest = Duration()
        longest.FromTimedelta(timedelta(seconds=wait))
        request = conversion.ConvertLeadRequest(lead_id=lead_id, max_wait=longest, **wanted)
        answer = await self.ask(self.conversion_stub.ConvertLead, request)
        return answer.conversion  # type: ignore[no-any-return]

    async def as_saga(self, method: Any, request: Any) -> Any:
        return await self.ask(method, request, sent=SAGA_TOKEN)

    def stage(self, name: str) -> str:
        """The id of a lead stage by its name."""
        pipelines = {each.id for each in self.configuration.pipelines if each.module == 1}
        return next(
            each.id for each in self.configuration.stages if each.name == name and each.pipeline_id in pipelines
        )

    def opportunity_stage(self, name: str) -> str:
        """The id of an opportunity stage by its name."""
        pipelines = {each.id for each in self.configuration.pipelines if each.module == 2}
        return next(
            each.id for each in self.configuration.stages if each.name == name and each.pipeline_id in pipelines
        )


def lead_fields(given: dict[str, Any]) -> lead_pb2.LeadFields:
    """Fields as a caller writes them; None is left out, so that a mask clears it."""
    written = {
        name: json.dumps(value) if name in JSON_FIELDS and not isinstance(value, str) else value
        for name, value in given.items()
        if value is not None
    }
    return lead_pb2.LeadFields(**written)


async def refusal(attempt: Any) -> LeadlineError:
    """The error that a call is refused with."""
    with pytest.raises(LeadlineError) as refused:
        await attempt
    return refused.value


def fields_at_fault(error: LeadlineError) -> set[tuple[str, str]]:
    """Which fields, and why."""
    return {(violation.field, violation.reason) for violation in error.violations}
