"""What the CRM is asked for: a step of a conversion's plan as a request."""

from leadline.crm.v1 import conversion_record_service_pb2 as records_pb2
from leadline.crm.v1 import records_pb2 as crm_pb2
from leadline.leads.v1 import document_service_pb2, team_service_pb2, timeline_service_pb2
from leadline.leads.v1.conversion_service_pb2 import ConversionPlan, LinePlan

from leadline_workflows.contracts.conversion import ConversionRecords


def account(plan: ConversionPlan) -> records_pb2.EnsureAccountRequest:
    """The account of a plan."""
    wanted = plan.account
    return records_pb2.EnsureAccountRequest(
        conversion_id=plan.conversion_id,
        lead_id=plan.lead_id,
        owner_id=plan.owner_id,
        link_id=wanted.link_id if wanted.HasField("link_id") else None,
        new_id=wanted.new_id,
        name=wanted.name,
        email_domain=wanted.email_domain if wanted.HasField("email_domain") else None,
        phone=wanted.phone if wanted.HasField("phone") else None,
        is_person=wanted.is_person,
        person_email=wanted.person_email if wanted.HasField("person_email") else None,
        custom_fields=wanted.custom_fields,
    )


def contact(plan: ConversionPlan, ensured: ConversionRecords) -> records_pb2.EnsureContactRequest:
    """The contact of a plan, at the account that has been ensured."""
    wanted = plan.contact
    request = records_pb2.EnsureContactRequest(
        conversion_id=plan.conversion_id,
        lead_id=plan.lead_id,
        owner_id=plan.owner_id,
        new_id=wanted.new_id,
        account_id=ensured.account_id,
        custom_fields=wanted.custom_fields,
    )
    for field in ("link_id", "first_name", "last_name", "email", "phone", "phone_e164", "title"):
        if wanted.HasField(field):
            setattr(request, field, getattr(wanted, field))
    return request


def opportunity(plan: ConversionPlan, ensured: ConversionRecords) -> records_pb2.EnsureOpportunityRequest:
    """The opportunity of a plan, for the account and contact that have been ensured."""
    wanted = plan.opportunity
    return records_pb2.EnsureOpportunityRequest(
        conversion_id=plan.conversion_id,
        lead_id=plan.lead_id,
        owner_id=plan.owner_id,
        link_id=wanted.link_id if wanted.HasField("link_id") else None,
        new_id=wanted.new_id,
        name=wanted.name,
        account_id=ensured.account_id,
        contact_id=ensured.contact_id,
        pipeline_id=wanted.pipeline_id,
        stage_id=wanted.stage_id,
        value=wanted.value if wanted.HasField("value") else None,
        currency=wanted.currency,
        description=wanted.description if wanted.HasField("description") else None,
        custom_fields=wanted.custom_fields,
        lines=map(_line, wanted.lines),
    )


def _line(planned: LinePlan) -> records_pb2.NewOpportunityLine:
    return records_pb2.NewOpportunityLine(
        id=planned.id,
        product_id=planned.product_id,
        product_name=planned.product_name,
        quantity=planned.quantity,
        unit_price=planned.unit_price,
        discount=planned.discount,
    )


def note(lead_note: timeline_service_pb2.Note) -> crm_pb2.RecordNote:
    """A lead's note as the CRM keeps it, under the same id."""
    return crm_pb2.RecordNote(
        id=lead_note.id,
        content=lead_note.content,
        created_by=lead_note.created_by,
        created_at=lead_note.created_at,
    )


def document(lead_document: document_service_pb2.Document) -> crm_pb2.RecordDocument:
    """A link to a lead's document, under the same id."""
    return crm_pb2.RecordDocument(
        id=lead_document.id,
        lead_id=lead_document.lead_id,
        name=lead_document.name,
        content_type=lead_document.content_type,
        size_bytes=lead_document.size_bytes,
        created_by=lead_document.created_by,
        created_at=lead_document.created_at,
    )


def member(lead_member: team_service_pb2.TeamMember) -> crm_pb2.RecordMember:
    """A member of a lead's team."""
    return crm_pb2.RecordMember(
        user_id=lead_member.user_id,
        role=lead_member.role,
        added_by=lead_member.added_by,
        added_at=lead_member.added_at,
    )
