"""The OpenAPI document and the pages that show it."""

import json
import re
from typing import Any

import httpx
import pytest
from leadline.common.v1 import access_pb2
from pydantic import TypeAdapter

from gateway.body import Number
from tests.contract.gateway.answers import OPERATIONS
from tests.contract.gateway.samples import LEAD_ID

PATHS: dict[str, set[str]] = {
    "/leads": {"get", "post"},
    "/leads/{id}": {"get", "put", "delete"},
    "/leads/bulk-update": {"put"},
    "/leads/export": {"get"},
    "/leads/import": {"get", "post"},
    "/leads/import/{id}": {"get"},
    "/leads/import/{id}/cancel": {"post"},
    "/leads/import/{id}/refused": {"get"},
    "/leads/check-duplicates": {"post"},
    "/leads/{id}/change-stage": {"post"},
    "/leads/{id}/disqualify": {"post"},
    "/leads/{id}/reopen": {"post"},
    "/leads/{id}/restore": {"post"},
    "/leads/bulk-delete": {"delete", "post"},
    "/leads/sla/check-breaches": {"post"},
    "/leads/{id}/team": {"get", "post"},
    "/leads/{id}/team/{userId}": {"delete"},
    "/leads/{id}/products": {"get", "post"},
    "/leads/{id}/documents": {"get", "post"},
    "/leads/{id}/documents/{documentId}": {"get", "delete"},
    "/leads/{id}/products/{productId}": {"put", "delete"},
    "/leads/{id}/stage-assignments": {"get"},
    "/leads/{id}/activities": {"get", "post"},
    "/leads/{id}/notes": {"get", "post"},
    "/leads/{id}/history": {"get"},
    "/leads/sla/summary": {"get"},
    "/leads/{id}/sla": {"get"},
    "/leads/{id}/conversion-check": {"get"},
    "/leads/{id}/convert": {"post"},
    "/leads/{id}/unconvert": {"post"},
    "/leads/{id}/conversion": {"get"},
    "/lead-settings/pipelines": {"get", "post"},
    "/lead-settings/pipelines/{id}": {"put", "delete"},
    "/lead-settings/stages": {"get", "post"},
    "/lead-settings/stages/reorder": {"put"},
    "/lead-settings/stages/{id}": {"put", "delete"},
    "/lead-settings/stages/{id}/fields": {"get", "post"},
    "/lead-settings/stages/{id}/fields/{fieldId}": {"put", "delete"},
    "/lead-settings/stage-ownership/{stageId}": {"get", "put"},
    "/lead-settings/field-visibility/{stageId}": {"get", "put"},
    "/lead-settings/priorities": {"get", "post"},
    "/lead-settings/priorities/{id}": {"put", "delete"},
    "/lead-settings/sources": {"get", "post"},
    "/lead-settings/sources/{id}": {"put", "delete"},
    "/lead-settings/disqualification-reasons": {"get", "post"},
    "/lead-settings/disqualification-reasons/{id}": {"put", "delete"},
    "/lead-settings/team-roles": {"get", "post"},
    "/lead-settings/team-roles/{id}": {"put", "delete"},
    "/lead-settings/scoring-rules": {"get", "post"},
    "/lead-settings/scoring-rules/{id}": {"put", "delete"},
    "/lead-settings/scoring-rules/rescore": {"get", "post"},
    "/lead-settings/retirements": {"get"},
    "/lead-settings/retirements/{id}": {"get"},
    "/lead-settings/qualification-threshold": {"get", "put"},
    "/lead-settings/settings": {"get", "put"},
    "/lead-settings/sla/preview": {"post"},
    "/accounts": {"get"},
    "/accounts/{id}": {"get"},
    "/contacts": {"get"},
    "/contacts/{id}": {"get"},
    "/opportunities": {"get"},
    "/opportunities/{id}": {"get"},
    "/products": {"get", "post"},
    "/products/{id}": {"get", "put", "delete"},
    "/healthz": {"get"},
    "/readyz": {"get"},
}

