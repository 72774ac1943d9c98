"""Imports as the leads service answers them, the same as JSON, and what each GET of them asks."""

from typing import Any

from leadline.leads.v1 import import_service_pb2 as pb

from tests.contract.gateway.cases import Read
from tests.contract.gateway.samples import CHANGED, CHANGED_AT, CREATED, CREATED_AT, USER_ID, uid

IMPORT_ID = uid(70)

RUNNING = pb.Import(
    id=IMPORT_ID,
    state=pb.IMPORT_STATE_RUNNING,
    file_name="leads.csv",
    size_bytes=5_000_000_000,
    options=pb.ImportOptions(
        mapping={"Last Name": "lastName", "Id": ""},
        rest_to_custom_fields=True,
        defaults={"priority": "high"},
        values={"source": pb.ValueMapping(values={"Trade Show": "event", "*": "other"})},
        duplicates=pb.DUPLICATE_POLICY_UPDATE,
        dry_run=True,
    ),
    columns=[pb.ImportColumn(name="Last Name", field="lastName"), pb.ImportColumn(name="Id")],
    processed=1200,
    created=1100,
    updated=1,
    skipped=39,
    refused=60,
    processed_bytes=174080,
    created_by=USER_ID,
    created_at=CREATED_AT,
)
RUNNING_JSON: dict[str, Any] = {
    "id": IMPORT_ID,
    "state": "running",
    "fileName": "leads.csv",
    "sizeBytes": 5_000_000_000,
    "options": {
        "mapping": {"Last Name": "lastName", "Id": None},
        "restToCustomFields": True,
        "defaults": {"priority": "high"},
        "values": {"source": {"Trade Show": "event", "*": "other"}},
        "duplicates": "update",
        "dryRun": True,
    },
    "columns": [{"name": "Last Name", "field": "lastName"}, {"name": "Id", "field": None}],
    "processed": 1200,
    "created": 1100,
    "updated": 1,
    "skipped": 39,
    "refused": 60,
    "processedBytes": 174080,
    "createdBy": USER_ID,
    "createdAt": CREATED,
    "endedAt": None,
    "failure": None,
}

FAILED = pb.Import(
    id=IMPORT_ID,
    state=pb.IMPORT_STATE_FAILED,
    file_name="leads.csv",
    size_bytes=10,
    created_by=USER_ID,
    created_at=CREATED_AT,
    ended_at=CHANGED_AT,
    failure_reason="PERMISSION_MISSING",
    failure_message="It needs leads:import.",
)
FAILED_JSON: dict[str, Any] = {
    "id": IMPORT_ID,
    "state": "failed",
    "fileName": "leads.csv",
    "sizeBytes": 10,
    "options": {
        "mapping": {},
        "restToCustomFields": False,
        "defaults": {},
        "values": {},
        "duplicates": "skip",
        "dryRun": False,
    },
    "columns": [],
    "processed": 0,
    "created": 0,
    "updated": 0,
    "skipped": 0,
    "refused": 0,
    "processedBytes": 0,
    "createdBy": USER_ID,
    "createdAt": CREATED,
    "endedAt": CHANGED,
    "failure": {"code": "permission_missing", "message": "It needs leads:import."},
}

READS = [
    Read(
        f"/leads/import/{IMPORT_ID}",
        "GetImport",
        pb.GetImportRequest(import_id=IMPORT_ID),
        pb.GetImportResponse(lead_import=RUNNING),
        RUNNING_JSON,
    ),
    Read(
        f"/leads/import/{IMPORT_ID.upper()}",
        "GetImport",
        pb.GetImportRequest(import_id=IMPORT_ID),
        pb.GetImportResponse(lead_import=FAILED),
        FAILED_JSON,
    ),
    Read(
        "/leads/import?page=2&limit=10",
        "ListImports",
        pb.ListImportsRequest(page=2, limit=10),
        pb.ListImportsResponse(imports=[RUNNING, FAILED], total=51, next_cursor="abc"),
        {
            "data": [RUNNING_JSON, FAILED_JSON],
            "meta": {"total": 51, "page": 2, "limit": 10, "totalPages": 6, "nextCursor": "abc"},
        },
    ),
    Read(
        "/leads/import?cursor=abc",
        "ListImports",
        pb.ListImportsRequest(limit=25, cursor="abc"),
        pb.ListImportsResponse(total=51),
        {"data": [], "meta": {"total": 51, "page": None, "limit": 25, "totalPages": 3, "nextCursor": None}},
    ),
]
