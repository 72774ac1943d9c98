"""JSON bodies under /lead-settings that are refused, with the field at fault and what is wrong with it."""

from typing import Any

from tests.contract.gateway.samples import ENTRY_ID, PIPELINE_ID, STAGE_ID
from tests.contract.gateway.samples_settings import FIELD_ID, RULE_ID

PIPELINES, STAGES = "/lead-settings/pipelines", "/lead-settings/stages"
FIELDS = f"{STAGES}/{STAGE_ID}/fields"
OWNERSHIP = f"/lead-settings/stage-ownership/{STAGE_ID}"
VISIBILITY = f"/lead-settings/field-visibility/{STAGE_ID}"
RULES = "/lead-settings/scoring-rules"
PLAIN = ("sources", "disqualification-reasons", "team-roles")

STAGE: dict[str, Any] = {"pipelineId": PIPELINE_ID, "name": "Demo"}
RULE: dict[str, Any] = {"name": "x", "field": "source", "operator": "equals", "value": "website", "points": 1}

BODIES: list[tuple[str, str, Any, str, str]] = [
    ("PUT", "/lead-settings/qualification-threshold", {}, "threshold", "required"),
    ("PUT", "/lead-settings/qualification-threshold", {"threshold": 60.0}, "threshold", "wrong_type"),
    ("PUT", "/lead-settings/qualification-threshold", {"threshold": True}, "threshold", "wrong_type"),
    ("PUT", "/lead-settings/qualification-threshold", {"threshold": 2**31}, "threshold", "out_of_range"),
    ("PUT", f"/lead-settings/pipelines/{PIPELINE_ID}", {"movement": "sideways"}, "movement", "not_allowed"),
    ("PUT", f"/lead-settings/pipelines/{PIPELINE_ID}", {"name": None}, "name", "wrong_type"),
    ("PUT", f"/lead-settings/stages/{STAGE_ID}", {"position": "1"}, "position", "wrong_type"),
    ("PUT", f"/lead-settings/stages/{STAGE_ID}", {"position": 2**64}, "position", "wrong_type"),
    ("PUT", f"/lead-settings/priorities/{ENTRY_ID}", {"name": "urgent"}, "name", "unknown_field"),
    ("PUT", f"/lead-settings/sources/{ENTRY_ID}", {"isActive": None}, "isActive", "wrong_type"),
    ("PUT", "/lead-settings/settings", [], "body", "wrong_type"),
    ("POST", PIPELINES, {}, "name", "required"),
    ("POST", PIPELINES, {"name": None}, "name", "wrong_type"),
    ("POST", PIPELINES, {"name": "x", "module": "deals"}, "module", "not_allowed"),
    ("POST", PIPELINES, {"name": "x", "movement": 1}, "movement", "not_allowed"),
    ("POST", PIPELINES, {"name": "x", "isDefault": 1}, "isDefault", "wrong_type"),
    ("POST", PIPELINES, {"name": "x", "stages": []}, "stages", "unknown_field"),
    ("PUT", f"{PIPELINES}/{PIPELINE_ID}", {"module": "leads"}, "module", "unknown_field"),
    ("POST", STAGES, {"name": "x"}, "pipelineId", "required"),
    ("POST", STAGES, {**STAGE, "name": 7}, "name", "wrong_type"),
    ("POST", STAGES, {**STAGE, "pipelineId": "sales"}, "pipelineId", "not_a_uuid"),
    ("POST", STAGES, {**STAGE, "position": 1.5}, "position", "wrong_type"),
    ("POST", STAGES, {**STAGE, "probability": "40%"}, "probability", "wrong_type"),
    ("POST", STAGES, {**STAGE, "probability": -(2**31) - 1}, "probability", "out_of_range"),
    ("POST", STAGES, {**STAGE, "isWon": "yes"}, "isWon", "wrong_type"),
    ("POST", STAGES, {**STAGE, "fields": []}, "fields", "unknown_field"),
    ("PUT", f"{STAGES}/{STAGE_ID}", {"pipelineId": PIPELINE_ID}, "pipelineId", "unknown_field"),
    ("POST", FIELDS, {"label": "Amount"}, "name", "required"),
    ("POST", FIELDS, {"name": "amount", "type": "money"}, "type", "not_allowed"),
    ("POST", FIELDS, {"name": "amount", "required": "true"}, "required", "wrong_type"),
    ("POST", FIELDS, {"name": "amount", "options": "open"}, "options", "wrong_type"),
    ("POST", FIELDS, {"name": "amount", "options": ["open", 1]}, "options[1]", "wrong_type"),
    ("POST", FIELDS, {"name": "amount", "stageId": STAGE_ID}, "stageId", "unknown_field"),
    ("PUT", f"{FIELDS}/{FIELD_ID}", {"required": None}, "required", "wrong_type"),
    ("PUT", f"{FIELDS}/{FIELD_ID}", {"type": None}, "type", "not_allowed"),
    ("PUT", f"{FIELDS}/{FIELD_ID}", {"options": None}, "options", "wrong_type"),
    ("PUT", f"{FIELDS}/{FIELD_ID}", {"id": FIELD_ID}, "id", "unknown_field"),
    ("PUT", OWNERSHIP, {"ownerType": "group"}, "ownerType", "not_allowed"),
    ("PUT", OWNERSHIP, {"ownerId": 7}, "ownerId", "wrong_type"),
    ("PUT", OWNERSHIP, {"autoAssign": None}, "autoAssign", "wrong_type"),
    ("PUT", OWNERSHIP, {"strategy": "random"}, "strategy", "not_allowed"),
    ("PUT", OWNERSHIP, {"strategy": None}, "strategy", "not_allowed"),
    ("PUT", OWNERSHIP, {"memberIds": ["me"]}, "memberIds[0]", "not_a_uuid"),
    ("PUT", OWNERSHIP, {"memberIds": {}}, "memberIds", "wrong_type"),
    ("PUT", OWNERSHIP, {"members": []}, "members", "unknown_field"),
    ("PUT", VISIBILITY, {}, "fields", "required"),
    ("PUT", VISIBILITY, {"fields": None}, "fields", "wrong_type"),
    ("PUT", VISIBILITY, {"fields": ["company"]}, "fields", "wrong_type"),
    ("PUT", VISIBILITY, {"fields": {"company": "secret"}}, "fields.company", "not_allowed"),
    ("PUT", VISIBILITY, {"fields": {"customFields.a.b": None}}, "fields.customFields.a.b", "not_allowed"),
    ("PUT", VISIBILITY, {"fields": {}, "company": "hidden"}, "company", "unknown_field"),
    ("POST", "/lead-settings/priorities", {"label": "Urgent"}, "name", "required"),
    ("POST", "/lead-settings/priorities", {"name": "urgent", "position": "1"}, "position", "wrong_type"),
    ("POST", "/lead-settings/priorities", {"name": "urgent", "isActive": True}, "isActive", "unknown_field"),
    *(("POST", f"/lead-settings/{path}", {"label": "x"}, "name", "required") for path in PLAIN),
    *(("POST", f"/lead-settings/{path}", {"name": "x", "isActive": 1}, "isActive", "wrong_type") for path in PLAIN),
    *(
        ("POST", f"/lead-settings/{path}", {"name": "x", "color": "#000000"}, "color", "unknown_field")
        for path in PLAIN
    ),
    *(
        ("POST", RULES, {k: v for k, v in RULE.items() if k != name}, name, "required")
        for name in RULE
        if name != "value"
    ),
    ("POST", RULES, {**RULE, "operator": "like"}, "operator", "not_allowed"),
    ("POST", RULES, {**RULE, "operator": None}, "operator", "not_allowed"),
    ("POST", RULES, {**RULE, "points": "10"}, "points", "wrong_type"),
    ("POST", RULES, {**RULE, "points": 1.5}, "points", "wrong_type"),
    ("POST", RULES, {**RULE, "points": True}, "points", "wrong_type"),
    ("POST", RULES, {**RULE, "points": None}, "points", "wrong_type"),
    ("POST", RULES, {**RULE, "points": 2**31}, "points", "out_of_range"),
    ("POST", RULES, {**RULE, "category": 7}, "category", "wrong_type"),
    ("POST", RULES, {**RULE, "value": {"a": "\0"}}, "value.a", "wrong_character"),
    ("POST", RULES, {**RULE, "score": 1}, "score", "unknown_field"),
    ("PUT", f"{RULES}/{RULE_ID}", {"points": None}, "points", "wrong_type"),
    ("PUT", f"{RULES}/{RULE_ID}", {"field": None}, "field", "wrong_type"),
    ("PUT", f"{RULES}/{RULE_ID}", {"isActive": "no"}, "isActive", "wrong_type"),
]
