"""`/leads/import`: leads from CSV files."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated

from fastapi import Depends, Query
from leadline.leads.v1 import import_service_pb2 as pb
from pydantic import ValidationError
from starlette.responses import Response

from gateway.answers.imports import lead_import
from gateway.answers.json import accepted, cursor_page, ok
from gateway.body import parse_object
from gateway.clients import Services
from gateway.downloads import CSV, download
from gateway.errors import HttpError
from gateway.headers import IdempotencyKey
from gateway.operations import Operations
from gateway.schemas.base import CursorPage, CursorQuery, PathId
from gateway.schemas.imports import Import, ImportOptions
from gateway.uploads import Part, Upload, upload_within, whole
from gateway.violations import violations_of
from kit.errors import FieldViolation, LeadlineError, invalid, invalid_field

operations = Operations("Imports", pb.DESCRIPTOR.services_by_name["ImportService"])

_PATH = "/leads/import"
_LONGEST_OPTIONS = 128 * 1024
_LONGEST_NAME = 100
_POLICIES = {
    "skip": pb.DUPLICATE_POLICY_SKIP,
    "update": pb.DUPLICATE_POLICY_UPDATE,
    "create": pb.DUPLICATE_POLICY_CREATE,
}

_UPLOAD = {
    "type": "object",
    "required": ["file"],
    "properties": {
        "file": {"type": "string", "format": "binary", "description": "CSV in UTF-8 with a header."},
        "options": ImportOptions.model_json_schema(),
    },
}

CsvUpload = Annotated[Upload, Depends(upload_within(lambda settings: settings.import_limit_bytes))]


@operations.add("POST", _PATH, "StartImport", answer=Import, status=202, upload=_UPLOAD)
async def start_import(services: Services, upload: CsvUpload, idempotency_key: IdempotencyKey = None) -> Response:
    """Import leads from a CSV file.

    The part `file` is CSV in UTF-8 with a header; the part `options`, which may be left out, says in JSON how it is
    read. Each row becomes a lead by the rules of a single one, or is refused with its reasons. `Location` says how far
    it is.
    """
    answer = await services.upload(services.imports.StartImport, _sent(upload), key=idempotency_key)
    return accepted(lead_import(answer.lead_import), f"{_PATH}/{answer.lead_import.id}")


@operations.add("GET", _PATH, "ListImports", answer=CursorPage[Import])
async def list_imports(services: Services, query: Annotated[CursorQuery, Query()]) -> Response:
    """List imports, newest first."""
    answer = await services.call(services.imports.ListImports, pb.ListImportsRequest(**query.asked()))
    items = [lead_import(each) for each in answer.imports]
    return cursor_page(items, answer, page=query.number(), limit=query.limit)


@operations.add("GET", _PATH + "/{id}", "GetImport", answer=Import)
async def get_import(services: Services, import_id: PathId) -> Response:
    """Read how an import stands."""
    request = pb.GetImportRequest(import_id=import_id)
    return ok(lead_import((await services.call(services.imports.GetImport, request)).lead_import))


@operations.add("POST", _PATH + "/{id}/cancel", "CancelImport", answer=Import)
async def cancel_import(services: Services, import_id: PathId, idempotency_key: IdempotencyKey = None) -> Response:
    """Cancel an import.

    What it has done stays; the rows behind are left out.
    """
    request = pb.CancelImportRequest(import_id=import_id)
    answer = await services.call(services.imports.CancelImport, request, key=idempotency_key)
    return ok(lead_import(answer.lead_import))


@operations.add("GET", _PATH + "/{id}/refused", "DownloadRefusedRows", media="text/csv")
async def download_refused_rows(services: Services, import_id: PathId) -> Response:
    """Download the rows that were refused so far.

    As CSV: the file's own columns behind `row` and `reasons`. Mended, it can be imported itself.
    """
    request = pb.DownloadRefusedRowsRequest(import_id=import_id)
    answers = services.stream(services.imports.DownloadRefusedRows, request)
    return await download(answers, lambda each: each.csv, CSV, "refused-rows.csv")


async def _sent(upload: Upload) -> AsyncGenerator[pb.StartImportRequest]:
    """What the service takes: the file first, its options where they came."""
    waiting: pb.ImportOptions | None = None
    seen: set[str] = set()
    async with aclosing(upload.parts()) as parts:
        async for part in parts:
            _check(part, seen)
            if part.name == "file":
                yield pb.StartImportRequest(lead_import=pb.NewImport(file_name=part.filename or ""))
                if waiting is not None:
                    yield pb.StartImportRequest(options=waiting)
                async for chunk in part.chunks:
                    yield pb.StartImportRequest(content=chunk)
            else:
                waiting = _options(await whole(part, _LONGEST_OPTIONS))
                if "file" in seen:
                    yield pb.StartImportRequest(options=waiting)
    if "file" not in seen:
        raise invalid_field("file", "REQUIRED", "This must be given.")


def _check(part: Part, seen: set[str]) -> None:
    """Refuse a part that there is not, or a second one of its name."""
    if part.name not in {"file", "options"}:
        name = part.name[:_LONGEST_NAME] or "body"
        raise invalid_field(name, "UNKNOWN_FIELD", "There is nothing of this name to be given here.")
    if part.name in seen:
        raise invalid_field(part.name, "GIVEN_TWICE", "May be given once.")
    seen.add(part.name)


def _options(raw: bytes) -> pb.ImportOptions:
    """The options that a part says.

    Raises:
        HttpError: not_json.
        LeadlineError: VALIDATION_FAILED.
    """
    try:
        options = ImportOptions.model_validate(parse_object(raw))
    except HttpError:
        raise HttpError(
            400, "not_json", "The part options is not JSON in UTF-8, or a key in it stands twice."
        ) from None
    except ValidationError as error:
        found = ({**each, "loc": ("body", "options", *each["loc"])} for each in error.errors())
        raise invalid(*violations_of(list(found))) from None
    except LeadlineError as error:
        raise invalid(*(_in_options(each) for each in error.violations)) from None
    return pb.ImportOptions(
        mapping={column: field or "" for column, field in options.mapping.items()},
        rest_to_custom_fields=options.rest_to_custom_fields,
        defaults=options.defaults,
        values={field: pb.ValueMapping(values=known) for field, known in options.replacements.items()},
        duplicates=_POLICIES[options.duplicates],
        dry_run=options.dry_run,
    )


def _in_options(found: FieldViolation) -> FieldViolation:
    field = "options" if found.field == "body" else f"options.{found.field}"
    return FieldViolation(field, found.reason, found.message)
