"""Records as protos."""

from collections.abc import Sequence
from uuid import UUID

from leadline.crm.v1 import conversion_record_service_pb2
from leadline.crm.v1 import records_pb2 as pb

from crm_service.domain.records import Account, Contact, Opportunity, Product, RecordNote
from crm_service.usecases.matching import Matches
from kit.rpc.times import to_timestamp


def account_message(account: Account, notes: Sequence[RecordNote] = ()) -> pb.Account:
    """An account as a proto."""
    return pb.Account(
        id=str(account.id),
        name=account.name,
        email_domain=account.email_domain,
        phone=account.phone,
        owner_id=_id(account.owner_id),
        lead_id=_id(account.lead_id),
        version=account.version,
        created_at=to_timestamp(account.created_at),
        updated_at=to_timestamp(account.updated_at),
        notes=map(_note, notes),
    )


def contact_message(contact: Contact, notes: Sequence[RecordNote] = ()) -> pb.Contact:
    """A contact as a proto."""
    return pb.Contact(
        id=str(contact.id),
        account_id=_id(contact.account_id),
        first_name=contact.first_name,
        last_name=contact.last_name,
        email=contact.email,
        phone=contact.phone,
        phone_e164=contact.phone_e164,
        title=contact.title,
        owner_id=_id(contact.owner_id),
        lead_id=_id(contact.lead_id),
        version=contact.version,
        created_at=to_timestamp(contact.created_at),
        updated_at=to_timestamp(contact.updated_at),
        notes=map(_note, notes),
    )


def opportunity_message(opportunity: Opportunity, notes: Sequence[RecordNote] = ()) -> pb.Opportunity:
    """An opportunity as a proto."""
    return pb.Opportunity(
        id=str(opportunity.id),
        name=opportunity.name,
        account_id=_id(opportunity.account_id),
        contact_id=_id(opportunity.contact_id),
        pipeline_id=str(opportunity.pipeline_id),
        stage_id=str(opportunity.stage_id),
        value=None if opportunity.value is None else str(opportunity.value),
        currency=opportunity.currency,
        description=opportunity.description,
        owner_id=_id(opportunity.owner_id),
        lead_id=_id(opportunity.lead_id),
        version=opportunity.version,
        created_at=to_timestamp(opportunity.created_at),
        updated_at=to_timestamp(opportunity.updated_at),
        notes=map(_note, notes),
    )


def product_message(product: Product) -> pb.Product:
    """A product as a proto."""
    return pb.Product(
        id=str(product.id),
        name=product.name,
        sku=product.sku,
        description=product.description,
        unit_price=str(product.unit_price),
        is_active=product.is_active,
        version=product.version,
        created_at=to_timestamp(product.created_at),
        updated_at=to_timestamp(product.updated_at),
    )


def matches_message(found: Matches) -> conversion_record_service_pb2.MatchRecordsResponse:
    """What matches a lead as a proto."""
    return conversion_record_service_pb2.MatchRecordsResponse(
        account_by_company=account_message(found.account_by_company) if found.account_by_company else None,
        contact_by_email=contact_message(found.contact_by_email) if found.contact_by_email else None,
        contacts_by_phone=map(contact_message, found.contacts_by_phone),
        account=account_message(found.account) if found.account else None,
        contact=contact_message(found.contact) if found.contact else None,
        opportunity=opportunity_message(found.opportunity) if found.opportunity else None,
    )


def _note(note: RecordNote) -> pb.RecordNote:
    return pb.RecordNote(
        id=str(note.id),
        content=note.content,
        created_by=str(note.created_by),
        created_at=to_timestamp(note.created_at),
    )


def _id(record_id: UUID | None) -> str | None:
    return str(record_id) if record_id else None
