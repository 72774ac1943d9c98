"""The activities of the lead-import workflow against a real gRPC server."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import pytest
from leadline.leads.v1 import import_service_pb2 as pb
from temporalio.testing import ActivityEnvironment

from kit.errors import LeadlineError, forbidden, invalid_field, not_found, refused, unavailable
from leadline_workflows.activities import lead_import, stint
from leadline_workflows.contracts import names
from leadline_workflows.contracts.lead_import import EndImport, ImportProgress, ImportRef
from tests.workflows.scripted_services import Services

SO_FAR = pb.Import(
    state=pb.IMPORT_STATE_RUNNING,
    processed=200,
    created=150,
    updated=20,
    skipped=20,
    refused=10,
    processed_bytes=9000,
    size_bytes=30_000,
    options=pb.ImportOptions(dry_run=True),
)
TOLD = ImportProgress("running", 200, 150, 20, 20, 10, 9000, 30_000, dry_run=True)
FAILED = EndImport("import-1", "failed", "VALIDATION_FAILED", "no")


def states(*found: pb.ImportState.ValueType) -> Iterator[pb.ImportBatchResponse]:
    for state in found:
        answer = pb.ImportBatchResponse(lead_import=SO_FAR)
        answer.lead_import.state = state
        yield answer


@pytest.mark.parametrize(
    ("state", "name"),
    [
        (pb.IMPORT_STATE_COMPLETED, "completed"),
        (pb.IMPORT_STATE_CANCELED, "canceled"),
        (pb.IMPORT_STATE_FAILED, "failed"),
    ],
)
async def test_rows_are_asked_for_until_the_import_has_ended(
    services: Services, state: pb.ImportState.ValueType, name: str
) -> None:
    answers = states(pb.IMPORT_STATE_RUNNING, pb.IMPORT_STATE_RUNNING, state)
    services.leads.answers["ImportBatch"] = lambda _request: next(answers)
    assert await services.run(names.IMPORT_BATCH, ImportRef("import-1")) == replace(TOLD, state=name)
    assert services.leads.of("ImportBatch") == [pb.ImportBatchRequest(import_id="import-1")] * 3


async def test_after_some_seconds_the_workflow_hears_how_far_it_is(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lead_import, "_STINT_SECONDS", 0.0)
    services.leads.answers["ImportBatch"] = pb.ImportBatchResponse(lead_import=SO_FAR)
    assert await services.run(names.IMPORT_BATCH, ImportRef("import-1")) == TOLD
    assert len(services.leads.calls) == 1


async def test_heartbeats_come_while_a_batch_takes_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stint, "BEAT_SECONDS", 0.001)
    environment, beats, enough = ActivityEnvironment(), list[object](), asyncio.Event()

    def beat(*details: object) -> None:
        beats.append(details)
        if len(beats) == 3:
            enough.set()

    async def slow_batch() -> None:
        async with stint.heartbeats():
            await asyncio.wait_for(enough.wait(), 10)

    environment.on_heartbeat = beat
    await environment.run(slow_batch)
    after = len(beats)
    await asyncio.sleep(0.01)
    assert len(beats) == after


@pytest.mark.parametrize(
    ("refusal", "final"),
    [
        (unavailable("away"), False),
        (forbidden("PERMISSION_MISSING", "no"), False),
        (refused("RETIRING", "no"), False),
        (invalid_field("file", "NOT_CSV", "no"), True),
        (not_found("IMPORT_NOT_FOUND", "no"), True),
        (refused("IMPORT_CLOSED", "no"), True),
    ],
    ids=lambda each: getattr(each, "reason", ""),
)
async def test_what_repeating_does_not_change_is_final(services: Services, refusal: LeadlineError, final: bool) -> None:
    services.leads.answers["ImportBatch"] = refusal
    failure = await services.failure(names.IMPORT_BATCH, ImportRef("import-1"))
    assert (failure.type, failure.non_retryable) == (refusal.reason, final)


async def test_an_import_is_ended_with_its_reason_and_says_how_it_stands(services: Services) -> None:
    ended = pb.Import(state=pb.IMPORT_STATE_FAILED, failure_reason="VALIDATION_FAILED", failure_message="no")
    services.leads.answers["EndImport"] = pb.EndImportResponse(lead_import=ended)
    told = await services.run(names.END_IMPORT, FAILED)
    assert told == ImportProgress("failed", reason="VALIDATION_FAILED", message="no")
    assert services.leads.of("EndImport") == [
        pb.EndImportRequest(
            import_id="import-1",
            state=pb.IMPORT_STATE_FAILED,
            failure_reason="VALIDATION_FAILED",
            failure_message="no",
        )
    ]


async def test_there_is_nothing_to_end_where_the_import_is_not_known(services: Services) -> None:
    services.leads.answers["EndImport"] = not_found("IMPORT_NOT_FOUND", "no")
    assert (await services.run(names.END_IMPORT, EndImport("import-1", "canceled"))).state == "canceled"


@pytest.mark.parametrize("refusal", [unavailable("away"), refused("RETIRING", "no")], ids=lambda error: error.reason)
async def test_ending_is_never_given_up(services: Services, refusal: LeadlineError) -> None:
    services.leads.answers["EndImport"] = refusal
    failure = await services.failure(names.END_IMPORT, FAILED)
    assert (failure.type, failure.non_retryable) == (refusal.reason, False)
