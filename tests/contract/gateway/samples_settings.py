"""What belongs to stages, scoring rules and deletions as the services answer them, and the same as JSON."""

from typing import Any

from leadline.leads.v1 import scoring_service_pb2
from leadline.settings.v1 import lists_pb2, retirement_pb2, settings_service_pb2

from tests.contract.gateway.samples import CHANGED, CHANGED_AT, CREATED, CREATED_AT, ENTRY_ID, STAGE_ID, USER_ID, uid

FIELD_ID, RULE_ID, RETIREMENT_ID = uid(20), uid(21), uid(22)
MEMBER_IDS = [uid(31), uid(30)]
OTHER_STAGE_ID = uid(40)
# The last part of each plain list's path, and which list it is.
PLAIN_LISTS = (
    ("sources", settings_service_pb2.LABEL_LIST_SOURCES),
    ("disqualification-reasons", settings_service_pb2.LABEL_LIST_DISQUALIFICATION_REASONS),
    ("team-roles", settings_service_pb2.LABEL_LIST_TEAM_ROLES),
)

_KEPT_JSON = {"version": 3, "createdAt": CREATED, "updatedAt": CHANGED}

STAGE_FIELD = lists_pb2.StageField(
    id=FIELD_ID,
    stage_id=STAGE_ID,
    name="budget",
    label="Budget",
    type="select",
    required=True,
    options=["open", "approved"],
    position=2,
    version=3,
    created_at=CREATED_AT,
    updated_at=CHANGED_AT,
)
STAGE_FIELD_JSON = {
    "id": FIELD_ID,
    "stageId": STAGE_ID,
    "name": "budget",
    "label": "Budget",
    "type": "select",
    "required": True,
    "options": ["open", "approved"],
    "position": 2,
    **_KEPT_JSON,
}

OWNERSHIP = lists_pb2.StageOwnership(
    stage_id=STAGE_ID,
    owner_type=lists_pb2.OWNER_TYPE_TEAM,
    owner_id="inbound",
    auto_assign=True,
    strategy=lists_pb2.ASSIGNMENT_STRATEGY_ROUND_ROBIN,
    member_ids=MEMBER_IDS,
    version=3,
    updated_at=CHANGED_AT,
)
OWNERSHIP_JSON = {
    "stageId": STAGE_ID,
    "ownerType": "team",
    "ownerId": "inbound",
    "autoAssign": True,
    "strategy": "round_robin",
    "memberIds": MEMBER_IDS,
    "version": 3,
    "updatedAt": CHANGED,
}
NO_OWNERSHIP = lists_pb2.StageOwnership(
    stage_id=STAGE_ID, strategy=lists_pb2.ASSIGNMENT_STRATEGY_NONE, version=1, updated_at=CREATED_AT
)
NO_OWNERSHIP_JSON: dict[str, Any] = {
    "stageId": STAGE_ID,
    "ownerType": None,
    "ownerId": None,
    "autoAssign": False,
    "strategy": "none",
    "memberIds": [],
    "version": 1,
    "updatedAt": CREATED,
}

VISIBILITY = lists_pb2.FieldVisibility(
    stage_id=STAGE_ID,
    fields={
        "score": lists_pb2.FIELD_ACCESS_HIDDEN,
        "estimatedValue": lists_pb2.FIELD_ACCESS_READ_ONLY,
        "customFields.utm_source": lists_pb2.FIELD_ACCESS_EDITABLE,
    },
    version=3,
    updated_at=CHANGED_AT,
)
VISIBILITY_JSON = {
    "stageId": STAGE_ID,
    "fields": {"customFields.utm_source": "editable", "estimatedValue": "read_only", "score": "hidden"},
    "version": 3,
    "updatedAt": CHANGED,
}

