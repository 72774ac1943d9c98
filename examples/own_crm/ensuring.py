"""What a step of a conversion comes to: link the record that is named, else one that matches, else make one."""

import sqlite3
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from leadline.crm.v1 import conversion_record_service_pb2 as pb
from leadline.crm.v1 import records_pb2

from examples.own_crm import records
from examples.own_crm.company import company_key, person_key
from examples.own_crm.steps import Done
from kit.errors import refused

_MADE = ("owner_id", "lead_id", "custom_fields")
_ACCOUNT = (*_MADE, "name", "email_domain", "phone")
_CONTACT = (*_MADE, "account_id", "first_name", "last_name", "email", "phone", "phone_e164", "title")
_OPPORTUNITY = (*_MADE, "name", "account_id", "contact_id", "pipeline_id", "stage_id", "currency", "description")
_CENT = Decimal("0.01")


def account(db: sqlite3.Connection, request: pb.EnsureAccountRequest) -> Done:
    """The account of a conversion."""
    if request.link_id:
        return _linked(records.get(db, "account", request.link_id))
    key = company_key(request.name)
    if request.is_person:
        key = person_key(request.person_email or request.new_id)
    found = accounts_like(db, key, request.email_domain)
    if found:
        return _linked(found[0])
    made = _filled(records_pb2.Account(id=request.new_id), request, _ACCOUNT)
    made.email_domain = made.email_domain.lower()
    if not made.email_domain:
        made.ClearField("email_domain")
    records.add(db, "account", made, key)
    return Done(made.id, made=True, version=made.version)


def contact(db: sqlite3.Connection, request: pb.EnsureContactRequest) -> Done:
    """The contact of a conversion. A linked one without account gets the conversion's."""
    account_id = request.account_id
    if account_id:
        records.get(db, "account", account_id)
    if request.link_id:
        given = records.get(db, "contact", request.link_id)
        if account_id and given.account_id not in {"", account_id}:
            metadata = {"accountId": given.account_id}
            raise refused("CONTACT_OF_ANOTHER_ACCOUNT", "The contact belongs to another account.", metadata=metadata)
        return _at_account(db, given, account_id)
    for like in contacts_like(db, request.email, account_id):
        if not account_id or like.account_id in {"", account_id}:
            return _at_account(db, like, account_id)
    made = _filled(records_pb2.Contact(id=request.new_id), request, _CONTACT)
    records.add(db, "contact", made)
    return Done(made.id, made=True, version=made.version)


def opportunity(db: sqlite3.Connection, request: pb.EnsureOpportunityRequest) -> Done:
    """The opportunity of a conversion."""
    if request.link_id:
        return _linked(records.get(db, "opportunity", request.link_id))
    for kind in ("account", "contact"):
        if record_id := getattr(request, f"{kind}_id"):
            records.get(db, kind, record_id)
    made = _filled(records_pb2.Opportunity(id=request.new_id), request, _OPPORTUNITY)
    if request.value:
        made.value = str(Decimal(request.value).quantize(_CENT, ROUND_HALF_UP))
    made.lines.extend(map(_line, request.lines))
    records.add(db, "opportunity", made)
    return Done(made.id, made=True, version=made.version)


def accounts_like(db: sqlite3.Connection, name_key: str, email_domain: str) -> Sequence[records_pb2.Account]:
    """The accounts of this name, then those of this domain, the oldest first."""
    found = records.where(db, "account", "name_key = ?", name_key or None)
    of_domain = records.where(db, "account", "email_domain = ?", email_domain.lower() or None)
    return [*{each.id: each for each in (*found, *of_domain)}.values()]


def contacts_like(db: sqlite3.Connection, email: str, account_id: str) -> Sequence[records_pb2.Contact]:
    """The contacts of this e-mail at the account, then at none, then anywhere, the oldest first."""
    found = records.where(db, "contact", "email = ?", email.lower() or None)
    if not account_id:
        return found
    return sorted(found, key=lambda each: (each.account_id != account_id, bool(each.account_id)))


def _at_account(db: sqlite3.Connection, found: records_pb2.Contact, account_id: str) -> Done:
    if not account_id or found.account_id == account_id:
        return _linked(found)
    records.put_at(db, found, account_id)
    return Done(found.id, made=False, version=found.version, given_at=found.version)


def _linked(record: Any) -> Done:
    return Done(record.id, made=False, version=record.version)


def _filled(record: Any, request: Any, names: Sequence[str]) -> Any:
    for name in names:
        if value := getattr(request, name):
            setattr(record, name, value)
    return record


def _line(new: pb.NewOpportunityLine) -> records_pb2.OpportunityLine:
    quantity, price, discount = Decimal(new.quantity), Decimal(new.unit_price), Decimal(new.discount or 0)
    total = (quantity * price * (100 - discount) / 100).quantize(_CENT, ROUND_HALF_UP)
    return records_pb2.OpportunityLine(
        id=new.id,
        product_id=new.product_id,
        product_name=new.product_name,
        quantity=new.quantity,
        unit_price=new.unit_price,
        discount=new.discount or "0",
        total=str(total),
    )
