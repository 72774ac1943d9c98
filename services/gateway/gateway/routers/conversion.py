"""`/leads/{id}/conversion-check`, `/convert`, `/unconvert` and `/conversion`."""

from typing import Any, Final

from leadline.leads.v1 import conversion_service_pb2 as pb
from starlette.responses import Response

from gateway.answers import conversion as answers
from gateway.answers.json import accepted, ok
from gateway.clients import Services
from gateway.headers import IdempotencyKey, IfMatch
from gateway.operations import Operations
from gateway.schemas.base import PathId
from gateway.schemas.conversion import Conversion, ConversionCheck, ConversionOrder, Converted
from kit.errors import refused

operations = Operations("Conversion", pb.DESCRIPTOR.services_by_name["ConversionService"])

_TAKES_LONGER: Final[dict[int | str, dict[str, Any]]] = {
    202: {"model": Conversion, "description": "It takes longer: `Location` says where to look."}
}


@operations.add("GET", "/leads/{id}/conversion-check", "CheckConversion", answer=ConversionCheck)
async def check_conversion(services: Services, lead_id: PathId) -> Response:
    """Check what a conversion would need and find."""
    request = pb.CheckConversionRequest(lead_id=lead_id)
    return ok(answers.check(await services.call(services.conversions.CheckConversion, request)))


@operations.add(
    "POST",
    "/leads/{id}/convert",
    "ConvertLead",
    answer=Converted,
    body_optional=True,
    responses=_TAKES_LONGER,
)
async def convert_lead(
    services: Services,
    lead_id: PathId,
    body: ConversionOrder,
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Convert a lead to account, contact and opportunity.

    Waits up to ten seconds for the end. A conversion that fails undoes what it made and answers 409.
    """
    request = pb.ConvertLeadRequest(
        lead_id=lead_id, max_wait=services.longest_wait(), expected_version=if_match, **body.values()
    )
    method = services.conversions.ConvertLead
    answer = await services.call(method, request, key=idempotency_key, longer_by=services.wait_seconds)
    return _outcome(answer.conversion, lead_id)


@operations.add("POST", "/leads/{id}/unconvert", "UnconvertLead", answer=Conversion, responses=_TAKES_LONGER)
async def unconvert_lead(
    services: Services, lead_id: PathId, if_match: IfMatch = None, idempotency_key: IdempotencyKey = None
) -> Response:
    """Undo a lead's conversion.

    Within the settings' `conversion.undoHours`, while what it made is unchanged: what it made goes, what it linked
    stays, and the lead is open again where it was. Waits up to ten seconds for the end.
    """
    request = pb.UnconvertLeadRequest(lead_id=lead_id, max_wait=services.longest_wait(), expected_version=if_match)
    method = services.conversions.UnconvertLead
    answer = await services.call(method, request, key=idempotency_key, longer_by=services.wait_seconds)
    return _undoing_outcome(answer.conversion, lead_id)


@operations.add("GET", "/leads/{id}/conversion", "GetConversion", answer=Conversion)
async def get_conversion(services: Services, lead_id: PathId) -> Response:
    """Read how a lead's newest conversion stands."""
    request = pb.GetConversionRequest(lead_id=lead_id)
    answer = await services.call(services.conversions.GetConversion, request)
    return ok(answers.state(answer.conversion))


def _outcome(conversion: pb.Conversion, lead_id: str) -> Response:
    if conversion.state == pb.CONVERSION_STATE_RUNNING:
        return _goes_on(conversion, lead_id)
    if conversion.state == pb.CONVERSION_STATE_FAILED:
        message = conversion.failure_message or "The conversion stopped, and everything it had made was undone."
        raise refused("CONVERSION_FAILED", message, metadata={"cause": conversion.failure_reason})
    # Whoever asks once more under the key of a conversion that was undone since hears what it had made.
    return ok(answers.converted(conversion))


def _undoing_outcome(conversion: pb.Conversion, lead_id: str) -> Response:
    if conversion.state == pb.CONVERSION_STATE_UNCONVERTING:
        return _goes_on(conversion, lead_id)
    if conversion.state == pb.CONVERSION_STATE_UNCONVERTED:
        return ok(answers.state(conversion))
    reason = conversion.failure_reason or "RECORDS_CHANGED"
    raise refused(reason, conversion.failure_message, violations=answers.obstacles(conversion))


def _goes_on(conversion: pb.Conversion, lead_id: str) -> Response:
    return accepted(answers.state(conversion), f"/leads/{lead_id}/conversion")
