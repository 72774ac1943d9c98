"""ImportService: leads from CSV files, kept as a whole and taken row by row."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from uuid import UUID

from leadline.leads.v1 import import_service_pb2 as pb
from leadline.leads.v1 import import_service_pb2_grpc as pb_grpc

from kit.db.database import Writing
from kit.db.idempotency import key_of_call
from kit.ids import new_id, parse_id
from kit.rpc.guard import Context
from leads_service.domain.file_names import safe_name
from leads_service.domain.import_files import ImportFile, IncomingFile
from leads_service.domain.imports import Import
from leads_service.domain.lead import Actor, Origin
from leads_service.domain.settling import Situation
from leads_service.rpc.import_mapping import end_from_proto, import_to_proto, options_from_proto
from leads_service.rpc.import_upload import Upload
from leads_service.rpc.paging import cursor_after, span_of
from leads_service.rpc.situation import Parts, caller_id
from leads_service.usecases import contents, import_batch, import_files, imports

_LIST = "imports"


class ImportServicer(pb_grpc.ImportServiceServicer):
    """Each change is one transaction, and none is open while a file flows."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def StartImport(
        self, requests: AsyncIterator[pb.StartImportRequest], context: Context
    ) -> pb.StartImportResponse:
        """Keeps the file and orders its import; repeated under the same idempotency key, the first answer."""
        upload = Upload(requests)
        given = await upload.begin()
        key = key_of_call("StartImport", given, context.invocation_metadata())
        object_key, incoming = f"imports/{new_id()}", IncomingFile(self._parts.limits.import_bytes)
        flow = import_files.taken(incoming, upload.content())
        await contents.put(self._parts.database, self._parts.objects, object_key, flow, self._parts.clock)
        file, name = incoming.whole(), safe_name(given.file_name)
        options = upload.options.SerializeToString(deterministic=True)
        key = key.with_content(options, file.sha256) if key is not None else None

        async def start(tx: Writing) -> pb.StartImportResponse:
            return pb.StartImportResponse(lead_import=await self._start(tx, name, file, object_key, upload.options))

        return await self._parts.idempotency.once(key, pb.StartImportResponse, start)

    async def _start(
        self, tx: Writing, name: str, file: ImportFile, object_key: str, given: pb.ImportOptions
    ) -> pb.Import:
        options, situation = options_from_proto(given), self._parts.by_caller()
        started = await imports.start(tx, name, file, object_key, options, created_by=caller_id(), situation=situation)
        return import_to_proto(started)

    async def GetImport(self, request: pb.GetImportRequest, _context: Context) -> pb.GetImportResponse:
        """One import."""
        return pb.GetImportResponse(lead_import=import_to_proto(await self._get(_id(request.import_id))))

    async def _get(self, import_id: UUID) -> Import:
        async with self._parts.database.reading() as connection:
            return await imports.get_import(connection, import_id)

    async def ListImports(self, request: pb.ListImportsRequest, _context: Context) -> pb.ListImportsResponse:
        """A page of imports."""
        span = span_of(request, _LIST)
        async with self._parts.database.reading() as connection:
            page = await imports.list_imports(connection, span)
        return pb.ListImportsResponse(
            imports=[import_to_proto(each) for each in page.records],
            total=page.total,
            next_cursor=cursor_after(page, _LIST),
        )

    async def DownloadRefusedRows(
        self, request: pb.DownloadRefusedRowsRequest, _context: Context
    ) -> AsyncIterator[pb.DownloadRefusedRowsResponse]:
        """The rows that were refused, as fast as the caller reads."""
        current = await self._get(_id(request.import_id))
        async with aclosing(imports.refused_rows(self._parts.database, current)) as parts:
            async for part in parts:
                yield pb.DownloadRefusedRowsResponse(csv=part)

    async def CancelImport(self, request: pb.CancelImportRequest, context: Context) -> pb.CancelImportResponse:
        """Stops an import; repeated under the same idempotency key, the first answer."""
        import_id = _id(request.import_id)
        key = key_of_call("CancelImport", request, context.invocation_metadata())

        async def cancel(tx: Writing) -> pb.CancelImportResponse:
            canceled = await imports.cancel(tx, import_id, self._parts.clock())
            return pb.CancelImportResponse(lead_import=import_to_proto(canceled))

        answer = await self._parts.idempotency.once(key, pb.CancelImportResponse, cancel)
        await imports.forget_matches(self._parts.database)
        return answer

    async def ImportBatch(self, request: pb.ImportBatchRequest, _context: Context) -> pb.ImportBatchResponse:
        """Takes the next rows."""
        current = await self._get(_id(request.import_id))
        if current.is_running:
            situation = self._by_importer(current)
            batch = await import_files.next_rows(self._parts.objects, current, situation.configuration)
            async with self._parts.database.transaction() as tx:
                current = await import_batch.take(tx, batch, situation)
        await self._tidy(current)
        return pb.ImportBatchResponse(lead_import=import_to_proto(current))

    async def EndImport(self, request: pb.EndImportRequest, _context: Context) -> pb.EndImportResponse:
        """Ends an import before its time."""
        import_id, state = _id(request.import_id), end_from_proto(request.state)
        why = (request.failure_reason, request.failure_message)
        async with self._parts.database.transaction() as tx:
            ended = await imports.end(tx, import_id, state, why, self._parts.clock())
        await self._tidy(ended)
        return pb.EndImportResponse(lead_import=import_to_proto(ended))

    async def _tidy(self, current: Import) -> None:
        if current.options.dry_run and not current.is_running:
            await imports.forget_matches(self._parts.database)

    def _by_importer(self, current: Import) -> Situation:
        """Something that the user who ordered the import does now."""
        actor = Actor(current.created_by, current.by_admin)
        return Situation(self._parts.configuration.current(), actor, self._parts.clock(), Origin.IMPORT)


def _id(text: str) -> UUID:
    return parse_id(text, "id")
