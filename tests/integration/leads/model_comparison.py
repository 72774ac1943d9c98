"""Comparing a lead in the service with its model: all that calls answer of it, and what its clock is told."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from leadline.leads.v1 import lead_pb2, team_service_pb2, team_service_pb2_grpc
from leadline.leads.v1 import timeline_service_pb2 as timeline

from kit.errors import LeadlineError
from kit.ids import new_id
from leadline_workflows.contracts.outbox import SLA_CLOCK
from tests.integration.leads import papers, shop
from tests.integration.leads.door import Door
from tests.integration.leads.model import ModelLead
from tests.integration.leads.pushing import House
from tests.support.tokens import USER_ID

_CLOCK = """
    SELECT clock_closed_by, clock_version,
           (SELECT json_agg(payload ORDER BY id) FROM outbox WHERE key = leads.id AND kind = :kind) AS orders
    FROM leads WHERE id = :id
"""


@dataclass
class Pair:
    """A lead in the service, and its model."""

    id: str
    model: ModelLead
    created_at: Timestamp
    # When its clock started.
    waits_since: Timestamp
    # As the last call answered it, if that answered the lead.
    answered: lead_pb2.Lead | None
    line_ids: dict[int, str] = field(default_factory=dict)
    document_ids: list[str] = field(default_factory=list)


@dataclass
class Comparison:
    """The leads of one sequence; ``products`` are two that the catalogue offers, one that it does not, and none."""

    house: House
    products: Sequence[str]
    prices: Sequence[Decimal | None]
    mark: str = field(default_factory=lambda: new_id().hex)
    pairs: list[Pair] = field(default_factory=list)

    @property
    def door(self) -> Door:
        return self.house.door

    @property
    def team(self) -> Any:
        return team_service_pb2_grpc.TeamServiceStub(self.door.channel)

    async def compare(self, pair: Pair) -> None:
        """All that the service answers of the lead is what its model says."""
        await self._clock_follows(pair)
        reads: list[Callable[[Pair], Awaitable[None]]] = [
            self._reads_as_model,
            self._history_as_model,
            self._activities_as_model,
            self._notes_as_model,
            self._team_as_model,
            self._lines_as_model,
            self._documents_as_model,
            self._held_as_model,
            self._promise_as_model,
        ]
        answers = await asyncio.gather(*(read(pair) for read in reads), return_exceptions=True)
        if pair.model.deleted:
            reasons = [each.reason if isinstance(each, LeadlineError) else each for each in answers]
            assert reasons == ["LEAD_NOT_FOUND"] * len(reads), reasons
        elif failures := [each for each in answers if each is not None]:
            raise failures[0]

    async def _reads_as_model(self, pair: Pair) -> None:
        lead, model = await self.door.get(pair.id), pair.model
        answered, pair.answered = pair.answered, None
        assert lead == (answered or lead)
        await self._is_listed(lead)
        shown = {
            "lastName": lead.last_name or None,
            "company": lead.company or None,
            "title": lead.title or None,
            "source": lead.source or None,
            "priority": lead.priority,
            "stageId": lead.stage_name,
            "status": lead_pb2.LeadStatus.Name(lead.status).removeprefix("LEAD_STATUS_").lower(),
            "estimatedValue": Decimal(lead.estimated_value) if lead.HasField("estimated_value") else None,
            "assignedTo": lead.assigned_to or None,
            "disqualificationReason": lead.disqualification_reason or None,
            "disqualificationNotes": lead.disqualification_notes or None,
            "customFields.size": json.loads(lead.custom_fields).get("size"),
        }
        assert shown == {name: model.record.get(name) for name in shown}
        assert (lead.version, lead.score, lead.qualified) == (model.version, model.score, model.qualified)
        assert sum(part.points for part in lead.score_breakdown) == model.score
        assert lead.HasField("disqualified_at") == (model.status == "disqualified")

    async def _history_as_model(self, pair: Pair) -> None:
        changes: defaultdict[str, list[timeline.HistoryEntry]] = defaultdict(list)
        for entry in reversed(await self.door.history(pair.id)):
            changes[entry.change_id].append(entry)
        told = []
        for entries in changes.values():
            (origin,) = {entry.origin for entry in entries}
            assert {entry.changed_by for entry in entries} == {str(USER_ID)}
            told.append((origin, {entry.field: _old_and_new(entry) for entry in entries}))
        assert told == pair.model.history

    async def _activities_as_model(self, pair: Pair) -> None:
        found = list(reversed(await self.door.activities(pair.id)))
        together: defaultdict[int, list[str]] = defaultdict(list)
        for each in found:
            together[each.created_at.ToNanoseconds()].append(each.type)
        assert [sorted(each) for each in together.values()] == pair.model.happened
        assert {each.performed_by for each in found} == {str(USER_ID)}
        assert list(together) == sorted(together)

    async def _notes_as_model(self, pair: Pair) -> None:
        request = timeline.ListNotesRequest(lead_id=pair.id, limit=100)
        found = (await self.door.ask(self.door.timeline_stub.ListNotes, request)).notes
        assert [each.content for each in reversed(found)] == pair.model.notes

    async def _team_as_model(self, pair: Pair) -> None:
        found = (await self.door.ask(self.team.ListTeam, team_service_pb2.ListTeamRequest(lead_id=pair.id))).members
        assert {each.user_id: each.role for each in found} == pair.model.team
        assert [each.user_id for each in found] == list(pair.model.team)

    async def _lines_as_model(self, pair: Pair) -> None:
        found = await shop.lines_of(self.door, pair.id)
        assert [
            (each.product_id, Decimal(each.quantity), Decimal(each.discount), Fraction(each.total), each.version)
            for each in found
        ] == [
            (self.products[product], line.quantity, line.discount, line.total, line.version)
            for product, line in pair.model.lines.items()
        ]

    async def _documents_as_model(self, pair: Pair) -> None:
        found = (await papers.listed(self.door, pair.id, limit=100)).documents
        assert [(each.id, each.name) for each in reversed(found)] == list(
            zip(pair.document_ids, pair.model.documents, strict=True)
        )

    async def _held_as_model(self, pair: Pair) -> None:
        found = (await self.door.stage_assignments(pair.id)).assignments
        assert [(each.stage_name, each.assigned_to or None, each.HasField("ended_at")) for each in reversed(found)] == [
            (each.stage, each.owner, each.ended) for each in pair.model.held
        ]

    async def _promise_as_model(self, pair: Pair) -> None:
        sla, model = await self.door.lead_sla(pair.id), pair.model
        window = sla.response_deadline.ToDatetime(UTC) - pair.waits_since.ToDatetime(UTC)
        assert window == timedelta(minutes=model.promised_minutes)
        assert sla.status == ("met" if model.response else "on_track")
        assert sla.HasField("first_response_at") == bool(model.response)

    async def _is_listed(self, lead: lead_pb2.Lead) -> None:
        """It is in the list exactly as it reads, and what is deleted is not."""
        found = {each.id: each for each in (await self.door.find(search=f"@{self.mark}")).leads}
        assert found.keys() == {each.id for each in self.pairs if not each.model.deleted}
        found[lead.id].score_breakdown.extend(lead.score_breakdown)
        assert found[lead.id] == lead

    async def _clock_follows(self, pair: Pair) -> None:
        """The clock's last order is what it has to know; one that ended is revived when, and only when, it goes on."""
        (row,) = await self.house.rows(_CLOCK, id=pair.id, kind=SLA_CLOCK)
        model, orders = pair.model, row.orders
        assert row.clock_closed_by == model.clock_closed_by
        last = orders[-1]["clock"]
        assert (bool(last["closed_by"]), last["version"]) == (bool(model.clock_closed_by), row.clock_version)
        if not model.clock_closed_by:
            owner = model.record.get("assignedTo") or ""
            assert (last["priority"], last["stage"], last["owner"]) == (model.record["priority"], model.stage, owner)
        closed = [bool(each["clock"]["closed_by"]) for each in orders]
        assert [each["revives"] for each in orders[1:]] == [was and not now for was, now in pairwise(closed)]


def _old_and_new(entry: timeline.HistoryEntry) -> tuple[Any, Any]:
    if entry.field == "stageId":
        return entry.old_label, entry.new_label
    return json.loads(entry.old_value), json.loads(entry.new_value)
