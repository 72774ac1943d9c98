"""What was exported imports again, by default, as the same leads."""

from collections.abc import AsyncGenerator
from typing import Any

from leadline.leads.v1 import import_service_pb2 as pb
from leadline.leads.v1 import import_service_pb2_grpc

from kit.ids import new_id
from kit.rpc.calls import upload
from tests.integration.leads.door import Door
from tests.integration.leads.exporting import Rows, exported, rows_of
from tests.support import tokens
from tests.support.tokens import USER_ID

IMPORT_TOKEN, RUN_TOKEN = tokens.token("leads:import"), tokens.token("imports:run", role="service")
# What an import gives anew.
OWN = {"id", "version", "createdBy", "createdAt", "updatedAt"}


async def imported(door: Door, content: bytes) -> pb.Import:
    """The import of a file, gone through to its end."""
    stub: Any = import_service_pb2_grpc.ImportServiceStub(door.channel)

    async def sent() -> AsyncGenerator[pb.StartImportRequest]:
        yield pb.StartImportRequest(lead_import=pb.NewImport(file_name="leads.csv"))
        yield pb.StartImportRequest(content=content)

    started = await upload(stub.StartImport, sent(), token=IMPORT_TOKEN, timeout=15)
    found: pb.Import = started.lead_import
    while found.state == pb.IMPORT_STATE_RUNNING:
        request = pb.ImportBatchRequest(import_id=found.id)
        found = (await door.ask(stub.ImportBatch, request, sent=RUN_TOKEN)).lead_import
    return found


def without_own(rows: Rows) -> Rows:
    return [{name: cell for name, cell in row.items() if name not in OWN} for row in rows]


async def test_an_exported_file_imports_again_as_equal_leads(door: Door) -> None:
    mark = f"round{new_id()}"
    people: list[dict[str, Any]] = [
        {"first_name": "=1+1", "last_name": "'quoted", "title": "-", "email": f"a.b+c@{mark}.io"},
        {"phone": "+1 (212) 555-0123", "estimated_value": "1234567890123.4", "source": "event", "priority": "low"},
        {"last_name": 'Zoë; "Ltd"', "description": "one\r\n\ttwo, 'three'", "assigned_to": str(USER_ID)},
        {"last_name": "'=x", "custom_fields": {"a": {"b": [1.50, None, "é"]}, "=c": "@d"}},
        {"stage_id": door.stage("Qualified")},
    ]
    leads = [await door.create(company=f"{mark} Ltd", **person) for person in people]
    before = await exported(door, search=mark, sort_dir="asc")
    for lead in leads:
        await door.delete(lead.id)
    ended = await imported(door, before)
    assert (ended.state, ended.created, ended.refused) == (pb.IMPORT_STATE_COMPLETED, 5, 0)
    after = await exported(door, search=mark, sort_dir="asc")
    assert without_own(rows_of(after)) == without_own(rows_of(before))