NOT_WAITED_FOR = {("post", "/lead-settings/scoring-rules/rescore"), ("post", "/leads/import")}
WITHOUT_BODY = {
    ("post", "/lead-settings/scoring-rules/rescore"),
    ("post", "/leads/import/{id}/cancel"),
    ("post", "/leads/{id}/restore"),
    ("post", "/leads/{id}/unconvert"),
    ("post", "/leads/sla/check-breaches"),
}
UPLOADS = {("post", "/leads/import"), ("post", "/leads/{id}/documents")}
DOWNLOADS = {
    ("get", "/leads/export"): "text/csv",
    ("get", "/leads/import/{id}/refused"): "text/csv",
    ("get", "/leads/{id}/documents/{documentId}"): "application/octet-stream",
}

# By spec 3: who may do what.
PERMISSIONS = {
    ("get", "/leads/{id}"): "leads:view",
    ("post", "/leads"): "leads:create",
    ("put", "/leads/{id}"): "leads:edit",
    ("delete", "/leads/{id}"): "leads:delete",
    ("post", "/leads/{id}/convert"): "leads:edit",
    ("post", "/leads/{id}/unconvert"): "leads:edit",
    ("post", "/leads/{id}/disqualify"): "leads:edit",
    ("post", "/leads/{id}/reopen"): "leads:edit",
    ("post", "/leads/{id}/restore"): "leads:delete",
    ("delete", "/leads/bulk-delete"): "leads:delete",
    ("post", "/leads/bulk-delete"): "leads:delete",
    ("post", "/leads/sla/check-breaches"): "leads:edit",
    ("put", "/leads/bulk-update"): "leads:edit",
    ("post", "/leads/check-duplicates"): "leads:view",
    ("post", "/lead-settings/sla/preview"): "leads:view",
    ("get", "/leads/export"): "leads:export",
    ("post", "/leads/import"): "leads:import",
    ("get", "/leads/import/{id}/refused"): "leads:import",
    ("get", "/leads/{id}/team"): "leads:view",
    ("post", "/leads/{id}/team"): "leads:edit",
    ("delete", "/leads/{id}/team/{userId}"): "leads:edit",
    ("get", "/leads/{id}/products"): "leads:view",
    ("get", "/leads/{id}/documents"): "leads:view",
    ("post", "/leads/{id}/documents"): "leads:edit",
    ("get", "/leads/{id}/documents/{documentId}"): "leads:view",
    ("delete", "/leads/{id}/documents/{documentId}"): "leads:edit",
    ("post", "/leads/{id}/products"): "leads:edit",
    ("put", "/leads/{id}/products/{productId}"): "leads:edit",
    ("delete", "/leads/{id}/products/{productId}"): "leads:edit",
    ("get", "/leads/{id}/stage-assignments"): "leads:view",
    ("get", "/contacts/{id}"): "contacts:view",
    ("post", "/products"): "products:create",
    ("delete", "/products/{id}"): "products:delete",
}


@pytest.fixture
async def document(anonymous: httpx.AsyncClient) -> dict[str, Any]:
    response = await anonymous.get("/openapi.json")
    assert response.status_code == 200
    found: dict[str, Any] = response.json()
    return found


def operations_of(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(verb, path, each) for path, verbs in document["paths"].items() for verb, each in verbs.items()]


def resolve(document: dict[str, Any], reference: str) -> Any:
    found: Any = document
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return found


