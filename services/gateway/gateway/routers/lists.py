"""`/lead-settings/priorities` and the plain lists: sources, disqualification reasons, team roles."""

from typing import Annotated, NamedTuple

from fastapi import Query
from leadline.settings.v1 import lists_pb2
from leadline.settings.v1 import settings_service_pb2 as pb
from starlette.responses import Response

from gateway.answers import settings as answers
from gateway.answers.json import created, ok
from gateway.clients import Services
from gateway.headers import IdempotencyKey, IfMatch
from gateway.operations import Operations
from gateway.routers.retirements import TAKES_LONGER, retire
from gateway.schemas.base import PathId
from gateway.schemas.retirement import ReplaceQuery
from gateway.schemas.settings import Label, LabelChanges, NewLabel, NewPriority, Priority, PriorityChanges

operations = Operations("Lists", pb.DESCRIPTOR.services_by_name["SettingsService"])

ReplaceAsked = Annotated[ReplaceQuery, Query()]


@operations.add("GET", "/lead-settings/priorities", "ListPriorities", answer=list[Priority])
async def list_priorities(services: Services) -> Response:
    """List priorities, the least urgent first."""
    answer = await services.call(services.settings.ListPriorities, pb.ListPrioritiesRequest())
    return ok([answers.priority(each) for each in answer.priorities])


@operations.add("POST", "/lead-settings/priorities", "CreatePriority", answer=Priority, status=201)
async def create_priority(services: Services, body: NewPriority, idempotency_key: IdempotencyKey = None) -> Response:
    """Create a priority.

    `Location` is where it can be changed; the list shows it.
    """
    request = pb.CreatePriorityRequest(**body.values())
    made = (await services.call(services.settings.CreatePriority, request, key=idempotency_key)).priority
    return created(answers.priority(made), f"/lead-settings/priorities/{made.id}", version=made.version)


@operations.add("PUT", "/lead-settings/priorities/{id}", "UpdatePriority", answer=Priority)
async def update_priority(
    services: Services, entry_id: PathId, body: PriorityChanges, if_match: IfMatch = None
) -> Response:
    """Change a priority."""
    priority = lists_pb2.Priority(id=entry_id, **body.values())
    request = pb.UpdatePriorityRequest(priority=priority, update_mask=body.mask(), expected_version=if_match)
    changed = (await services.call(services.settings.UpdatePriority, request)).priority
    return ok(answers.priority(changed), version=changed.version)


@operations.add("DELETE", "/lead-settings/priorities/{id}", "DeletePriority", status=204, responses=TAKES_LONGER)
async def delete_priority(
    services: Services, entry_id: PathId, query: ReplaceAsked, if_match: IfMatch = None
) -> Response:
    """Delete a priority.

    Its leads get the one in `replaceWith`. Waits up to ten seconds for that. The default cannot be deleted.
    """
    request = pb.DeletePriorityRequest(
        priority_id=entry_id,
        target_id=query.replace_with or "",
        expected_version=if_match,
        max_wait=services.longest_wait(),
    )
    return await retire(services, services.settings.DeletePriority, request)


class _PlainList(NamedTuple):
    path: str
    what: str
    name: str
    labels: pb.LabelList.ValueType


def _list(plain: _PlainList) -> None:
    async def list_labels(services: Services) -> Response:
        answer = await services.call(services.settings.ListLabels, pb.ListLabelsRequest(list=plain.labels))
        return ok([answers.label(each) for each in answer.labels])

    list_labels.__doc__ = f"List {plain.what}s."
    operations.add("GET", plain.path, "ListLabels", answer=list[Label], name=f"list{plain.name}s")(list_labels)


def _create(plain: _PlainList) -> None:
    async def create_label(services: Services, body: NewLabel, idempotency_key: IdempotencyKey = None) -> Response:
        request = pb.CreateLabelRequest(list=plain.labels, **body.values())
        made = (await services.call(services.settings.CreateLabel, request, key=idempotency_key)).label
        return created(answers.label(made), f"{plain.path}/{made.id}", version=made.version)

    create_label.__doc__ = f"Create a {plain.what}.\n\n`Location` is where it can be changed; the list shows it."
    operation = operations.add("POST", plain.path, "CreateLabel", answer=Label, status=201, name=f"create{plain.name}")
    operation(create_label)


def _update(plain: _PlainList) -> None:
    async def update_label(
        services: Services, entry_id: PathId, body: LabelChanges, if_match: IfMatch = None
    ) -> Response:
        label = lists_pb2.Label(id=entry_id, **body.values())
        request = pb.UpdateLabelRequest(
            list=plain.labels, label=label, update_mask=body.mask(), expected_version=if_match
        )
        changed = (await services.call(services.settings.UpdateLabel, request)).label
        return ok(answers.label(changed), version=changed.version)

    update_label.__doc__ = f"Change a {plain.what}."
    operations.add("PUT", plain.path + "/{id}", "UpdateLabel", answer=Label, name=f"update{plain.name}")(update_label)


def _delete(plain: _PlainList) -> None:
    async def delete_label(
        services: Services, entry_id: PathId, query: ReplaceAsked, if_match: IfMatch = None
    ) -> Response:
        request = pb.DeleteLabelRequest(
            list=plain.labels,
            label_id=entry_id,
            target_id=query.replace_with or "",
            expected_version=if_match,
            max_wait=services.longest_wait(),
        )
        return await retire(services, services.settings.DeleteLabel, request)

    delete_label.__doc__ = (
        f"Delete a {plain.what}.\n\nWhat has it gets the one in `replaceWith`. Waits up to ten seconds for that."
    )
    path, name = plain.path + "/{id}", f"delete{plain.name}"
    operations.add("DELETE", path, "DeleteLabel", status=204, name=name, responses=TAKES_LONGER)(delete_label)


for _plain in (
    _PlainList("/lead-settings/sources", "source", "Source", pb.LABEL_LIST_SOURCES),
    _PlainList(
        "/lead-settings/disqualification-reasons",
        "disqualification reason",
        "DisqualificationReason",
        pb.LABEL_LIST_DISQUALIFICATION_REASONS,
    ),
    _PlainList("/lead-settings/team-roles", "team role", "TeamRole", pb.LABEL_LIST_TEAM_ROLES),
):
    for _add in (_list, _create, _update, _delete):
        _add(_plain)
