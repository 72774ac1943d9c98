"""Records as protos."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from leadline.crm.v1 import records_pb2 as pb

from crm_service.domain.lines import OpportunityLine
from crm_service.domain.records import Account, Contact, Opportunity, Product, RecordDocument, RecordMember, RecordNote
from crm_service.usecases.records import Whole
from kit import jsontext
from kit.rpc.times import to_timestamp


def whole_account(whole: Whole[Account]) -> pb.Account:
    """An account with all that belongs to it as a proto."""
    message = account_message(whole.record)
    _add_copies(message, whole)
    return message


def whole_contact(whole: Whole[Contact]) -> pb.Contact:
    """A contact with all that belongs to it as a proto."""
    message = contact_message(whole.record)
    _add_copies(message, whole)
    return message


def whole_opportunity(whole: Whole[Opportunity]) -> pb.Opportunity:
    """An opportunity with all that belongs to it as a proto."""
    message = opportunity_message(whole.record)
    message.lines.extend(map(_line, whole.lines))
    _add_copies(message, whole)
    return message


def account_message(account: Account) -> pb.Account:
    """An account as a proto, as lists have it."""
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
        custom_fields=_json(account.custom_fields),
    )


def contact_message(contact: Contact) -> pb.Contact:
    """A contact as a proto, as lists have it."""
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
        custom_fields=_json(contact.custom_fields),
    )


def opportunity_message(opportunity: Opportunity) -> pb.Opportunity:
    """An opportunity as a proto, as lists have it."""
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
        custom_fields=_json(opportunity.custom_fields),
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


def _add_copies(message: pb.Account | pb.Contact | pb.Opportunity, whole: Whole[Any]) -> None:
    message.notes.extend(map(_note, whole.notes))
    message.documents.extend(map(_document, whole.documents))
    message.team.extend(map(_member, whole.team))


def _note(note: RecordNote) -> pb.RecordNote:
    return pb.RecordNote(
        id=str(note.id),
        content=note.content,
        created_by=str(note.created_by),
        created_at=to_timestamp(note.created_at),
    )


def _document(document: RecordDocument) -> pb.RecordDocument:
    return pb.RecordDocument(
        id=str(document.id),
        lead_id=str(document.lead_id),
        name=document.name,
        content_type=document.content_type,
        size_bytes=document.size_bytes,
        created_by=str(document.created_by),
        created_at=to_timestamp(document.created_at),
    )


def _member(member: RecordMember) -> pb.RecordMember:
    return pb.RecordMember(
        user_id=str(member.user_id),
        role=member.role,
        added_by=str(member.created_by),
        added_at=to_timestamp(member.created_at),
    )


def _line(line: OpportunityLine) -> pb.OpportunityLine:
    return pb.OpportunityLine(
        id=str(line.id),
        product_id=str(line.product_id),
        product_name=line.product_name,
        quantity=_plain(line.quantity),
        unit_price=str(line.unit_price),
        discount=_plain(line.discount),
        total=str(line.total),
    )


def _plain(number: Decimal) -> str:
    """Without zeros that say nothing: 2 and 12.5, not 2.0000 and 12.50."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _json(custom_fields: Mapping[str, Any]) -> str:
    return jsontext.dumps(custom_fields) if custom_fields else ""


def _id(record_id: UUID | None) -> str | None:
    return str(record_id) if record_id else None
