"""Accounts, contacts, opportunities and products as JSON."""

from typing import Any

import orjson
from leadline.crm.v1 import records_pb2 as pb

from gateway.answers.json import decimal_given, given, instant, raw


def account(one: pb.Account) -> dict[str, Any]:
    """A company, as lists have it."""
    return {
        "id": one.id,
        "name": one.name,
        "emailDomain": given(one, "email_domain"),
        "phone": given(one, "phone"),
        **_kept(one),
    }


def contact(one: pb.Contact) -> dict[str, Any]:
    """A person, as lists have it."""
    return {
        "id": one.id,
        "accountId": given(one, "account_id"),
        "firstName": given(one, "first_name"),
        "lastName": given(one, "last_name"),
        "email": given(one, "email"),
        "phone": given(one, "phone"),
        "phoneE164": given(one, "phone_e164"),
        "title": given(one, "title"),
        **_kept(one),
    }


def opportunity(one: pb.Opportunity) -> dict[str, Any]:
    """A deal, as lists have it."""
    return {
        "id": one.id,
        "name": one.name,
        "accountId": given(one, "account_id"),
        "contactId": given(one, "contact_id"),
        "pipelineId": one.pipeline_id,
        "stageId": one.stage_id,
        "value": decimal_given(one, "value"),
        "currency": one.currency,
        "description": given(one, "description"),
        **_kept(one),
    }


def product(one: pb.Product) -> dict[str, Any]:
    """A product."""
    return {
        "id": one.id,
        "name": one.name,
        "sku": given(one, "sku"),
        "description": given(one, "description"),
        "unitPrice": orjson.Fragment(one.unit_price),
        "isActive": one.is_active,
        "version": one.version,
        "createdAt": instant(one.created_at),
        "updatedAt": instant(one.updated_at),
    }


def came_over(one: pb.Account | pb.Contact | pb.Opportunity) -> dict[str, Any]:
    """What came over from leads, where one record is answered."""
    return {
        "notes": [_note(note) for note in one.notes],
        "documents": [_document(document) for document in one.documents],
        "team": [_member(member) for member in one.team],
    }


def lines(one: pb.Opportunity) -> dict[str, Any]:
    """What is sold, where one opportunity is answered."""
    return {"lines": [_line(line) for line in one.lines]}


def _note(note: pb.RecordNote) -> dict[str, Any]:
    return {
        "id": note.id,
        "content": note.content,
        "createdBy": note.created_by,
        "createdAt": instant(note.created_at),
    }


def _document(document: pb.RecordDocument) -> dict[str, Any]:
    return {
        "documentId": document.id,
        "leadId": document.lead_id,
        "name": document.name,
        "contentType": document.content_type,
        "sizeBytes": document.size_bytes,
        "createdBy": document.created_by,
        "createdAt": instant(document.created_at),
    }


def _member(member: pb.RecordMember) -> dict[str, Any]:
    return {
        "userId": member.user_id,
        "role": member.role,
        "addedBy": member.added_by,
        "addedAt": instant(member.added_at),
    }


def _line(line: pb.OpportunityLine) -> dict[str, Any]:
    return {
        "id": line.id,
        "productId": line.product_id,
        "productName": line.product_name,
        "quantity": orjson.Fragment(line.quantity),
        "unitPrice": orjson.Fragment(line.unit_price),
        "discount": orjson.Fragment(line.discount),
        "total": orjson.Fragment(line.total),
    }


def _kept(one: pb.Account | pb.Contact | pb.Opportunity) -> dict[str, Any]:
    return {
        "ownerId": given(one, "owner_id"),
        "leadId": given(one, "lead_id"),
        "customFields": raw(one.custom_fields, "{}"),
        "version": one.version,
        "createdAt": instant(one.created_at),
        "updatedAt": instant(one.updated_at),
    }
