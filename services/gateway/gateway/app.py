"""The application: routes, edge, errors and documentation, put together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi_offline import FastAPIOffline
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute

from gateway.clients import open_clients
from gateway.errors import HttpError, http_error, leadline_error, routing_error, validation_error
from gateway.middleware import Edge
from gateway.openapi import TITLE, build_openapi
from gateway.routers import (
    conversion,
    documents,
    export,
    health,
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
    sla,
    stages,
    team,
    timeline,
)
from gateway.routers import settings as lead_settings
from gateway.settings import GatewaySettings
from kit.errors import LeadlineError
from kit.tokens import TokenVerifier

# FastAPI matches in this order: what is asked most comes first.
_FAMILIES = (
    # Before the lead with an id, which would take `export`, `import` and `bulk-delete` for one.
    export,
    imports,
    life_cycle,
    leads,
    timeline,
    sla,
    conversion,
    team,
    product_lines,
    documents,
    pipelines,
    stages,
    lists,
    scoring,
    rescore,
    retirements,
    lead_settings,
    records,
    products,
)
_SHOWN_TO_PAGES = ("etag", "location", "retry-after", "x-request-id")


def create_app(settings: GatewaySettings) -> FastAPI:
    """The gateway's ASGI application; its channels are open between startup and shutdown."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_clients(settings) as clients:
            app.state.clients = clients
            yield

    # Routes of included routers are matched twice for each request; these are matched once.
    routes: list[BaseRoute] = [route for family in _FAMILIES for route in family.operations.routes]
    app = FastAPIOffline(
        redoc_url=None,
        static_url="/docs/static",
        title=TITLE,
        routes=[*routes, *health.routes],
        lifespan=lifespan,
        middleware=_middleware(settings),
        exception_handlers=_HANDLERS,
        redirect_slashes=False,
        # Without this Swagger UI shows the document to a validator on the internet.
        swagger_ui_parameters={"validatorUrl": None, "persistAuthorization": True},
        telemetry={"tracing": False, "metrics": False, "logs": False, "operation_spans": False},
    )
    app.state.settings = settings
    app.state.verifier = TokenVerifier(settings)
    document = build_openapi(app.routes)
    app.openapi = lambda: document  # type: ignore[method-assign] # the way that FastAPI documents
    return app


_HANDLERS: dict[int | type[Exception], Any] = {
    LeadlineError: leadline_error,
    HttpError: http_error,
    RequestValidationError: validation_error,
    HTTPException: routing_error,
}


def _middleware(settings: GatewaySettings) -> list[Middleware]:
    edge = Middleware(Edge)
    if not settings.cors_origins:
        return [edge]
    cors = Middleware(
        CORSMiddleware,
        allow_origins=settings.cors_origins,
        allow_methods=["GET", "POST", "PUT", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "If-Match", "Idempotency-Key", "X-Request-Id"],
        expose_headers=_SHOWN_TO_PAGES,
    )
    return [edge, cors]
