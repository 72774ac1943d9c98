"""Imports through the gRPC door, batch by batch as the workflow asks for them."""

import csv
import io
import json
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from leadline.leads.v1 import import_service_pb2 as pb
from leadline.leads.v1 import import_service_pb2_grpc as pb_grpc

from kit.ids import new_id
from kit.rpc.calls import stream, upload
from leads_service.usecases import import_files
from tests.integration.leads.door import Door
from tests.support.tokens import token

RUN_TOKEN = token("imports:run", role="service")
POLICIES = {
    "skip": pb.DUPLICATE_POLICY_SKIP,
    "update": pb.DUPLICATE_POLICY_UPDATE,
    "create": pb.DUPLICATE_POLICY_CREATE,
}


def csv_file(*rows: Sequence[str], delimiter: str = ",") -> bytes:
    """A file with these rows."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()


def parts_of(content: bytes, size: int = 64 * 1024) -> Iterator[bytes]:
    """The content in parts of this size."""
    return (content[start : start + size] for start in range(0, len(content), size))


@contextmanager
def batches_of(rows: int) -> Iterator[None]:
    """Batches have at most so many rows meanwhile."""
    usual, import_files.MOST_ROWS = import_files.MOST_ROWS, rows
    try:
        yield
    finally:
        import_files.MOST_ROWS = usual


@dataclass
class Importing:
    """Imports of one user."""

    door: Door
    user_id: UUID
    role: str = "user"

    @property
    def token(self) -> str:
        """The user's token."""
        return token("leads:import", subject=self.user_id, role=self.role)

    @property
    def stub(self) -> Any:
        """The service."""
        return pb_grpc.ImportServiceStub(self.door.channel)

    async def send(self, *requests: pb.StartImportRequest, key: str | None = None) -> pb.Import:
        async def sent() -> AsyncIterator[pb.StartImportRequest]:
            for request in requests:
                yield request

        answer = await upload(self.stub.StartImport, sent(), token=self.token, timeout=15, idempotency_key=key)
        return answer.lead_import  # type: ignore[no-any-return]

    async def start(
        self, content: bytes, *, name: str = "leads.csv", key: str | None = None, **options: Any
    ) -> pb.Import:
        return await self.send(
            pb.StartImportRequest(lead_import=pb.NewImport(file_name=name)),
            *(pb.StartImportRequest(content=part) for part in parts_of(content)),
            pb.StartImportRequest(options=options_of(**options)),
            key=key,
        )

    async def batch(self, import_id: str) -> pb.Import:
        request = pb.ImportBatchRequest(import_id=import_id)
        return (await self.door.ask(self.stub.ImportBatch, request, sent=RUN_TOKEN)).lead_import  # type: ignore[no-any-return]

    async def run(self, import_id: str) -> pb.Import:
        """All batches that are left."""
        while (current := await self.batch(import_id)).state == pb.IMPORT_STATE_RUNNING:
            continue
        return current

    async def carry_out(self, content: bytes, **options: Any) -> pb.Import:
        """From the start to the end."""
        return await self.run((await self.start(content, **options)).id)

    async def get(self, import_id: str) -> pb.Import:
        request = pb.GetImportRequest(import_id=import_id)
        return (await self.door.ask(self.stub.GetImport, request, sent=self.token)).lead_import  # type: ignore[no-any-return]

    async def find(self, **which: Any) -> pb.ListImportsResponse:
        return await self.door.ask(self.stub.ListImports, pb.ListImportsRequest(**which), sent=self.token)  # type: ignore[no-any-return]

    async def cancel(self, import_id: str, key: str | None = None) -> pb.Import:
        request = pb.CancelImportRequest(import_id=import_id)
        return (await self.door.ask(self.stub.CancelImport, request, sent=self.token, key=key)).lead_import  # type: ignore[no-any-return]

    async def end(self, import_id: str, state: Any, reason: str = "", message: str = "") -> pb.Import:
        request = pb.EndImportRequest(import_id=import_id, state=state, failure_reason=reason, failure_message=message)
        return (await self.door.ask(self.stub.EndImport, request, sent=RUN_TOKEN)).lead_import  # type: ignore[no-any-return]

    async def refused(self, import_id: str) -> list[list[str]]:
        """The refused rows as a spreadsheet shows them, the header first."""
        request = pb.DownloadRefusedRowsRequest(import_id=import_id)
        parts = [
            each.csv async for each in stream(self.stub.DownloadRefusedRows, request, token=self.token, timeout=15)
        ]
        return list(csv.reader(io.StringIO(b"".join(parts).decode(), newline="")))


def options_of(
    *,
    mapping: dict[str, str] | None = None,
    rest: bool = False,
    defaults: dict[str, str] | None = None,
    values: dict[str, dict[str, str]] | None = None,
    duplicates: str = "skip",
    dry_run: bool = False,
) -> pb.ImportOptions:
    """Options as a caller writes them."""
    return pb.ImportOptions(
        mapping=mapping,
        rest_to_custom_fields=rest,
        defaults=defaults,
        values={field: pb.ValueMapping(values=table) for field, table in (values or {}).items()},
        duplicates=POLICIES[duplicates],
        dry_run=dry_run,
    )


def counts(found: pb.Import) -> tuple[int, int, int, int]:
    """Created, updated, skipped, refused."""
    assert found.processed == found.created + found.updated + found.skipped + found.refused
    return found.created, found.updated, found.skipped, found.refused


def importer(door: Door, role: str = "user") -> Importing:
    """Somebody new who imports."""
    return Importing(door, new_id(), role)


def custom(lead: Any) -> Any:
    """A lead's custom fields."""
    return json.loads(lead.custom_fields)


def reasons(rows: Iterable[Sequence[str]]) -> list[tuple[str, str]]:
    """Number and reasons of refused rows, without the header."""
    return [(row[0], row[1]) for row in rows][1:]