RULE = lists_pb2.ScoringRule(
    id=RULE_ID,
    name="Worth a call",
    category="value",
    field="estimatedValue",
    operator="greater_or_equal",
    value="50000.10",
    points=-40,
    is_active=True,
    position=2,
    version=3,
    created_at=CREATED_AT,
    updated_at=CHANGED_AT,
)
RULE_JSON = {
    "id": RULE_ID,
    "name": "Worth a call",
    "category": "value",
    "field": "estimatedValue",
    "operator": "greater_or_equal",
    "value": "50000.10",
    "points": -40,
    "isActive": True,
    "position": 2,
    **_KEPT_JSON,
}
BARE_RULE = lists_pb2.ScoringRule(
    id=RULE_ID,
    name="No phone",
    field="phone",
    operator="is_empty",
    version=1,
    created_at=CREATED_AT,
    updated_at=CREATED_AT,
)
BARE_RULE_JSON = {
    "id": RULE_ID,
    "name": "No phone",
    "category": None,
    "field": "phone",
    "operator": "is_empty",
    "value": None,
    "points": 0,
    "isActive": False,
    "position": 0,
    "version": 1,
    "createdAt": CREATED,
    "updatedAt": CREATED,
}

NO_RESCORE = scoring_service_pb2.Rescore(state=scoring_service_pb2.RESCORE_STATE_NONE)
NO_RESCORE_JSON = {
    "state": "none",
    "processed": 0,
    "total": 0,
    "changed": 0,
    "requestedAt": None,
    "startedAt": None,
    "endedAt": None,
}
RESCORE = scoring_service_pb2.Rescore(
    state=scoring_service_pb2.RESCORE_STATE_COMPLETED,
    processed=100_001,
    total=100_000,
    changed=12,
    requested_at=CREATED_AT,
    started_at=CREATED_AT,
    ended_at=CHANGED_AT,
)
RESCORE_JSON = {
    "state": "completed",
    "processed": 100_001,
    "total": 100_000,
    "changed": 12,
    "requestedAt": CREATED,
    "startedAt": CREATED,
    "endedAt": CHANGED,
}


def retirement(state: retirement_pb2.RetirementState.ValueType, **more: Any) -> retirement_pb2.Retirement:
    """The deletion of the stage."""
    return retirement_pb2.Retirement(
        id=RETIREMENT_ID,
        kind=retirement_pb2.RETIREMENT_KIND_STAGE,
        entry_id=STAGE_ID,
        name="New",
        module=lists_pb2.MODULE_LEADS,
        state=state,
        requested_by=USER_ID,
        started_at=CREATED_AT,
        **more,
    )


RUNNING = retirement(
    retirement_pb2.RETIREMENT_STATE_RUNNING,
    target_id=OTHER_STAGE_ID,
    target_name="Qualified",
    total=12_000,
    moved=5_000,
)
RUNNING_JSON: dict[str, Any] = {
    "id": RETIREMENT_ID,
    "kind": "stage",
    "entryId": STAGE_ID,
    "name": "New",
    "module": "leads",
    "targetId": OTHER_STAGE_ID,
    "targetName": "Qualified",
    "state": "running",
    "total": 12_000,
    "moved": 5_000,
    "failureReason": None,
    "failureMessage": None,
    "requestedBy": USER_ID,
    "startedAt": CREATED,
    "endedAt": None,
}
COMPLETED = retirement(retirement_pb2.RETIREMENT_STATE_COMPLETED, ended_at=CHANGED_AT)
FAILED = retirement_pb2.Retirement(
    id=RETIREMENT_ID,
    kind=retirement_pb2.RETIREMENT_KIND_DISQUALIFICATION_REASON,
    entry_id=ENTRY_ID,
    name="no_budget",
    state=retirement_pb2.RETIREMENT_STATE_FAILED,
    total=12,
    failure_reason="IN_USE",
    failure_message="12 records use it.",
    requested_by=USER_ID,
    started_at=CREATED_AT,
    ended_at=CHANGED_AT,
)
FAILED_JSON: dict[str, Any] = {
    "id": RETIREMENT_ID,
    "kind": "disqualification_reason",
    "entryId": ENTRY_ID,
    "name": "no_budget",
    "module": None,
    "targetId": None,
    "targetName": None,
    "state": "failed",
    "total": 12,
    "moved": 0,
    "failureReason": "in_use",
    "failureMessage": "12 records use it.",
    "requestedBy": USER_ID,
    "startedAt": CREATED,
    "endedAt": CHANGED,
}
