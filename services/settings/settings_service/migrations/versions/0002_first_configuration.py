"""The first configuration. It is written once: whatever an administrator removes later stays removed."""

import json
from typing import Any, NamedTuple

import sqlalchemy as sa
from alembic import op

from kit.ids import new_id

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


class Stage(NamedTuple):
    name: str
    color: str
    probability: int
    is_won: bool = False
    is_lost: bool = False


_LEAD_STAGES = (
    Stage("New", "#64748b", 10),
    Stage("Contacted", "#0ea5e9", 20),
    Stage("Qualified", "#6366f1", 40),
    Stage("Proposal", "#f59e0b", 60),
    Stage("Converted", "#22c55e", 100, is_won=True),
    Stage("Disqualified", "#ef4444", 0, is_lost=True),
)
_OPPORTUNITY_STAGES = (
    Stage("Prospecting", "#64748b", 10),
    Stage("Proposal", "#f59e0b", 40),
    Stage("Negotiation", "#6366f1", 70),
    Stage("Closed Won", "#22c55e", 100, is_won=True),
    Stage("Closed Lost", "#ef4444", 0, is_lost=True),
)
# Name, label, colour, default; the least urgent first.
_PRIORITIES = (
    ("low", "Low", "#64748b", False),
    ("medium", "Medium", "#0ea5e9", True),
    ("high", "High", "#f59e0b", False),
    ("critical", "Critical", "#ef4444", False),
)
_LABELS = {
    "sources": {
        "website": "Website",
        "referral": "Referral",
        "event": "Event",
        "cold_call": "Cold call",
        "partner": "Partner",
        "social": "Social media",
        "email_campaign": "Email campaign",
        "other": "Other",
    },
    "disqualification_reasons": {
        "no_budget": "No budget",
        "no_authority": "No authority",
        "no_need": "No need",
        "bad_timing": "Bad timing",
        "competitor": "Chose a competitor",
        "duplicate": "Duplicate",
        "invalid": "Invalid",
        "no_response": "No response",
    },
    "team_roles": {
        "sales_rep": "Sales rep",
        "account_executive": "Account executive",
        "technical_advisor": "Technical advisor",
        "executive_sponsor": "Executive sponsor",
    },
}
_THRESHOLD = 60
_DOCUMENT = {
    "general": {"defaultRegion": "US", "currency": "USD"},
    "sla": {
        "policies": [
            {
                "name": "Standard Response",
                "isDefault": True,
                "match": [],
                "responseMinutes": {"*": 240},
                "businessHours": None,
                "pauseAtStages": [],
            }
        ],
        "atRiskAfterPercent": 60,
        "firstResponseOn": ["activity", "note", "stage_change"],
        "escalations": [],
    },
    "scoring": {"maxScore": 100},
    "duplicateDetection": {"onCreate": "allow"},
    "conversion": {
        "requiredFields": ["estimatedValue"],
        "fieldMap": [],
        "undoHours": 72,
        "requireQualified": False,
    },
}


def upgrade() -> None:
    _add_pipeline("Lead pipeline", "leads", _LEAD_STAGES)
    _add_pipeline("Opportunity pipeline", "opportunities", _OPPORTUNITY_STAGES)
    for position, (name, label, color, is_default) in enumerate(_PRIORITIES, start=1):
        _add("priorities", id=new_id(), name=name, label=label, color=color, position=position, is_default=is_default)
    for list_, labels in _LABELS.items():
        for name, label in labels.items():
            _add("labels", id=new_id(), list=list_, name=name, label=label, is_active=True)
    _add_single("qualification_threshold", threshold=_THRESHOLD)
    _add_single("settings_document", document=json.dumps(_DOCUMENT))
    op.execute("INSERT INTO configuration_revision (only_row, revision, changed_at) VALUES (true, 1, now())")


def downgrade() -> None:
    op.execute(
        "TRUNCATE pipelines, stages, stage_fields, priorities, labels, scoring_rules, "
        "qualification_threshold, settings_document, configuration_revision"
    )


def _add_pipeline(name: str, module: str, stages: tuple[Stage, ...]) -> None:
    pipeline_id = new_id()
    _add("pipelines", id=pipeline_id, name=name, module=module, is_default=True, movement="free")
    for position, stage in enumerate(stages, start=1):
        _add("stages", id=new_id(), pipeline_id=pipeline_id, position=position, **stage._asdict())


def _add_single(table: str, **values: Any) -> None:
    _add(table, only_row=True, version=1, updated_at=sa.func.now(), **values)


def _add(table: str, **values: Any) -> None:
    op.execute(sa.table(table, *map(sa.column, values)).insert().values(values))
