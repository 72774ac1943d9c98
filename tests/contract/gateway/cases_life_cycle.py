"""Leads that come back: what reopening and restoring send to the services, and how they answer what those say."""

from typing import Any

from leadline.leads.v1 import lead_service_pb2 as pb

from tests.contract.gateway import samples
from tests.contract.gateway.cases import Update
from tests.contract.gateway.samples import LEAD_ID, STAGE_ID

LEAD = f"/leads/{LEAD_ID}"
_ANSWER = pb.ReopenLeadResponse(lead=samples.LEAD)


def _reopening(body: Any, **sent: Any) -> Update:
    request = pb.ReopenLeadRequest(lead_id=LEAD_ID, expected_version=7, **sent)
    return Update("POST", f"{LEAD}/reopen", body, "ReopenLead", request, _ANSWER, samples.LEAD_JSON)


UPDATES = [
    _reopening(None),
    _reopening({}),
    _reopening({"stageId": None, "stageFieldValues": None}),
    _reopening(
        {"stageId": STAGE_ID.upper(), "stageFieldValues": {"amount": 0.10}},
        stage_id=STAGE_ID,
        stage_field_values='{"amount":0.1}',
    ),
    Update(
        "POST",
        f"{LEAD}/restore",
        None,
        "RestoreLead",
        pb.RestoreLeadRequest(lead_id=LEAD_ID, expected_version=7),
        pb.RestoreLeadResponse(lead=samples.LEAD),
        samples.LEAD_JSON,
    ),
]

BODIES: list[tuple[str, str, Any, str, str]] = [
    ("POST", f"{LEAD}/reopen", {"stageId": "New"}, "stageId", "not_a_uuid"),
    ("POST", f"{LEAD}/reopen", {"stageFieldValues": []}, "stageFieldValues", "wrong_type"),
    ("POST", f"{LEAD}/reopen", {"reason": "no_budget"}, "reason", "unknown_field"),
    ("POST", f"{LEAD}/reopen", [], "body", "wrong_type"),
    *(
        (verb, "/leads/bulk-delete", body, field, code)
        for verb in ("DELETE", "POST")
        for body, field, code in (
            ({}, "ids", "required"),
            ({"ids": []}, "ids", "too_short"),
            ({"ids": [LEAD_ID] * 1_001}, "ids", "too_long"),
            ({"ids": LEAD_ID}, "ids", "wrong_type"),
            ({"ids": [LEAD_ID, "uuid-2"]}, "ids[1]", "not_a_uuid"),
            ({"ids": [LEAD_ID], "atomic": "true"}, "atomic", "wrong_type"),
            ({"ids": [LEAD_ID], "changes": {}}, "changes", "unknown_field"),
            ([LEAD_ID], "body", "wrong_type"),
        )
    ),
]
