"""What each POST under /lead-settings that makes something sends to the settings service, and how it answers."""

from leadline.settings.v1 import lists_pb2
from leadline.settings.v1 import settings_service_pb2 as pb

from tests.contract.gateway import samples_records as records
from tests.contract.gateway import samples_settings as settings
from tests.contract.gateway.cases import Create
from tests.contract.gateway.samples import ENTRY_ID, PIPELINE_ID, STAGE_ID
from tests.contract.gateway.samples_settings import FIELD_ID, PLAIN_LISTS, RULE_ID

CREATES = [
    Create(
        "/lead-settings/pipelines",
        {"name": "Partners", "module": "opportunities", "movement": "sequential", "isDefault": True},
        "CreatePipeline",
        pb.CreatePipelineRequest(
            name="Partners",
            module=lists_pb2.MODULE_OPPORTUNITIES,
            movement=lists_pb2.MOVEMENT_SEQUENTIAL,
            is_default=True,
        ),
        pb.CreatePipelineResponse(pipeline=records.PIPELINE),
        records.PIPELINE_JSON,
        f"/lead-settings/pipelines/{PIPELINE_ID}",
        '"3"',
    ),
    Create(
        "/lead-settings/pipelines",
        {"name": "Partners", "module": None, "movement": None, "isDefault": None},
        "CreatePipeline",
        pb.CreatePipelineRequest(name="Partners"),
        pb.CreatePipelineResponse(pipeline=records.PIPELINE),
        records.PIPELINE_JSON,
        f"/lead-settings/pipelines/{PIPELINE_ID}",
        '"3"',
    ),
    Create(
        "/lead-settings/stages",
        {
            "pipelineId": PIPELINE_ID,
            "name": "Demo",
            "position": 0,
            "color": "#2e86de",
            "probability": 0,
            "isWon": True,
            "isLost": False,
        },
        "CreateStage",
        pb.CreateStageRequest(
            pipeline_id=PIPELINE_ID, name="Demo", position=0, color="#2e86de", probability=0, is_won=True
        ),
        pb.CreateStageResponse(stage=records.STAGE),
        records.STAGE_JSON,
        f"/lead-settings/stages/{STAGE_ID}",
        '"3"',
    ),
    Create(
        "/lead-settings/stages",
        {"pipelineId": PIPELINE_ID, "name": "Demo", "position": None, "probability": None},
        "CreateStage",
        pb.CreateStageRequest(pipeline_id=PIPELINE_ID, name="Demo"),
        pb.CreateStageResponse(stage=records.STAGE),
        records.STAGE_JSON,
        f"/lead-settings/stages/{STAGE_ID}",
        '"3"',
    ),
    Create(
        f"/lead-settings/stages/{STAGE_ID}/fields",
        {
            "name": "budget",
            "label": "Budget",
            "type": "select",
            "required": False,
            "options": ["open", "approved"],
            "position": 1,
        },
        "CreateStageField",
        pb.CreateStageFieldRequest(
            stage_id=STAGE_ID,
            name="budget",
            label="Budget",
            type="select",
            required=False,
            options=["open", "approved"],
            position=1,
        ),
        pb.CreateStageFieldResponse(field=settings.STAGE_FIELD),
        settings.STAGE_FIELD_JSON,
        f"/lead-settings/stages/{STAGE_ID}/fields/{FIELD_ID}",
        '"3"',
    ),
    Create(
        "/lead-settings/priorities",
        {"name": "urgent", "label": "Urgent", "color": "#c0392b", "position": 1, "isDefault": True},
        "CreatePriority",
        pb.CreatePriorityRequest(name="urgent", label="Urgent", color="#c0392b", position=1, is_default=True),
        pb.CreatePriorityResponse(priority=records.PRIORITY),
        records.PRIORITY_JSON,
        f"/lead-settings/priorities/{ENTRY_ID}",
        '"3"',
    ),
    *(
        Create(
            f"/lead-settings/{path}",
            {"name": "cold_call", "label": "Cold call", "isActive": False},
            "CreateLabel",
            pb.CreateLabelRequest(list=which, name="cold_call", label="Cold call", is_active=False),
            pb.CreateLabelResponse(label=records.LABEL),
            records.LABEL_JSON,
            f"/lead-settings/{path}/{ENTRY_ID}",
            '"3"',
        )
        for path, which in PLAIN_LISTS
    ),
    Create(
        "/lead-settings/scoring-rules",
        {
            "name": "Worth a call",
            "category": "value",
            "field": "estimatedValue",
            "operator": "greater_or_equal",
            "value": 50000.5,
            "points": -40,
            "isActive": False,
            "position": 2,
        },
        "CreateScoringRule",
        pb.CreateScoringRuleRequest(
            name="Worth a call",
            category="value",
            field="estimatedValue",
            operator="greater_or_equal",
            value="50000.5",
            points=-40,
            is_active=False,
            position=2,
        ),
        pb.CreateScoringRuleResponse(rule=settings.RULE),
        settings.RULE_JSON,
        f"/lead-settings/scoring-rules/{RULE_ID}",
        '"3"',
    ),
    Create(
        "/lead-settings/scoring-rules",
        {"name": "No phone", "category": None, "field": "phone", "operator": "is_empty", "points": 0},
        "CreateScoringRule",
        pb.CreateScoringRuleRequest(name="No phone", field="phone", operator="is_empty"),
        pb.CreateScoringRuleResponse(rule=settings.BARE_RULE),
        settings.BARE_RULE_JSON,
        f"/lead-settings/scoring-rules/{RULE_ID}",
        '"1"',
    ),
]
