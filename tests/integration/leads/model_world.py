"""Two leads in the real service and the same two as models: what is done is done to both, and both are compared."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from copy import deepcopy
from typing import Any

from google.protobuf.field_mask_pb2 import FieldMask
from hypothesis import event
from leadline.leads.v1 import document_service_pb2 as documents
from leadline.leads.v1 import lead_pb2, team_service_pb2
from leadline.leads.v1 import lead_service_pb2 as leads
from leadline.leads.v1 import product_line_service_pb2 as lines
from leadline.leads.v1 import timeline_service_pb2 as timeline

from kit.errors import LeadlineError
from kit.ids import new_id
from tests.integration.leads import papers, shop
from tests.integration.leads.door import lead_fields
from tests.integration.leads.model import ModelLead, RefusedError
from tests.integration.leads.model_comparison import Comparison, Pair


class ModelWorld(Comparison):
    """Does things to the leads of one sequence."""

    def standing_of(self, lead: int) -> str:
        """Whether a lead is open, disqualified or deleted."""
        model = self.pairs[lead].model
        return "deleted" if model.deleted else model.status

    async def begin(self, *creates: tuple[str, dict[str, Any]]) -> None:
        """Make the leads; one that is refused is made in a plainer way."""
        for place, act in enumerate(creates):
            await self.do(act)
            if len(self.pairs) == place:
                await self.do(("create", {"given": {"last_name": "Johnson"}, "stage": None, "twice": False}))

    async def do(self, act: tuple[str, dict[str, Any]]) -> None:
        """Do one thing to both, and compare them."""
        name, given = act
        method = getattr(self, name)
        if "lead" in given:
            pair = self.pairs[given["lead"]]
            await method(pair, **{key: value for key, value in given.items() if key != "lead"})
            await self.compare(pair)
        else:
            await method(**given)
            await asyncio.gather(*map(self.compare, self.pairs))

    async def create(self, given: dict[str, Any], stage: str | None, twice: bool) -> None:
        # What is cleared is not given at all, where there is nothing yet.
        there = {name: value for name, value in given.items() if value is not None}
        written = {**there, "email": f"{len(self.pairs)}@{self.mark}.example"}
        place = {"stage_id": self.door.stage(stage)} if stage else {}
        request = leads.CreateLeadRequest(fields=_fields({**written, **place}))
        made: list[ModelLead] = []
        answer = await self._both(
            lambda: made.append(ModelLead.create(written, stage)), self.door.lead_stub.CreateLead, request, twice=twice
        )
        if answer is not None:
            lead = answer.lead
            self.pairs.append(Pair(lead.id, made[0], lead.created_at, lead.created_at, lead))

    async def update(self, pair: Pair, given: dict[str, Any], seen: str) -> None:
        version = _version(pair.model.version, seen)
        request = leads.UpdateLeadRequest(
            lead_id=pair.id,
            fields=_fields(given),
            update_mask=FieldMask(paths=list(given)),
            expected_version=version,
        )
        answer = await self._both(
            lambda: pair.model.update(given, version=version), self.door.lead_stub.UpdateLead, request
        )
        pair.answered = answer and answer.lead

    async def change_stage(self, pair: Pair, stage: str, value: int | None, seen: str, twice: bool) -> None:
        version = _version(pair.model.version, seen)
        request = leads.ChangeStageRequest(
            lead_id=pair.id,
            stage_id=self.door.stage(stage),
            stage_field_values=_values(value),
            expected_version=version,
        )
        answer = await self._both(
            lambda: pair.model.update({}, stage=stage, value=value, version=version),
            self.door.lead_stub.ChangeStage,
            request,
            twice=twice,
        )
        pair.answered = answer and answer.lead

    async def disqualify(self, pair: Pair, reason: str, notes: str, seen: str, twice: bool) -> None:
        version = _version(pair.model.version, seen)
        request = leads.DisqualifyLeadRequest(lead_id=pair.id, reason=reason, notes=notes, expected_version=version)
        answer = await self._both(
            lambda: pair.model.disqualify(reason, notes, version),
            self.door.lead_stub.DisqualifyLead,
            request,
            twice=twice,
        )
        pair.answered = answer and answer.lead

    async def reopen(self, pair: Pair, stage: str | None, value: int | None, seen: str, twice: bool) -> None:
        version = _version(pair.model.version, seen)
        request = leads.ReopenLeadRequest(
            lead_id=pair.id,
            stage_id=self.door.stage(stage) if stage else None,
            stage_field_values=_values(value),
            expected_version=version,
        )
        answer = await self._both(
            lambda: pair.model.reopen(stage, value, version), self.door.lead_stub.ReopenLead, request, twice=twice
        )
        if answer is not None:
            pair.waits_since = answer.lead.updated_at
            pair.answered = answer.lead

    async def delete(self, pair: Pair, seen: str) -> None:
        version = _version(pair.model.version, seen)
        request = leads.DeleteLeadRequest(lead_id=pair.id, expected_version=version)
        await self._both(lambda: pair.model.delete(version), self.door.lead_stub.DeleteLead, request)

    async def restore(self, pair: Pair, seen: str, twice: bool) -> None:
        version = _version(pair.model.version, seen)
        request = leads.RestoreLeadRequest(lead_id=pair.id, expected_version=version)
        answer = await self._both(
            lambda: pair.model.restore(version), self.door.lead_stub.RestoreLead, request, twice=twice
        )
        pair.answered = answer and answer.lead

    async def update_many(self, given: dict[str, Any], stage: str | None, unknown: bool, atomic: bool) -> None:
        fields, place = _nested(given), {"stage_id": self.door.stage(stage)} if stage else {}
        request = leads.BulkUpdateLeadsRequest(
            lead_ids=self._ids(unknown=unknown),
            fields=_fields({**fields, **place}),
            update_mask=FieldMask(paths=[*fields, *place]),
            atomic=atomic,
        )
        failed: list[tuple[str, str]] = []
        answer = await self._both(
            lambda: failed.extend(
                self._many(
                    lambda model: model.update(given, stage=stage, origin="bulk"), unknown=unknown, atomic=atomic
                )
            ),
            self.door.lead_stub.BulkUpdateLeads,
            request,
        )
        if answer is not None:
            assert [(each.lead_id, each.reason) for each in answer.failed] == _by_place(failed, request.lead_ids)
            assert answer.updated == len(request.lead_ids) - len(failed)

    async def delete_many(self, unknown: bool, atomic: bool, twice: bool) -> None:
        request = leads.BulkDeleteLeadsRequest(lead_ids=self._ids(unknown=unknown), atomic=atomic)
        failed: list[tuple[str, str]] = []
        answer = await self._both(
            lambda: failed.extend(self._many(lambda model: model.delete(), unknown=unknown, atomic=atomic)),
            self.door.lead_stub.BulkDeleteLeads,
            request,
            twice=twice,
        )
        if answer is not None:
            assert [(each.lead_id, each.reason) for each in answer.failed] == _by_place(failed, request.lead_ids)
            assert answer.deleted == len(request.lead_ids) - len(failed)

    async def note(self, pair: Pair, content: str, twice: bool) -> None:
        request = timeline.AddNoteRequest(lead_id=pair.id, content=content)
        await self._both(lambda: pair.model.note(content), self.door.timeline_stub.AddNote, request, twice=twice)

    async def log(self, pair: Pair, direction: str, backdated: bool, twice: bool) -> None:
        request = timeline.LogActivityRequest(
            lead_id=pair.id,
            type="call",
            direction=direction,
            occurred_at=pair.created_at if backdated else None,
        )
        await self._both(
            lambda: pair.model.log(direction, backdated=backdated),
            self.door.timeline_stub.LogActivity,
            request,
            twice=twice,
        )

    async def join(self, pair: Pair, user: str, role: str, twice: bool) -> None:
        request = team_service_pb2.AddTeamMemberRequest(lead_id=pair.id, user_id=user, role=role)
        await self._both(lambda: pair.model.join(user, role), self.team.AddTeamMember, request, twice=twice)

    async def leave(self, pair: Pair, user: str) -> None:
        request = team_service_pb2.RemoveTeamMemberRequest(lead_id=pair.id, user_id=user)
        await self._both(lambda: pair.model.leave(user), self.team.RemoveTeamMember, request)

    async def add_line(self, pair: Pair, product: int, quantity: str, twice: bool) -> None:
        fields = lines.ProductLineFields(quantity=quantity)
        request = lines.AddProductLineRequest(lead_id=pair.id, product_id=self.products[product], fields=fields)
        answer = await self._both(
            lambda: pair.model.add_line(product, self.prices[product], quantity),
            shop.stub(self.door).AddProductLine,
            request,
            twice=twice,
        )
        if answer is not None:
            pair.line_ids[product] = answer.line.id

    async def change_line(self, pair: Pair, product: int, given: dict[str, str], seen: str, by_own_id: bool) -> None:
        version = self._line_version(pair, product, seen)
        request = lines.UpdateProductLineRequest(
            lead_id=pair.id,
            product_id=self._line_id(pair, product, by_own_id=by_own_id),
            fields=lines.ProductLineFields(**given),
            update_mask=FieldMask(paths=list(given)),
            expected_version=version,
        )
        await self._both(
            lambda: pair.model.change_line(product, given, version), shop.stub(self.door).UpdateProductLine, request
        )

    async def remove_line(self, pair: Pair, product: int, seen: str, by_own_id: bool) -> None:
        version = self._line_version(pair, product, seen)
        request = lines.RemoveProductLineRequest(
            lead_id=pair.id,
            product_id=self._line_id(pair, product, by_own_id=by_own_id),
            expected_version=version,
        )
        await self._both(
            lambda: pair.model.remove_line(product, version), shop.stub(self.door).RemoveProductLine, request
        )

    async def keep(self, pair: Pair, file_name: str, twice: bool) -> None:
        document = await self._tried(
            lambda: pair.model.keep(file_name),
            "UploadDocument",
            lambda key: papers.add(self.door, pair.id, name=file_name, key=key),
            twice=twice,
        )
        if document is not None:
            pair.document_ids.append(document.id)

    async def take_away(self, pair: Pair, place: int) -> None:
        known = place < len(pair.document_ids)
        request = documents.DeleteDocumentRequest(
            lead_id=pair.id, document_id=pair.document_ids[place] if known else str(new_id())
        )
        answer = await self._both(lambda: pair.model.take_away(place), papers.stub(self.door).DeleteDocument, request)
        if answer is not None:
            del pair.document_ids[place]

    async def _both(self, model: Callable[[], None], method: Any, request: Any, *, twice: bool = False) -> Any:
        """The service's answer, once the model has allowed it."""
        name = type(request).__name__
        return await self._tried(model, name, lambda key: self.door.ask(method, request, key=key), twice=twice)

    async def _tried(
        self, model: Callable[[], None], name: str, attempt: Callable[[str | None], Awaitable[Any]], *, twice: bool
    ) -> Any:
        """What the attempt answers; ``twice``: under a key, which must carry it out once."""
        expected = got = ""
        try:
            model()
        except RefusedError as refused:
            expected = refused.reason
        answer, key = None, str(new_id()) if twice else None
        try:
            answer = await attempt(key)
            if twice:
                assert await attempt(key) == answer
        except LeadlineError as error:
            got = error.reason
        event(f"{name}: {got or 'done'}")
        assert got == expected, f"{name}: {got!r}, not {expected!r}"
        return answer

    def _many(self, change: Callable[[ModelLead], None], *, unknown: bool, atomic: bool) -> list[tuple[str, str]]:
        """Change all models; those that refuse, and an unknown lead, are answered, or refuse the whole."""
        before = [deepcopy(pair.model) for pair in self.pairs]
        failed = [(self._unknown, "LEAD_NOT_FOUND")] if unknown else []
        for pair in self.pairs:
            try:
                change(pair.model)
            except RefusedError as refused:
                failed.append((pair.id, refused.reason))
        if failed and atomic:
            for pair, model in zip(self.pairs, before, strict=True):
                pair.model = model
            raise RefusedError("BULK_REFUSED")
        return failed

    def _ids(self, *, unknown: bool) -> list[str]:
        return [*([self._unknown] if unknown else []), *(pair.id for pair in self.pairs)]

    @property
    def _unknown(self) -> str:
        return f"{self.mark[:8]}-0000-7000-8000-{self.mark[-12:]}"

    def _line_id(self, pair: Pair, product: int, *, by_own_id: bool) -> str:
        own = pair.line_ids.get(product)
        return own if own and by_own_id else self.products[product]

    def _line_version(self, pair: Pair, product: int, seen: str) -> int | None:
        line = pair.model.lines.get(product)
        return _version(line.version if line else 1, seen)


def _fields(given: dict[str, Any]) -> lead_pb2.LeadFields:
    return lead_fields({name: str(each) if isinstance(each, int) else each for name, each in given.items()})


def _nested(given: dict[str, Any]) -> dict[str, Any]:
    """The fields of a request, where a key of an object stands in one."""
    plain = {name: value for name, value in given.items() if "." not in name}
    return plain | ({"custom_fields": {"size": given["customFields.size"]}} if len(plain) < len(given) else {})


def _values(value: int | None) -> str:
    return "" if value is None else json.dumps({"estimatedValue": value})


def _version(current: int, seen: str) -> int | None:
    return {"": None, "this": current, "before": current - 1}[seen]


def _by_place(failed: list[tuple[str, str]], ids: Sequence[str]) -> list[tuple[str, str]]:
    return sorted(failed, key=lambda each: list(ids).index(each[0]))
