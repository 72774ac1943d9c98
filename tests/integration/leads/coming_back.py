"""Leads that go and come back, as tests ask for it at the gRPC door."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from google.protobuf.duration_pb2 import Duration
from leadline.leads.v1 import lead_pb2
from leadline.leads.v1 import lead_service_pb2 as pb
from leadline.leads.v1 import sla_service_pb2 as sla

from leads_service.store.tables import LEADS
from tests.integration.leads.door import Door
from tests.integration.leads.pushing import House


async def disqualify(door: Door, lead_id: str, notes: str = "") -> lead_pb2.Lead:
    request = pb.DisqualifyLeadRequest(lead_id=lead_id, reason="no_budget", notes=notes)
    return (await door.ask(door.lead_stub.DisqualifyLead, request)).lead  # type: ignore[no-any-return]


async def reopen(
    door: Door,
    lead_id: str,
    *,
    stage_id: str | None = None,
    version: int | None = None,
    key: str | None = None,
    **values: Any,
) -> lead_pb2.Lead:
    request = pb.ReopenLeadRequest(
        lead_id=lead_id,
        stage_id=stage_id,
        stage_field_values=json.dumps(values) if values else "",
        expected_version=version,
    )
    return (await door.ask(door.lead_stub.ReopenLead, request, key=key)).lead  # type: ignore[no-any-return]


async def restore(door: Door, lead_id: str, *, version: int | None = None, key: str | None = None) -> lead_pb2.Lead:
    request = pb.RestoreLeadRequest(lead_id=lead_id, expected_version=version)
    return (await door.ask(door.lead_stub.RestoreLead, request, key=key)).lead  # type: ignore[no-any-return]


async def delete_many(
    door: Door, lead_ids: Sequence[str], *, atomic: bool = False, key: str | None = None
) -> pb.BulkDeleteLeadsResponse:
    request = pb.BulkDeleteLeadsRequest(lead_ids=lead_ids, atomic=atomic)
    return await door.ask(door.lead_stub.BulkDeleteLeads, request, key=key)  # type: ignore[no-any-return]


async def check_breaches(door: Door, *, key: str | None = None, wait: float = 0) -> sla.CheckBreachesResponse:
    """Without Temporal, nobody compares clocks with their leads: that is waited for only where a test says so."""
    longest = Duration()
    longest.FromTimedelta(timedelta(seconds=wait))
    request = sla.CheckBreachesRequest(max_wait=longest)
    return await door.ask(door.sla_stub.CheckBreaches, request, key=key)  # type: ignore[no-any-return]


async def copies(house: House, lead: lead_pb2.Lead, count: int) -> list[str]:
    """The ids of so many more leads like this one, made in the database: through the door it would take long."""
    others = [column.name for column in LEADS.columns if column.computed is None and column.name != "id"]
    async with house.database.transaction() as tx:
        made = await tx.execute(
            sa.text(
                f"INSERT INTO leads (id, {', '.join(others)}) SELECT gen_random_uuid(), {', '.join(others)} "  # noqa: S608
                "FROM leads, generate_series(1, :count) WHERE id = :id RETURNING id"
            ),
            {"id": lead.id, "count": count},
        )
        ids = list(made.scalars())
        await tx.execute(
            sa.text(
                "INSERT INTO stage_assignments (id, lead_id, stage_id, stage_name, started_at) "
                "SELECT gen_random_uuid(), id, stage_id, '', created_at FROM leads WHERE id = ANY(:ids)"
            ),
            {"ids": ids},
        )
    return [str(each) for each in ids]
