"""The activities of the unconvert-lead workflow against real gRPC servers: what they ask, and what is in the way."""

import pytest
from leadline.crm.v1 import conversion_record_service_pb2 as records_pb2
from leadline.leads.v1 import conversion_service_pb2 as pb

from kit.errors import FieldViolation, forbidden, not_found, refused, unavailable
from leadline_workflows.contracts import names
from leadline_workflows.contracts.conversion import ConversionRef, FailUnconversion, Obstacle, RecordsUndone
from tests.workflows.scripted_services import Services

REF = ConversionRef("conversion-1")
FAIL = FailUnconversion("conversion-1", "RECORDS_CHANGED", "It grew.", [Obstacle("accountId", "USED")])


async def test_the_crm_is_asked_to_undo_the_whole_conversion(services: Services) -> None:
    services.crm.answers["UndoConversion"] = records_pb2.UndoConversionResponse()
    assert await services.run(names.UNDO_RECORDS, REF) == RecordsUndone()
    assert services.crm.of("UndoConversion") == [records_pb2.UndoConversionRequest(conversion_id="conversion-1")]
    assert services.leads.calls == []


async def test_what_stands_in_the_way_is_a_result_and_no_failure(services: Services) -> None:
    violations = [FieldViolation("accountId", "CHANGED", "It changed."), FieldViolation("contactId", "USED", "In use.")]
    services.crm.answers["UndoConversion"] = refused("RECORDS_CHANGED", "It grew.", violations=violations)
    assert await services.run(names.UNDO_RECORDS, REF) == RecordsUndone(
        "RECORDS_CHANGED", "It grew.", [Obstacle("accountId", "CHANGED"), Obstacle("contactId", "USED")]
    )


@pytest.mark.parametrize(
    "obstacle",
    [unavailable("away"), forbidden("PERMISSION_MISSING", "no"), refused("CONVERSION_CLOSED", "odd")],
    ids=lambda error: error.reason,
)
async def test_any_other_answer_is_waited_out_and_told(services: Services, obstacle: Exception) -> None:
    services.crm.answers["UndoConversion"] = obstacle  # type: ignore[assignment]
    failure = await services.failure(names.UNDO_RECORDS, REF)
    assert not failure.non_retryable
    (report,) = services.leads.of("ReportConversion")
    assert (report.conversion_id, report.waits.step) == ("conversion-1", "undo the records")
    assert report.waits.reason == failure.type


async def test_the_lead_is_opened_again_and_that_is_never_given_up(services: Services) -> None:
    services.leads.answers["CompleteUnconversion"] = refused("CONVERSION_CLOSED", "over")
    failure = await services.failure(names.COMPLETE_UNCONVERSION, REF)
    assert (failure.type, failure.non_retryable) == ("CONVERSION_CLOSED", False)
    services.leads.answers["CompleteUnconversion"] = pb.CompleteUnconversionResponse()
    await services.run(names.COMPLETE_UNCONVERSION, REF)
    assert services.leads.of("CompleteUnconversion")[-1] == pb.CompleteUnconversionRequest(conversion_id="conversion-1")


async def test_the_lead_stays_converted_with_what_stood_in_the_way(services: Services) -> None:
    services.leads.answers["FailUnconversion"] = pb.FailUnconversionResponse()
    await services.run(names.FAIL_UNCONVERSION, FAIL)
    assert services.leads.of("FailUnconversion") == [
        pb.FailUnconversionRequest(
            conversion_id="conversion-1",
            reason="RECORDS_CHANGED",
            message="It grew.",
            obstacles=[pb.ConversionObstacle(field="accountId", reason="USED")],
        )
    ]


@pytest.mark.parametrize("reason", ["CONVERSION_NOT_FOUND", "CONVERSION_CLOSED"])
async def test_what_holds_no_lead_needs_no_freeing(services: Services, reason: str) -> None:
    kind = not_found if reason == "CONVERSION_NOT_FOUND" else refused
    services.leads.answers["FailUnconversion"] = kind(reason, "over")
    await services.run(names.FAIL_UNCONVERSION, FAIL)
    services.leads.answers["FailUnconversion"] = unavailable("away")
    assert not (await services.failure(names.FAIL_UNCONVERSION, FAIL)).non_retryable
