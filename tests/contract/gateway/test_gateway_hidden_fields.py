"""What a stage hides from the caller is in no answer, whatever stands in its place in the proto."""

from typing import Any

import httpx
import pytest
from leadline.leads.v1 import lead_pb2
from leadline.leads.v1 import lead_service_pb2 as pb

from tests.contract.gateway import samples
from tests.contract.gateway.answers import assert_documented, exact
from tests.contract.gateway.backend import Backend
from tests.contract.gateway.samples import LEAD_ID, STAGE_ID

# What the service calls hidden, and what is left out for it.
HIDDEN: list[tuple[list[str], set[str]]] = [
    ([], set()),
    (["estimatedValue"], {"estimatedValue"}),
    (["phone"], {"phone", "phoneE164"}),
    (["score"], {"score", "scoreBreakdown", "qualified"}),
    (["qualified"], {"qualified"}),
    (["priority", "source", "assignedTo"], {"priority", "source", "assignedTo"}),
    (["customFields", "stageFieldValues"], {"customFields", "stageFieldValues"}),
    (["customFields.utm_source", "stageFieldValues.amount"], set()),
    (["firstName", "lastName", "email", "company"], {"firstName", "lastName", "email", "company"}),
    (["title", "description"], {"title", "description"}),
    (["disqualificationReason", "disqualificationNotes"], {"disqualificationReason", "disqualificationNotes"}),
]
LEAD_CALLS: list[tuple[str, str, Any, str, Any]] = [
    ("GET", f"/leads/{LEAD_ID}", None, "GetLead", pb.GetLeadResponse),
    ("POST", "/leads", {"company": "x"}, "CreateLead", pb.CreateLeadResponse),
    ("PUT", f"/leads/{LEAD_ID}", {"company": "x"}, "UpdateLead", pb.UpdateLeadResponse),
    ("POST", f"/leads/{LEAD_ID}/change-stage", {"stageId": STAGE_ID}, "ChangeStage", pb.ChangeStageResponse),
    ("POST", f"/leads/{LEAD_ID}/disqualify", {"reason": "x"}, "DisqualifyLead", pb.DisqualifyLeadResponse),
]


def lead_that_hides(names: list[str]) -> lead_pb2.Lead:
    """A disqualified lead with every field, so that nothing is left out for being absent."""
    lead = lead_pb2.Lead(
        status=lead_pb2.LEAD_STATUS_DISQUALIFIED,
        disqualified_at=samples.CHANGED_AT,
        disqualification_reason="no_budget",
        disqualification_notes="None until next year.",
        hidden_fields=names,
    )
    whole = lead_pb2.Lead()
    whole.CopyFrom(samples.LEAD)
    whole.MergeFrom(lead)
    return whole


def json_without(names: set[str]) -> dict[str, Any]:
    """The lead's JSON without these."""
    whole = {
        **samples.LEAD_JSON,
        "status": "disqualified",
        "disqualifiedAt": samples.CHANGED,
        "disqualificationReason": "no_budget",
        "disqualificationNotes": "None until next year.",
    }
    return {name: value for name, value in whole.items() if name not in names}


@pytest.mark.parametrize("call", LEAD_CALLS, ids=lambda call: call[3])
@pytest.mark.parametrize("case", HIDDEN, ids=lambda case: ",".join(case[0]) or "nothing")
async def test_every_answer_with_one_lead_leaves_out_what_is_hidden(
    case: tuple[list[str], set[str]],
    call: tuple[str, str, Any, str, Any],
    admin: httpx.AsyncClient,
    backend: Backend,
) -> None:
    hidden, left_out = case
    verb, url, body, method, answered = call
    backend.answers[method] = answered(lead=lead_that_hides(hidden))
    response = await admin.request(verb, url, json=body)
    assert exact(response) == json_without(left_out)
    assert response.headers["etag"] == '"7"'
    assert_documented(response)


async def test_a_list_leaves_out_of_each_lead_what_its_own_stage_hides(
    admin: httpx.AsyncClient, backend: Backend
) -> None:
    leads = [lead_that_hides(hidden) for hidden, _ in HIDDEN]
    backend.answers["ListLeads"] = pb.ListLeadsResponse(leads=leads, total=len(leads))
    response = await admin.get("/leads")
    assert exact(response)["data"] == [json_without(left_out | {"scoreBreakdown"}) for _, left_out in HIDDEN]
    assert_documented(response)


async def test_a_duplicate_leaves_out_what_its_stage_hides(admin: httpx.AsyncClient, backend: Backend) -> None:
    duplicate = pb.DuplicateLead(
        id=LEAD_ID,
        first_name="Alice",
        last_name="Johnson",
        email="alice@startup.io",
        match_field="email",
        hidden_fields=["email", "lastName", "score", "customFields.x"],
    )
    backend.answers["CheckDuplicates"] = pb.CheckDuplicatesResponse(duplicates=[duplicate])
    response = await admin.post("/leads/check-duplicates", json={"email": "alice@startup.io"})
    assert response.json() == {"duplicates": [{"id": LEAD_ID, "firstName": "Alice", "matchField": "email"}]}
    assert_documented(response)
