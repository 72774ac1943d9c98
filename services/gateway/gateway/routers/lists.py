"""`/lead-settings/priorities` and the plain lists: sources, disqualification reasons, team roles."""

from leadline.settings.v1 import lists_pb2
from leadline.settings.v1 import settings_service_pb2 as pb
from starlette.responses import Response

from gateway.answers import settings as answers
from gateway.answers.json import ok
from gateway.clients import Services
from gateway.headers import IfMatch
from gateway.operations import Operations
from gateway.schemas.base import PathId
from gateway.schemas.settings import Label, LabelChanges, Priority, PriorityChanges

operations = Operations("Lists", pb.DESCRIPTOR.services_by_name["SettingsService"])


@operations.add("GET", "/lead-settings/priorities", "ListPriorities", answer=list[Priority])
async def list_priorities(services: Services) -> Response:
    """List priorities, the least urgent first."""
    answer = await services.call(services.settings.ListPriorities, pb.ListPrioritiesRequest())
    return ok([answers.priority(each) for each in answer.priorities])


@operations.add("PUT", "/lead-settings/priorities/{id}", "UpdatePriority", answer=Priority)
async def update_priority(
    services: Services, entry_id: PathId, body: PriorityChanges, if_match: IfMatch = None
) -> Response:
    """Change a priority."""
    priority = lists_pb2.Priority(id=entry_id, **body.values())
    request = pb.UpdatePriorityRequest(priority=priority, update_mask=body.mask(), expected_version=if_match)
    changed = (await services.call(services.settings.UpdatePriority, request)).priority
    return ok(answers.priority(changed), version=changed.version)


def _plain_list(path: str, what: str, name: str, labels: pb.LabelList.ValueType) -> None:
    async def list_labels(services: Services) -> Response:
        answer = await services.call(services.settings.ListLabels, pb.ListLabelsRequest(list=labels))
        return ok([answers.label(each) for each in answer.labels])

    async def update_label(
        services: Services, entry_id: PathId, body: LabelChanges, if_match: IfMatch = None
    ) -> Response:
        label = lists_pb2.Label(id=entry_id, **body.values())
        request = pb.UpdateLabelRequest(list=labels, label=label, update_mask=body.mask(), expected_version=if_match)
        changed = (await services.call(services.settings.UpdateLabel, request)).label
        return ok(answers.label(changed), version=changed.version)

    list_labels.__doc__ = f"List {what}s."
    update_label.__doc__ = f"Change a {what}."
    operations.add("GET", path, "ListLabels", answer=list[Label], name=f"list{name}s")(list_labels)
    operations.add("PUT", path + "/{id}", "UpdateLabel", answer=Label, name=f"update{name}")(update_label)


_plain_list("/lead-settings/sources", "source", "Source", pb.LABEL_LIST_SOURCES)
_plain_list(
    "/lead-settings/disqualification-reasons",
    "disqualification reason",
    "DisqualificationReason",
    pb.LABEL_LIST_DISQUALIFICATION_REASONS,
)
_plain_list("/lead-settings/team-roles", "team role", "TeamRole", pb.LABEL_LIST_TEAM_ROLES)
