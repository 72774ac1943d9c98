"""What each PUT and plain DELETE under /lead-settings sends to the settings service, and how it answers."""

from google.protobuf.field_mask_pb2 import FieldMask
from leadline.settings.v1 import lists_pb2
from leadline.settings.v1 import settings_service_pb2 as pb

from tests.contract.gateway import samples
from tests.contract.gateway import samples_records as records
from tests.contract.gateway import samples_settings as settings
from tests.contract.gateway.cases import Delete, Update
from tests.contract.gateway.samples import ENTRY_ID, PIPELINE_ID, STAGE_ID, USER_ID
from tests.contract.gateway.samples_settings import FIELD_ID, MEMBER_IDS, PLAIN_LISTS, RULE_ID

UPDATES = [
    Update(
        "PUT",
        f"/lead-settings/pipelines/{PIPELINE_ID}",
        {"name": "Inbound", "movement": "sequential", "isDefault": True},
        "UpdatePipeline",
        pb.UpdatePipelineRequest(
            pipeline=lists_pb2.Pipeline(
                id=PIPELINE_ID, name="Inbound", movement=lists_pb2.MOVEMENT_SEQUENTIAL, is_default=True
            ),
            update_mask=FieldMask(paths=["is_default", "movement", "name"]),
            expected_version=7,
        ),
        pb.UpdatePipelineResponse(pipeline=records.PIPELINE),
        records.PIPELINE_JSON,
    ),
    Update(
        "PUT",
        f"/lead-settings/stages/{STAGE_ID}",
        {"name": "New", "position": 2, "color": "#000000", "probability": 0, "isWon": False, "isLost": True},
        "UpdateStage",
        pb.UpdateStageRequest(
            stage=lists_pb2.Stage(id=STAGE_ID, name="New", position=2, color="#000000", is_lost=True),
            update_mask=FieldMask(paths=["color", "is_lost", "is_won", "name", "position", "probability"]),
            expected_version=7,
        ),
        pb.UpdateStageResponse(stage=records.STAGE),
        records.STAGE_JSON,
    ),
    Update(
        "PUT",
        f"/lead-settings/priorities/{ENTRY_ID}",
        {"label": "Urgent", "color": "#ffffff", "position": 1, "isDefault": True},
        "UpdatePriority",
        pb.UpdatePriorityRequest(
            priority=lists_pb2.Priority(id=ENTRY_ID, label="Urgent", color="#ffffff", position=1, is_default=True),
            update_mask=FieldMask(paths=["color", "is_default", "label", "position"]),
            expected_version=7,
        ),
        pb.UpdatePriorityResponse(priority=records.PRIORITY),
        records.PRIORITY_JSON,
    ),
    *(
        Update(
            "PUT",
            f"/lead-settings/{path}/{ENTRY_ID}",
            {"label": "Cold call", "isActive": False},
            "UpdateLabel",
            pb.UpdateLabelRequest(
                list=which,
                label=lists_pb2.Label(id=ENTRY_ID, label="Cold call"),
                update_mask=FieldMask(paths=["is_active", "label"]),
                expected_version=7,
            ),
            pb.UpdateLabelResponse(label=records.LABEL),
            records.LABEL_JSON,
        )
        for path, which in PLAIN_LISTS
    ),
    Update(
        "PUT",
        "/lead-settings/qualification-threshold",
        {"threshold": 75},
        "SetThreshold",
        pb.SetThresholdRequest(threshold=75, expected_version=7),
        pb.SetThresholdResponse(threshold=lists_pb2.Threshold(threshold=75, version=8, updated_at=samples.CREATED_AT)),
        {"threshold": 75, "version": 8, "updatedAt": samples.CREATED},
    ),
    Update(
        "PUT",
        f"/lead-settings/stages/{STAGE_ID}/fields/{FIELD_ID}",
        {"name": "sum", "label": "Sum", "type": "number", "required": False, "options": [], "position": 1},
        "UpdateStageField",
        pb.UpdateStageFieldRequest(
            field=lists_pb2.StageField(
                id=FIELD_ID, stage_id=STAGE_ID, name="sum", label="Sum", type="number", position=1
            ),
            update_mask=FieldMask(paths=["label", "name", "options", "position", "required", "type"]),
            expected_version=7,
        ),
        pb.UpdateStageFieldResponse(field=settings.STAGE_FIELD),
        settings.STAGE_FIELD_JSON,
    ),
    Update(
        "PUT",
        f"/lead-settings/stage-ownership/{STAGE_ID}",
        {
            "ownerType": "user",
            "ownerId": USER_ID,
            "autoAssign": True,
            "strategy": "least_loaded",
            "memberIds": [each.upper() for each in MEMBER_IDS],
        },
        "UpdateStageOwnership",
        pb.UpdateStageOwnershipRequest(
            ownership=lists_pb2.StageOwnership(
                stage_id=STAGE_ID,
                owner_type=lists_pb2.OWNER_TYPE_USER,
                owner_id=USER_ID,
                auto_assign=True,
                strategy=lists_pb2.ASSIGNMENT_STRATEGY_LEAST_LOADED,
                member_ids=MEMBER_IDS,
            ),
            update_mask=FieldMask(paths=["auto_assign", "member_ids", "owner_id", "owner_type", "strategy"]),
            expected_version=7,
        ),
        pb.UpdateStageOwnershipResponse(ownership=settings.OWNERSHIP),
        settings.OWNERSHIP_JSON,
    ),
    Update(
        "PUT",
        f"/lead-settings/stage-ownership/{STAGE_ID}",
        {"ownerType": None, "ownerId": None, "memberIds": None},
        "UpdateStageOwnership",
        pb.UpdateStageOwnershipRequest(
            ownership=lists_pb2.StageOwnership(stage_id=STAGE_ID, strategy=lists_pb2.ASSIGNMENT_STRATEGY_NONE),
            update_mask=FieldMask(paths=["member_ids", "owner_id", "owner_type"]),
            expected_version=7,
        ),
        pb.UpdateStageOwnershipResponse(ownership=settings.NO_OWNERSHIP),
        settings.NO_OWNERSHIP_JSON,
    ),
    Update(
        "PUT",
        f"/lead-settings/field-visibility/{STAGE_ID}",
        {"fields": {"customFields.utm_source": "editable", "estimatedValue": "read_only", "score": "hidden"}},
        "UpdateFieldVisibility",
        pb.UpdateFieldVisibilityRequest(stage_id=STAGE_ID, fields=settings.VISIBILITY.fields, expected_version=7),
        pb.UpdateFieldVisibilityResponse(visibility=settings.VISIBILITY),
        settings.VISIBILITY_JSON,
    ),
    Update(
        "PUT",
        f"/lead-settings/scoring-rules/{RULE_ID}",
        {"category": None, "value": None, "points": 0, "isActive": False},
        "UpdateScoringRule",
        pb.UpdateScoringRuleRequest(
            rule=lists_pb2.ScoringRule(id=RULE_ID, value="null"),
            update_mask=FieldMask(paths=["category", "is_active", "points", "value"]),
            expected_version=7,
        ),
        pb.UpdateScoringRuleResponse(rule=settings.RULE),
        settings.RULE_JSON,
    ),
    Update(
        "PUT",
        f"/lead-settings/scoring-rules/{RULE_ID}",
        {"name": "From the web", "field": "source", "operator": "in", "value": ["website", 7], "position": 3},
        "UpdateScoringRule",
        pb.UpdateScoringRuleRequest(
            rule=lists_pb2.ScoringRule(
                id=RULE_ID, name="From the web", field="source", operator="in", value='["website",7]', position=3
            ),
            update_mask=FieldMask(paths=["field", "name", "operator", "position", "value"]),
            expected_version=7,
        ),
        pb.UpdateScoringRuleResponse(rule=settings.RULE),
        settings.RULE_JSON,
    ),
]

DELETES = [
    Delete(
        f"/lead-settings/stages/{STAGE_ID}/fields/{FIELD_ID}",
        "DeleteStageField",
        pb.DeleteStageFieldRequest(stage_id=STAGE_ID, field_id=FIELD_ID, expected_version=7),
        pb.DeleteStageFieldResponse(),
    ),
    Delete(
        f"/lead-settings/scoring-rules/{RULE_ID}",
        "DeleteScoringRule",
        pb.DeleteScoringRuleRequest(rule_id=RULE_ID, expected_version=7),
        pb.DeleteScoringRuleResponse(),
    ),
]
