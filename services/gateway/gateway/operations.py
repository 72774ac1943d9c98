"""REST operations: each is one gRPC method, whose access rule guards it here as it does in the service."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from fastapi.routing import APIRoute
from google.protobuf.descriptor import ServiceDescriptor
from pydantic.alias_generators import to_camel
from starlette.requests import Request
from starlette.responses import Response

from gateway.auth import admit
from gateway.body import read_json
from gateway.hanging_up import while_listened_to
from gateway.query import check_query, names_of
from gateway.settings import GatewaySettings
from kit.rpc.access import AccessRule, rule_of

Endpoint = TypeVar("Endpoint", bound=Callable[..., Awaitable[Response]])

_READ = {"GET"}


class Operation(APIRoute):
    """A route that checks token, permission, query and body, in this order, before FastAPI reads the values."""

    def __init__(
        self,
        path: str,
        endpoint: Callable[..., Any],
        *,
        rule: AccessRule,
        body_optional: bool = False,
        takes_upload: bool = False,
        **described: Any,
    ) -> None:
        self.rule = rule
        self.body_optional = body_optional
        self.takes_upload = takes_upload
        # The content type has been looked at by then.
        super().__init__(path, endpoint, strict_content_type=False, **described)

    def get_route_handler(self) -> Callable[[Request], Any]:
        """FastAPI's handler, behind the checks."""
        handle = super().get_route_handler()
        names = names_of(self.dependant)

        async def guarded(request: Request) -> Response:
            state = request.app.state
            await admit(state.verifier, request.headers.get("authorization"), self.rule)
            if request.scope["query_string"]:
                check_query(request.query_params, names)
            if self.methods == _READ:
                return await while_listened_to(request, handle(request))
            if self.body_field is None:
                return await handle(request)
            settings: GatewaySettings = state.settings
            return await handle(
                await read_json(
                    request,
                    limit=settings.body_limit_bytes,
                    seconds=settings.body_timeout_seconds,
                    may_be_empty=self.body_optional,
                )
            )

        return guarded


class Operations:
    """The operations on top of one gRPC service, in the order in which they are matched."""

    def __init__(self, tag: str, service: ServiceDescriptor) -> None:
        self.routes: list[Operation] = []
        self._tag = tag
        self._service = service

    def add(
        self,
        verb: str,
        path: str,
        method: str,
        *,
        answer: Any = None,
        media: str | None = None,
        status: int = 200,
        name: str | None = None,
        body_optional: bool = False,
        upload: dict[str, Any] | None = None,
        responses: dict[int | str, dict[str, Any]] | None = None,
    ) -> Callable[[Endpoint], Endpoint]:
        """Make the decorated function the operation ``verb path``, by the rule of the gRPC ``method``.

        ``answer`` is the shape of a success, for the documentation; endpoints answer bytes. ``media`` is the type of an
        answer that is a file. ``upload`` is the schema of a multipart body, which the endpoint reads itself. ``name``
        is the operation's id where the function's own name is not it.
        """
        rule = rule_of(self._service.full_name, method)
        file = {"response_class": Response, "response_model": None} if media else {"response_model": answer}

        def register(endpoint: Endpoint) -> Endpoint:
            summary, _, more = (endpoint.__doc__ or "").strip().partition("\n")
            self.routes.append(
                Operation(
                    path,
                    endpoint,
                    rule=rule,
                    body_optional=body_optional,
                    takes_upload=upload is not None,
                    methods=[verb],
                    operation_id=name or to_camel(endpoint.__name__),
                    tags=[self._tag],
                    summary=summary.rstrip("."),
                    description=f"{' '.join(more.split())}\n\n{_needs(rule)}".strip(),
                    **file,
                    response_description="Done",
                    status_code=status,
                    # With 422 named, FastAPI leaves its own shape of it out; `gateway.openapi` fills it in.
                    responses={422: {}, **({200: _file(media)} if media else {}), **(responses or {})},
                    openapi_extra={
                        "security": [{"bearer": []}],
                        "x-permission": rule.permission or "admin",
                        **({"requestBody": _multipart(upload)} if upload else {}),
                    },
                )
            )
            return endpoint

        return register


def _file(media: str) -> dict[str, Any]:
    return {"content": {media: {"schema": {"type": "string", "format": "binary"}}}}


def _multipart(schema: dict[str, Any]) -> dict[str, Any]:
    return {"required": True, "content": {"multipart/form-data": {"schema": schema}}}


def _needs(rule: AccessRule) -> str:
    return "Needs the role `admin`." if rule.admin_only else f"Needs the permission `{rule.permission}`."
