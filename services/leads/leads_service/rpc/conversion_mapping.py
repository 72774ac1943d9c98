"""Conversions between protos and the domain."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from leadline.crm.v1 import conversion_record_service_pb2 as crm_pb
from leadline.crm.v1 import records_pb2
from leadline.leads.v1 import conversion_service_pb2 as pb

from kit import jsontext
from kit.errors import invalid_field
from kit.ids import parse_optional_id
from kit.rpc.times import to_timestamp
from leads_service.domain.conversion import ConversionRequest, Readiness
from leads_service.store.conversions import COMPLETED, FAILED, RUNNING, UNCONVERTED, UNCONVERTING, Conversion

_STATES: dict[str, Any] = {
    RUNNING: pb.CONVERSION_STATE_RUNNING,
    COMPLETED: pb.CONVERSION_STATE_COMPLETED,
    FAILED: pb.CONVERSION_STATE_FAILED,
    UNCONVERTING: pb.CONVERSION_STATE_UNCONVERTING,
    UNCONVERTED: pb.CONVERSION_STATE_UNCONVERTED,
}

_MOST_MATCHES = 10
# What a contact is called by.
_NAMING = ("firstName", "lastName", "email")


def request_of(request: pb.ConvertLeadRequest) -> ConversionRequest:
    """What the caller wants; creating is the default.

    Raises:
        LeadlineError: VALIDATION_FAILED.
    """
    if "\x00" in request.opportunity_name:
        raise invalid_field("opportunityName", "CONTROL_CHARACTER", "Must not contain control characters.")
    return ConversionRequest(
        create_account=not request.HasField("create_account") or request.create_account,
        create_contact=not request.HasField("create_contact") or request.create_contact,
        create_opportunity=not request.HasField("create_opportunity") or request.create_opportunity,
        account_id=parse_optional_id(request.account_id, "accountId"),
        contact_id=parse_optional_id(request.contact_id, "contactId"),
        opportunity_id=parse_optional_id(request.opportunity_id, "opportunityId"),
        opportunity_name=request.opportunity_name.strip() or None,
        opportunity_pipeline_id=parse_optional_id(request.opportunity_pipeline_id, "opportunityPipelineId"),
        opportunity_stage_id=parse_optional_id(request.opportunity_stage_id, "opportunityStageId"),
        owner_id=parse_optional_id(request.owner_id, "ownerId"),
    )


def conversion_to_proto(conversion: Conversion) -> pb.Conversion:
    """The conversion as callers see it."""
    return pb.Conversion(
        id=str(conversion.id),
        lead_id=str(conversion.lead_id),
        state=_STATES[conversion.state],
        account_id=_text(conversion.account_id),
        contact_id=_text(conversion.contact_id),
        opportunity_id=_text(conversion.opportunity_id),
        failure_reason=conversion.failure_reason,
        failure_message=conversion.failure_message,
        started_at=to_timestamp(conversion.started_at),
        ended_at=to_timestamp(conversion.ended_at),
        waits=_wait(conversion.waits) if conversion.waits else None,
        unconverted_at=to_timestamp(conversion.unconverted_at),
        obstacles=[pb.ConversionObstacle(**each) for each in conversion.obstacles],
    )


def _wait(waits: Mapping[str, str]) -> pb.ConversionWait:
    since = to_timestamp(datetime.fromisoformat(waits["since"]))
    return pb.ConversionWait(step=waits["step"], since=since, reason=waits["reason"], message=waits["message"])


def wait_of(request: pb.ReportConversionRequest) -> dict[str, str] | None:
    """What a conversion waits for, as it is kept; nothing where it goes on."""
    if not request.HasField("waits"):
        return None
    waits = request.waits
    since = waits.since.ToDatetime(UTC).isoformat()
    return {"step": waits.step[:100], "since": since, "reason": waits.reason[:100], "message": waits.message[:500]}


def unfinished_to_proto(conversion: Conversion) -> pb.UnfinishedConversion:
    """An unfinished conversion, as far as its run is looked for."""
    return pb.UnfinishedConversion(
        conversion_id=str(conversion.id), lead_id=str(conversion.lead_id), state=_STATES[conversion.state]
    )


def plan_to_proto(conversion: Conversion) -> pb.ConversionPlan:
    """The plan as it was fixed."""
    plan = pb.ConversionPlan(
        conversion_id=str(conversion.id),
        lead_id=str(conversion.lead_id),
        owner_id=conversion.plan["ownerId"],
        state=_STATES[conversion.state],
        # A plan of the release before does not say; then looking for them finds out.
        has_notes=conversion.plan.get("hasNotes", True),
        has_documents=conversion.plan.get("hasDocuments", True),
        has_team=conversion.plan.get("hasTeam", True),
        undone_because=(conversion.failure_reason or "") if conversion.is_being_undone else "",
    )
    if account := conversion.plan.get("account"):
        plan.account.CopyFrom(
            pb.AccountPlan(
                link_id=account["linkId"],
                new_id=account["newId"],
                name=account["name"],
                email_domain=account["emailDomain"],
                phone=account["phone"],
                is_person=account["isPerson"],
                person_email=account["personEmail"],
                custom_fields=_json(account),
            )
        )
    if contact := conversion.plan.get("contact"):
        plan.contact.CopyFrom(
            pb.ContactPlan(
                link_id=contact["linkId"],
                new_id=contact["newId"],
                first_name=contact["firstName"],
                last_name=contact["lastName"],
                email=contact["email"],
                phone=contact["phone"],
                phone_e164=contact["phoneE164"],
                title=contact["title"],
                custom_fields=_json(contact),
            )
        )
    if opportunity := conversion.plan.get("opportunity"):
        plan.opportunity.CopyFrom(
            pb.OpportunityPlan(
                link_id=opportunity["linkId"],
                new_id=opportunity["newId"],
                name=opportunity["name"],
                pipeline_id=opportunity["pipelineId"],
                stage_id=opportunity["stageId"],
                value=opportunity["value"],
                currency=opportunity["currency"],
                description=opportunity["description"],
                custom_fields=_json(opportunity),
                lines=map(_line, opportunity.get("lines", ())),
            )
        )
    return plan


def _json(record: Mapping[str, Any]) -> str:
    custom_fields = record.get("customFields")
    return jsontext.dumps(custom_fields) if custom_fields else ""


def _line(planned: Mapping[str, str]) -> pb.LinePlan:
    return pb.LinePlan(
        id=planned["id"],
        product_id=planned["productId"],
        product_name=planned["productName"],
        quantity=planned["quantity"],
        unit_price=planned["unitPrice"],
        discount=planned["discount"],
    )


def check_to_proto(
    readiness: Readiness, found: crm_pb.MatchRecordsResponse, hidden: frozenset[str]
) -> pb.CheckConversionResponse:
    """Whether a lead can be converted, and what is already there for it; without names where the lead's is hidden."""
    check = pb.CheckConversionResponse(
        can_convert=readiness.can_convert,
        reasons=readiness.reasons,
        required_fields=readiness.required_fields,
        missing_fields=readiness.missing_fields,
        possible_contacts=[_contact(each, hidden) for each in _other_contacts(found)],
        possible_accounts=[_account(each, hidden) for each in found.accounts_by_company[1:]],
    )
    if found.HasField("contact_by_email"):
        check.existing_contact.CopyFrom(_contact(found.contact_by_email, hidden))
    if found.HasField("account_by_company"):
        check.existing_account.CopyFrom(_account(found.account_by_company, hidden))
    return check


def _other_contacts(found: crm_pb.MatchRecordsResponse) -> Sequence[records_pb2.Contact]:
    """Those that match too: by the e-mail, then by the phone, each once, at most ten."""
    others = {each.id: each for each in (*found.contacts_by_email[1:], *found.contacts_by_phone)}
    others.pop(found.contact_by_email.id, None)
    return list(others.values())[:_MOST_MATCHES]


def _account(account: records_pb2.Account, hidden: frozenset[str]) -> pb.RecordMatch:
    return pb.RecordMatch(id=account.id, name="" if "company" in hidden else account.name)


def _contact(contact: records_pb2.Contact, hidden: frozenset[str]) -> pb.RecordMatch:
    if not hidden.isdisjoint(_NAMING):
        return pb.RecordMatch(id=contact.id)
    name = " ".join(part for part in (contact.first_name, contact.last_name) if part)
    return pb.RecordMatch(id=contact.id, name=name or contact.email)


def _text(value: object) -> str | None:
    return str(value) if value else None
