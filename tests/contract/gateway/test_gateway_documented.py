"""Every documented call is there, with exactly its path, its verb and the names that its page shows."""

import re
from typing import Any

import httpx
import pytest

CALLS = """
POST   /leads
GET    /leads
GET    /leads/:id
PUT    /leads/:id
DELETE /leads/:id
POST   /leads/check-duplicates
PUT    /leads/bulk-update
DELETE /leads/bulk-delete
POST   /leads/:id/change-stage
POST   /leads/:id/disqualify
GET    /leads/:id/conversion-check
POST   /leads/:id/convert
GET    /leads/sla/summary
GET    /leads/:id/sla
POST   /leads/sla/check-breaches
GET    /leads/:id/products
POST   /leads/:id/products
PUT    /leads/:id/products/:productId
DELETE /leads/:id/products/:productId
GET    /leads/:id/team
POST   /leads/:id/team
DELETE /leads/:id/team/:userId
GET    /leads/:id/activities
GET    /leads/:id/history
GET    /leads/:id/notes
POST   /leads/:id/notes
GET    /leads/:id/documents
GET    /lead-settings/pipelines
POST   /lead-settings/pipelines
PUT    /lead-settings/pipelines/:id
DELETE /lead-settings/pipelines/:id
GET    /lead-settings/stages
POST   /lead-settings/stages
PUT    /lead-settings/stages/:id
DELETE /lead-settings/stages/:id
PUT    /lead-settings/stages/reorder
GET    /lead-settings/stages/:id/fields
POST   /lead-settings/stages/:id/fields
PUT    /lead-settings/stages/:id/fields/:fieldId
DELETE /lead-settings/stages/:id/fields/:fieldId
GET    /lead-settings/stage-ownership/:stageId
PUT    /lead-settings/stage-ownership/:stageId
GET    /lead-settings/field-visibility/:stageId
PUT    /lead-settings/field-visibility/:stageId
GET    /lead-settings/priorities
POST   /lead-settings/priorities
PUT    /lead-settings/priorities/:id
DELETE /lead-settings/priorities/:id
GET    /lead-settings/sources
POST   /lead-settings/sources
GET    /lead-settings/disqualification-reasons
POST   /lead-settings/disqualification-reasons
GET    /lead-settings/scoring-rules
POST   /lead-settings/scoring-rules
PUT    /lead-settings/scoring-rules/:id
DELETE /lead-settings/scoring-rules/:id
GET    /lead-settings/qualification-threshold
PUT    /lead-settings/qualification-threshold
GET    /lead-settings/team-roles
POST   /lead-settings/team-roles
GET    /lead-settings/settings
PUT    /lead-settings/settings
"""

QUERIES: dict[str, set[str]] = {
    "/leads": {
        "search", "stageId", "pipelineId", "priority", "source", "assignedTo", "status", "page", "limit", "sortBy",
        "sortDir",
    },
    "/lead-settings/pipelines": {"module"},
    "/lead-settings/stages": {"module", "pipelineId"},
}  # fmt: skip

SENT: dict[tuple[str, str], set[str]] = {
    ("post", "/leads"): {
        "firstName", "lastName", "email", "phone", "company", "title", "source", "pipelineId", "stageId", "priority",
        "estimatedValue", "description", "customFields",
    },
    ("post", "/leads/check-duplicates"): {"email", "phone"},
    ("put", "/leads/bulk-update"): {"ids", "changes"},
    ("delete", "/leads/bulk-delete"): {"ids"},
    ("post", "/leads/{id}/change-stage"): {"stageId", "stageFieldValues"},
    ("post", "/leads/{id}/disqualify"): {"reason", "notes"},
    ("post", "/leads/{id}/convert"): {
        "createContact", "createAccount", "createOpportunity", "accountId", "opportunityName", "opportunityPipelineId",
        "opportunityStageId",
    },
    ("post", "/leads/{id}/products"): {"productId", "quantity", "unitPrice", "discount"},
    ("post", "/leads/{id}/team"): {"userId", "role"},
}  # fmt: skip

ANSWERED: dict[tuple[str, str], set[str]] = {
    ("post", "/leads"): {
        "id", "firstName", "lastName", "email", "company", "source", "stageName", "priority", "estimatedValue", "score",
        "createdBy", "createdAt",
    },
    ("post", "/leads/check-duplicates"): {"duplicates"},
    ("get", "/leads/{id}/conversion-check"): {"canConvert", "existingContact", "existingAccount", "requiredFields"},
    ("post", "/leads/{id}/convert"): {"contactId", "accountId", "opportunityId", "message"},
    ("get", "/leads/sla/summary"): {"total", "withinSla", "atRisk", "breached", "complianceRate"},
    ("get", "/leads/{id}/sla"): {
        "leadId", "slaPolicy", "responseDeadline", "status", "timeRemaining", "firstResponseAt",
    },
    ("get", "/leads/{id}/products"): {
        "id", "productId", "productName", "quantity", "unitPrice", "discount", "total",
    },
}  # fmt: skip


@pytest.fixture
async def document(anonymous: httpx.AsyncClient) -> dict[str, Any]:
    found: dict[str, Any] = (await anonymous.get("/openapi.json")).json()
    return found


def shape(document: dict[str, Any], content: dict[str, Any]) -> dict[str, Any]:
    """The object that is sent or answered; of a list, the object in it."""
    schema: dict[str, Any] = content["content"]["application/json"]["schema"]
    while "$ref" in schema or "items" in schema:
        inner = schema.get("items", schema)
        schema = document["components"]["schemas"][inner["$ref"].rpartition("/")[2]] if "$ref" in inner else inner
    return schema


@pytest.mark.parametrize("call", CALLS.split("\n")[1:-1])
async def test_a_documented_call_is_there_under_its_very_path_and_verb(call: str, document: dict[str, Any]) -> None:
    verb, path = call.split()
    assert verb.lower() in document["paths"][re.sub(r":(\w+)", r"{\1}", path)]


@pytest.mark.parametrize("path", QUERIES)
async def test_a_documented_list_takes_its_documented_parameters(path: str, document: dict[str, Any]) -> None:
    taken = {each["name"] for each in document["paths"][path]["get"]["parameters"] if each["in"] == "query"}
    assert taken >= QUERIES[path]


@pytest.mark.parametrize("call", SENT, ids=" ".join)
async def test_a_documented_body_has_its_documented_names(call: tuple[str, str], document: dict[str, Any]) -> None:
    verb, path = call
    assert set(shape(document, document["paths"][path][verb]["requestBody"])["properties"]) >= SENT[call]


@pytest.mark.parametrize("call", ANSWERED, ids=" ".join)
async def test_a_documented_answer_has_its_documented_names(call: tuple[str, str], document: dict[str, Any]) -> None:
    verb, path = call
    responses = document["paths"][path][verb]["responses"]
    success = responses.get("201") or responses["200"]
    assert set(shape(document, success)["properties"]) >= ANSWERED[call]
