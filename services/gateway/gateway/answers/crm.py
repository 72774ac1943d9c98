"""Accounts, contacts, opportunities and products as JSON."""

from typing import Any

import orjson
from leadline.crm.v1 import records_pb2 as pb

from gateway.answers.json import decimal_given, given, instant


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


def notes(one: pb.Account | pb.Contact | pb.Opportunity) -> dict[str, Any]:
    """The notes, where one record is answered."""
    found = [
        {"id": note.id, "content": note.content, "createdBy": note.created_by, "createdAt": instant(note.created_at)}
        for note in one.notes
    ]
    return {"notes": found}


def _kept(one: pb.Account | pb.Contact | pb.Opportunity) -> dict[str, Any]:
    return {
        "ownerId": given(one, "owner_id"),
        "leadId": given(one, "lead_id"),
        "version": one.version,
        "createdAt": instant(one.created_at),
        "updatedAt": instant(one.updated_at),
    }
