"""Conversions as JSON."""

from typing import Any

from leadline.leads.v1 import conversion_service_pb2 as pb

from gateway.answers.json import given, instant, instant_given, violation
from kit.errors import FieldViolation

_STATES: dict[int, str] = {
    pb.CONVERSION_STATE_RUNNING: "running",
    pb.CONVERSION_STATE_COMPLETED: "completed",
    pb.CONVERSION_STATE_FAILED: "failed",
    pb.CONVERSION_STATE_UNCONVERTING: "unconverting",
    pb.CONVERSION_STATE_UNCONVERTED: "unconverted",
}
_OBSTACLES = {
    "CHANGED": "It has been changed since the conversion made it.",
    "USED": "Something that the conversion did not make uses it.",
}


def check(answer: pb.CheckConversionResponse) -> dict[str, Any]:
    """What a conversion would need and find."""
    return {
        "canConvert": answer.can_convert,
        "reasons": list(answer.reasons),
        "existingContact": _match(answer.existing_contact) if answer.HasField("existing_contact") else None,
        "possibleContacts": [_match(each) for each in answer.possible_contacts],
        "existingAccount": _match(answer.existing_account) if answer.HasField("existing_account") else None,
        "possibleAccounts": [_match(each) for each in answer.possible_accounts],
        "requiredFields": list(answer.required_fields),
        "missingFields": list(answer.missing_fields),
    }


def converted(conversion: pb.Conversion) -> dict[str, Any]:
    """A conversion that is done."""
    return {**_ids(conversion), "message": "Lead converted successfully"}


def state(conversion: pb.Conversion) -> dict[str, Any]:
    """A conversion as it stands."""
    reason = given(conversion, "failure_reason")
    return {
        "id": conversion.id,
        "leadId": conversion.lead_id,
        "state": _STATES[conversion.state],
        **_ids(conversion),
        "failureReason": reason.lower() if reason else None,
        "failureMessage": given(conversion, "failure_message"),
        "obstacles": [violation(each) for each in obstacles(conversion)],
        "waits": _wait(conversion.waits) if conversion.HasField("waits") else None,
        "startedAt": instant(conversion.started_at),
        "endedAt": instant_given(conversion, "ended_at"),
        "unconvertedAt": instant_given(conversion, "unconverted_at"),
    }


def obstacles(conversion: pb.Conversion) -> list[FieldViolation]:
    """What is at fault, each by the name of its id."""
    return [
        FieldViolation(each.field, each.reason, _OBSTACLES.get(each.reason, "It is in the way."))
        for each in conversion.obstacles
    ]


def _wait(wait: pb.ConversionWait) -> dict[str, Any]:
    return {
        "step": wait.step,
        "since": instant(wait.since),
        "reason": wait.reason.lower(),
        "message": wait.message,
    }


def _ids(conversion: pb.Conversion) -> dict[str, Any]:
    return {
        "contactId": given(conversion, "contact_id"),
        "accountId": given(conversion, "account_id"),
        "opportunityId": given(conversion, "opportunity_id"),
    }


def _match(match: pb.RecordMatch) -> dict[str, Any]:
    return {"id": match.id, "name": match.name}
