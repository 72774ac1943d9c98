"""The OpenAPI document: FastAPI's, plus the bearer scheme and the problems that each operation may answer."""

from collections.abc import Iterator
from typing import Any

from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from starlette.routing import BaseRoute

from gateway.errors import MEDIA_TYPE
from gateway.operations import Operation

TITLE = "Leadline"
VERSION = "1"
DESCRIPTION = """Lead management: leads and their stages, SLA clocks, conversion, lead settings.

Times are RFC 3339 in UTC. Money has two decimals. Every object that can be changed carries its `version`, also as
`ETag`: send it back as `If-Match` to change what you have seen and nothing else. Every answer carries `X-Request-Id`.
Errors are RFC 9457 problems with a stable `code`.
"""


class ProblemField(BaseModel):
    """A field at fault."""

    field: str
    code: str
    message: str


class Problem(BaseModel):
    """Why a request was refused (RFC 9457). Some codes add members of their own."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:leadline:problem:validation_failed",
                    "title": "Validation failed",
                    "status": 422,
                    "detail": "priority: Use one of low, medium, high, critical.",
                    "instance": "/leads",
                    "code": "validation_failed",
                    "errors": [
                        {
                            "field": "priority",
                            "code": "not_configured",
                            "message": "Use one of low, medium, high, critical.",
                        }
                    ],
                }
            ]
        },
    )

    type: str = Field(description="`urn:leadline:problem:` and the code.")
    title: str
    status: int
    detail: str
    instance: str = Field(description="The path of the request.")
    code: str
    errors: list[ProblemField] = Field([], description="There where fields are at fault.")


_PROBLEMS: dict[int, tuple[str, str]] = {
    400: ("Unreadable", "The body cannot be read: it is no JSON in UTF-8, or no multipart/form-data"),
    401: ("Unauthenticated", "There is no token, or none that is good"),
    403: ("Forbidden", "The token lacks the permission"),
    404: ("NotFound", "There is no such thing"),
    408: ("BodyTooSlow", "The body took too long to come"),
    409: ("Refused", "The state of things forbids it; with `Retry-After` where that will be over soon"),
    412: ("Stale", "It changed since it was read"),
    413: ("BodyTooLarge", "The body is too large"),
    415: ("WrongMediaType", "The body is not sent as application/json, or as multipart/form-data where a file is sent"),
    422: ("Invalid", "A value is wrong: each one is named"),
    500: ("Internal", "Our fault"),
    503: ("Unavailable", "A part does not answer; try again after `Retry-After`"),
}
# Those that may go away by themselves.
_RETRIED = {409, 503}


def build_openapi(routes: list[BaseRoute]) -> dict[str, Any]:
    """The document of these routes."""
    document = get_openapi(
        title=TITLE, version=VERSION, openapi_version="3.1.0", description=DESCRIPTION, routes=routes
    )
    components = document["components"]
    components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    components["responses"] = {name: _problem(status, text) for status, (name, text) in _PROBLEMS.items()}
    components["schemas"] |= _schemas()
    for route in routes:
        if isinstance(route, Operation):
            for method in route.methods or ():
                _complete(document["paths"][route.path_format][method.lower()], route)
    return document


def _schemas() -> dict[str, Any]:
    schema = TypeAdapter(Problem).json_schema(ref_template="#/components/schemas/{model}")
    return {**schema.pop("$defs"), "Problem": schema}


def _problem(status: int, description: str) -> dict[str, Any]:
    retry = {"headers": {"Retry-After": _header("In seconds.")}} if status in _RETRIED else {}
    return {
        "description": description,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        **retry,
    }


def _complete(operation: dict[str, Any], route: Operation) -> None:
    responses = operation["responses"]
    for status in _statuses(route):
        responses[str(status)] = {"$ref": f"#/components/responses/{_PROBLEMS[status][0]}"}
    operation["responses"] = dict(sorted(responses.items()))
    for success in ("200", "201", "202"):
        if success in responses and (headers := _headers(route, success)):
            responses[success]["headers"] = headers
    for parameter in operation.get("parameters", ()):
        if parameter["schema"].get("type") == "array":
            parameter |= {"style": "form", "explode": False}


def _headers(route: Operation, status: str) -> dict[str, Any]:
    fields = getattr(route.response_model, "model_fields", {})
    etag = {"ETag": _header("The version, for `If-Match`.")} if "version" in fields else {}
    location = {"Location": _header("Where it is.")} if status in ("201", "202") else {}
    return etag | location


def _header(description: str) -> dict[str, Any]:
    return {"description": description, "schema": {"type": "string"}}


def _statuses(route: Operation) -> Iterator[int]:
    yield from (401, 403, 422, 500, 503)
    if route.body_field is not None or route.takes_upload:
        yield from (400, 408, 413, 415)
    if route.param_convertors:
        yield 404
    if route.methods != {"GET"}:
        yield 409
    if any(parameter.alias == "If-Match" for parameter in route.dependant.header_params):
        yield 412
