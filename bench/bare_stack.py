"""As little as REST over gRPC over PostgreSQL can do: a route, a call, a statement. Ours is measured against it."""

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import grpc
import typer
import uvicorn
import uvloop
from fastapi import FastAPI
from leadline.leads.v1 import lead_pb2, lead_service_pb2, lead_service_pb2_grpc
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel

from kit.ids import new_id

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

TABLE = """
    CREATE TABLE IF NOT EXISTS bare_leads (
        id uuid PRIMARY KEY,
        last_name text,
        company text,
        email text,
        priority text,
        source text,
        estimated_value numeric
    )
"""
_FIELDS = ("last_name", "company", "email", "priority", "source", "estimated_value")
_INSERT = f"INSERT INTO bare_leads (id, {', '.join(_FIELDS)}) VALUES (%s, %s, %s, %s, %s, %s, %s)"  # noqa: S608 - of names that stand here
_SELECT = "SELECT * FROM bare_leads WHERE id = %s"

app = typer.Typer(help=__doc__, no_args_is_help=True)


class _Leads(lead_service_pb2_grpc.LeadServiceServicer):
    def __init__(self, pool: AsyncConnectionPool[Any]) -> None:
        self._pool = pool

    async def CreateLead(  # noqa: N802 - the name of the call
        self, request: lead_service_pb2.CreateLeadRequest, _context: Any
    ) -> lead_service_pb2.CreateLeadResponse:
        """One INSERT."""
        lead_id, given = new_id(), request.fields
        async with self._pool.connection() as connection:
            await connection.execute(_INSERT, [lead_id, *(getattr(given, name) or None for name in _FIELDS)])
        return lead_service_pb2.CreateLeadResponse(lead=lead_pb2.Lead(id=str(lead_id)))

    async def GetLead(  # noqa: N802 - the name of the call
        self, request: lead_service_pb2.GetLeadRequest, _context: Any
    ) -> lead_service_pb2.GetLeadResponse:
        """One SELECT."""
        async with self._pool.connection() as connection:
            row = await (await connection.execute(_SELECT, [UUID(request.lead_id)])).fetchone()
        shown: dict[str, Any] = {name: None if value is None else str(value) for name, value in row.items()}
        return lead_service_pb2.GetLeadResponse(lead=lead_pb2.Lead(**shown))


@app.command()
def service(listen: Annotated[str, typer.Option()], url: Annotated[str, typer.Option()]) -> None:
    """The gRPC service on its database."""
    uvloop.run(_serve(listen, url))


async def _serve(listen: str, url: str) -> None:
    server = grpc.aio.server()
    settings = {"autocommit": True, "row_factory": dict_row}
    async with AsyncConnectionPool(url, min_size=10, max_size=10, kwargs=settings, open=False) as pool:
        lead_service_pb2_grpc.add_LeadServiceServicer_to_server(_Leads(pool), server)  # type: ignore[abstract] # of two calls
        server.add_insecure_port(listen)
        await server.start()
        await server.wait_for_termination()


class NewLead(BaseModel):
    """A lead as it comes."""

    lastName: str  # noqa: N815 - as in JSON
    company: str | None = None
    email: str | None = None
    priority: str | None = None
    source: str | None = None
    estimatedValue: float | None = None  # noqa: N815 - as in JSON


def bare_gateway(service_address: str) -> FastAPI:
    """The REST API in front of it."""
    stubs: list[Any] = []

    @asynccontextmanager
    async def connected(_app: FastAPI) -> "AsyncIterator[None]":
        async with grpc.aio.insecure_channel(service_address) as channel:
            stubs.append(lead_service_pb2_grpc.LeadServiceStub(channel))
            yield

    api = FastAPI(lifespan=connected)

    @api.post("/leads", status_code=201)
    async def create_lead(body: NewLead) -> dict[str, Any]:
        fields = lead_pb2.LeadFields(
            last_name=body.lastName,
            company=body.company,
            email=body.email,
            priority=body.priority,
            source=body.source,
            estimated_value=None if body.estimatedValue is None else str(body.estimatedValue),
        )
        answer = await stubs[0].CreateLead(lead_service_pb2.CreateLeadRequest(fields=fields))
        return {"id": answer.lead.id}

    @api.get("/leads/{lead_id}")
    async def get_lead(lead_id: UUID) -> dict[str, Any]:
        lead = (await stubs[0].GetLead(lead_service_pb2.GetLeadRequest(lead_id=str(lead_id)))).lead
        return {
            "id": lead.id,
            "lastName": lead.last_name,
            "company": lead.company,
            "email": lead.email,
            "priority": lead.priority,
            "source": lead.source,
            "estimatedValue": float(lead.estimated_value),
        }

    return api


@app.command()
def gateway(listen: Annotated[str, typer.Option()], service_address: Annotated[str, typer.Option()]) -> None:
    """The REST API."""
    host, _, port = listen.partition(":")
    uvicorn.run(
        bare_gateway(service_address), host=host, port=int(port), loop="uvloop", http="httptools", log_level="warning"
    )


if __name__ == "__main__":
    app()