def references_in(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [each for inner in value.values() for each in references_in(inner)]
    return [each for inner in value for each in references_in(inner)] if isinstance(value, list) else []


def models_of(responses: dict[int | str, dict[str, Any]]) -> list[Any]:
    return [each["model"] for each in responses.values() if "model" in each]


async def test_it_has_exactly_the_documented_paths(document: dict[str, Any]) -> None:
    assert {path: set(verbs) for path, verbs in document["paths"].items()} == PATHS


async def test_it_is_whole(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1.")
    assert {"title", "version"} <= set(document["info"])
    for reference in references_in(document):
        assert resolve(document, reference)
    ids = [each["operationId"] for _, _, each in operations_of(document)]
    assert len(ids) == len(set(ids))
    for verb, path, operation in operations_of(document):
        assert operation["summary"], (verb, path)
        named = {each["name"] for each in operation.get("parameters", []) if each["in"] == "path"}
        assert named == set(re.findall(r"{(\w+)}", path))
    assert "HTTPValidationError" not in document["components"]["schemas"]


async def test_each_operation_shows_the_permission_of_its_proto(document: dict[str, Any]) -> None:
    for operation in OPERATIONS:
        verb = next(iter(operation.methods or ()))
        shown = document["paths"][operation.path_format][verb.lower()]
        permission = operation.rule.permission or "admin"
        assert shown["x-permission"] == permission
        assert f"`{permission}`" in shown["description"]
        assert shown["security"] == [{"bearer": []}]
    for (verb, path), permission in PERMISSIONS.items():
        assert document["paths"][path][verb]["x-permission"] == permission
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    # What is under /lead-settings everybody reads and administrators write. A preview writes nothing.
    for verb, path, shown in operations_of(document):
        if path.startswith("/lead-settings/"):
            reads = verb == "get" or path == "/lead-settings/sla/preview"
            assert shown["x-permission"] == ("leads:view" if reads else "admin"), (verb, path)
    assert access_pb2.access.number == 50600


async def test_each_operation_has_real_shapes_examples_and_problems(document: dict[str, Any]) -> None:
    for verb, path, operation in operations_of(document):
        if path in ("/healthz", "/readyz"):
            continue
        responses = operation["responses"]
        assert {"401", "403", "422", "500", "503"} <= set(responses), path
        # A 202 stands beside what is answered when it is done in time; alone where nothing is waited for.
        (success,) = {"200", "201", "204"} & set(responses) or {"202"}
        assert (success == "202") == ((verb, path) in NOT_WAITED_FOR)
        for status in {success, "202"} & set(responses) - {"204"}:
            ((kind, content),) = responses[status]["content"].items()
            assert kind == DOWNLOADS.get((verb, path), "application/json"), path
            assert content["schema"], path
            assert "Location" in responses[status].get("headers", {}) or status == "200", path
        for status in set(responses) - {"200", "201", "202", "204"}:
            problem = resolve(document, responses[status]["$ref"])
            assert problem["content"]["application/problem+json"]["schema"]["$ref"].endswith("/Problem")
        if verb in ("post", "put") and (verb, path) not in WITHOUT_BODY:
            ((kind, content),) = operation["requestBody"]["content"].items()
            assert kind == ("multipart/form-data" if (verb, path) in UPLOADS else "application/json"), path
            schema = content["schema"]
            shape = resolve(document, schema["$ref"]) if "$ref" in schema else schema
            assert "file" in shape["properties"] if (verb, path) in UPLOADS else shape["examples"], path
            assert {"400", "408", "413", "415"} <= set(responses)


async def test_every_example_has_the_shape_that_it_is_an_example_of() -> None:
    bodies: set[Any] = {each.body_field.field_info.annotation for each in OPERATIONS if each.body_field is not None}
    answers: set[Any] = {model for each in OPERATIONS for model in (each.response_model, *models_of(each.responses))}
    checked = 0
    for model in bodies | answers:
        for example in getattr(model, "model_config", {}).get("json_schema_extra", {}).get("examples", ()):
            # By way of JSON text, as bodies come and answers are looked at: numbers stay as they were written.
            TypeAdapter(model).validate_python(json.loads(json.dumps(example), parse_float=Number))
            checked += 1
    assert checked > 40


async def test_the_documented_bodies_and_answers_are_its_examples(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    (sent,) = schemas["NewLead"]["examples"]
    assert sent["customFields"] == {"utm_source": "google", "company_size": "50-100"}
    assert schemas["SlaSummary"]["examples"] == [
        {"total": 150, "withinSla": 130, "atRisk": 12, "breached": 8, "complianceRate": 86.7}
    ]
    (sla,) = schemas["LeadSla"]["examples"]
    assert (sla["status"], sla["timeRemaining"]) == ("at_risk", "1h 30m")
    (found,) = schemas["Duplicates"]["examples"]
    assert set(found["duplicates"][0]) == {"id", "firstName", "lastName", "email", "matchField"}
    (bulk,) = schemas["BulkUpdate"]["examples"]
    assert set(bulk["changes"]) == {"assignedTo", "priority"}
    (disqualified,) = schemas["Disqualification"]["examples"]
    assert disqualified["reason"] == "no_budget"
    (wanted,) = schemas["NewProductLine"]["examples"]
    assert wanted == {"productId": wanted["productId"], "quantity": 2, "unitPrice": 5000, "discount": 0}
    (member,) = schemas["NewTeamMember"]["examples"]
    assert member["role"] == "sales_rep"
    (converted,) = schemas["Converted"]["examples"]
    assert converted["message"] == "Lead converted successfully"


async def test_every_post_takes_a_key_and_every_change_of_one_thing_its_version(
    document: dict[str, Any],
) -> None:
    without_version = {
        "/leads/bulk-update",
        "/leads/bulk-delete",
        "/lead-settings/stages/reorder",
        "/leads/{id}/team/{userId}",
        "/leads/{id}/documents/{documentId}",
    }
    for verb, path, operation in operations_of(document):
        taken = {each["name"] for each in operation.get("parameters", [])}
        assert ("Idempotency-Key" in taken) == (verb == "post"), (verb, path)
        if verb in ("put", "delete"):
            assert ("If-Match" in taken) == (path not in without_version), (verb, path)
            assert ("412" in operation["responses"]) == ("If-Match" in taken), (verb, path)


async def test_deleting_what_records_may_use_is_documented_with_its_target_and_its_202(
    document: dict[str, Any],
) -> None:
    targets = {
        "moveTo": ("pipelines", "stages"),
        "replaceWith": ("priorities", "sources", "disqualification-reasons", "team-roles"),
    }
    for target, lists in targets.items():
        for each in lists:
            operation = document["paths"][f"/lead-settings/{each}/{{id}}"]["delete"]
            (query,) = [parameter for parameter in operation["parameters"] if parameter["in"] == "query"]
            assert (query["name"], query["required"]) == (target, False)
            accepted = operation["responses"]["202"]
            assert accepted["content"]["application/json"]["schema"]["$ref"].endswith("/Retirement")


async def test_what_a_stage_can_hide_is_not_promised(document: dict[str, Any]) -> None:
    lead = document["components"]["schemas"]["Lead"]
    assert {"id", "status", "stageId", "version"} <= set(lead["required"])
    for name in ("email", "phoneE164", "priority", "estimatedValue", "customFields", "score", "scoreBreakdown"):
        assert name in lead["properties"]
        assert name not in lead["required"]


async def test_filters_with_several_values_are_documented_as_lists_by_comma(document: dict[str, Any]) -> None:
    parameters = {each["name"]: each for each in document["paths"]["/leads"]["get"]["parameters"]}
    for name in ("stageId", "pipelineId", "priority", "source", "assignedTo", "status", "slaStatus"):
        assert (parameters[name]["schema"]["type"], parameters[name]["explode"]) == ("array", False)
    assert parameters["limit"]["schema"]["maximum"] == 100


async def test_the_pages_need_no_other_host(anonymous: httpx.AsyncClient) -> None:
    page = (await anonymous.get("/docs")).text
    links = re.findall(r"""(?:src|href)=["']([^"']+)["']""", page) + re.findall(r"url: '([^']+)'", page)
    assert "/openapi.json" in links
    assert len(links) >= 4
    assert not re.findall(r"(?:https?:)?//[\w.-]+\.\w+", page)
    for link in links:
        assert link.startswith("/")
        assert (await anonymous.get(link)).status_code == 200
    # Otherwise Swagger UI shows the document to a validator of its makers.
    assert '"validatorUrl": null' in page


async def test_documentation_and_health_need_no_token_and_everything_else_does(anonymous: httpx.AsyncClient) -> None:
    for path in ("/docs", "/openapi.json", "/healthz"):
        assert (await anonymous.get(path)).status_code == 200
    assert (await anonymous.get(f"/leads/{LEAD_ID}")).status_code == 401
