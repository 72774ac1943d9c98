"""Looking at the gateway's answers: exactly as they were sent, and against the shapes that it documents."""

import json
from typing import Any

import httpx
from pydantic import TypeAdapter

from gateway.body import Number
from gateway.openapi import Problem
from gateway.operations import Operation
from gateway.routers import (
    conversion,
    documents,
    export,
    imports,
    leads,
    life_cycle,
    lists,
    pipelines,
    product_lines,
    products,
    records,
    rescore,
    retirements,
    scoring,
    settings,
    sla,
    stages,
    team,
    timeline,
)

_LEADS = (life_cycle, export, imports, leads, timeline, sla, conversion, team, product_lines, documents)
_SETTINGS = (pipelines, stages, lists, scoring, rescore, retirements, settings)
_FAMILIES = (*_LEADS, *_SETTINGS, records, products)
OPERATIONS: list[Operation] = [route for family in _FAMILIES for route in family.operations.routes]


SOON_OVER = {"idempotency_in_progress", "lead_converting"}


def exact(response: httpx.Response) -> Any:
    """The JSON of an answer, its decimals as the text that stands there."""
    return json.loads(response.text, parse_float=str)


def assert_documented(response: httpx.Response) -> None:
    """The answer has the shape that the documentation gives for its operation and status."""
    path, verb = response.request.url.path, response.request.method
    operation = next(each for each in OPERATIONS if each.path_regex.match(path) and verb in (each.methods or ()))
    model = operation.response_model
    if response.status_code != operation.status_code:
        model = operation.responses[response.status_code]["model"]
    TypeAdapter(model).validate_python(json.loads(response.text, parse_float=Number))


def assert_problem(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The answer is a whole problem+json with this status and code; answers what it says."""
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
    said: dict[str, Any] = response.json()
    assert (said["status"], said["code"], said["type"]) == (status, code, f"urn:leadline:problem:{code}")
    Problem.model_validate(said)
    assert said["title"]
    assert said["detail"]
    assert all(set(each) == {"field", "code", "message"} and all(each.values()) for each in said.get("errors", ()))
    assert ("retry-after" in response.headers) == (status == 503 or code in SOON_OVER)
    assert said["instance"] == response.request.url.raw_path.decode().partition("?")[0]
    assert response.headers["x-request-id"]
    return said


def assert_one_line(lines: list[dict[str, Any]], status: int, code: str) -> None:
    """Exactly one line was logged, and it says how the request ended."""
    (line,) = lines
    assert (line["event"], line["status"], line["code"], line["log_level"]) == ("request", status, code, "info")
