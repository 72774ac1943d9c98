"""`/healthz` and `/readyz`: whether this process lives, and whether every part works."""

import asyncio
from typing import Any, Literal

import orjson
from fastapi.routing import APIRoute
from pydantic import ConfigDict
from starlette.responses import Response

from gateway.clients import Clients, Services
from gateway.errors import RETRY_AFTER_SECONDS
from gateway.schemas.base import Answer
from kit.rpc.calls import is_serving

_JSON = "application/json"
# Temporal's front end answers health for its service, not for the process as a whole.
_HEALTH_NAMES = {"temporal": "temporal.api.workflowservice.v1.WorkflowService"}


class Alive(Answer):
    """The process answers."""

    status: Literal["ok"]


class Part(Answer):
    """A part, and whether it says of itself that it works."""

    name: str
    state: Literal["serving", "not_serving"]


class Readiness(Answer):
    """The state of every configured part."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"status": "ready", "parts": [{"name": "leads", "state": "serving"}]}]}
    )

    status: Literal["ready", "not_ready"]
    parts: list[Part]


async def healthz() -> Response:
    """Whether the gateway's process lives.

    Says nothing of the other parts, so that their being away does not take the gateway out of service.
    """
    return Response(b'{"status":"ok"}', media_type=_JSON)


async def readyz(services: Services) -> Response:
    """Whether every part works."""
    parts = await asyncio.gather(*(_part(services, name) for name in services.channels))
    ready = all(part["state"] == "serving" for part in parts)
    content = orjson.dumps({"status": "ready" if ready else "not_ready", "parts": parts})
    headers = {"cache-control": "no-store"} | ({} if ready else {"retry-after": RETRY_AFTER_SECONDS})
    return Response(content, 200 if ready else 503, headers, _JSON)


async def _part(services: Clients, name: str) -> dict[str, Any]:
    serving = await is_serving(services.channels[name], _HEALTH_NAMES.get(name, ""))
    return {"name": name, "state": "serving" if serving else "not_serving"}


routes = [
    APIRoute("/healthz", healthz, tags=["Health"], operation_id="healthz", summary="Health", response_model=Alive),
    APIRoute(
        "/readyz",
        readyz,
        tags=["Health"],
        operation_id="readyz",
        summary="Readiness",
        response_model=Readiness,
        responses={503: {"model": Readiness, "description": "Some part does not work"}},
    ),
]
