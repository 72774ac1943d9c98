"""Wrong values: each is named by its REST name, nothing is changed, and nothing becomes an internal error."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.timestamp_pb2 import Timestamp
from leadline.crm.v1 import conversion_record_service_pb2 as conversion_pb
from leadline.crm.v1 import record_service_pb2 as pb

from kit.errors import ErrorKind, LeadlineError
from kit.ids import new_id
from kit.paging import Place, _sealed, cursor_of
from tests.integration.crm.crm_door import Conversion, CrmDoor, document, member, note, sold

Act = Callable[[CrmDoor], Awaitable[Any]]


def product(**fields: Any) -> Act:
    return lambda door: door.add_product(**{"name": "Plan", "unit_price": "1"} | fields)


def account(**fields: Any) -> Act:
    return lambda door: Conversion(door).account(**{"name": "Acme"} | fields)


def contact(**fields: Any) -> Act:
    return lambda door: Conversion(door).contact(**fields)


def opportunity(**fields: Any) -> Act:
    return lambda door: Conversion(door).opportunity(**fields)


def match(**fields: Any) -> Act:
    return lambda door: door.match(**fields)


def changes(*mask: str, **fields: Any) -> Act:
    async def act(door: CrmDoor) -> None:
        made = await door.add_product(name="Plan", unit_price="1")
        request = pb.UpdateProductRequest(
            product_id=made.id, fields=pb.ProductFields(**fields), update_mask=FieldMask(paths=mask)
        )
        try:
            await door.ask(door.records.UpdateProduct, request)
        finally:
            assert await door.product(made.id) == made

    return act


def notes(*notes: Any) -> Act:
    async def act(door: CrmDoor) -> None:
        conversion = Conversion(door)
        made = (await conversion.opportunity()).opportunity_id
        try:
            await conversion.notes(*notes)
        finally:
            found = await door.opportunity(made)
            assert found is not None
            assert not found.notes

    return act


def broken_note(**fields: Any) -> Any:
    broken = note()
    for name, value in fields.items():
        if value is None:
            broken.ClearField(name)
        elif isinstance(value, Timestamp):
            getattr(broken, name).CopyFrom(value)
        else:
            setattr(broken, name, value)
    return broken


def read(method: str, **fields: Any) -> Act:
    return lambda door: door.ask(getattr(door.records, method), getattr(pb, f"{method}Request")(**fields))


def step(method: str, **fields: Any) -> Act:
    request = getattr(conversion_pb, f"{method}Request")
    return lambda door: door.ask(getattr(door.conversions, method), request(**fields))


def _cursor(order: str, key: object, *, is_told: bool = True) -> str:
    """A cursor that a caller made up."""
    return cursor_of(Place(key, new_id(), is_told), order)


def copied(method: str, field: str, **fields: Any) -> Act:
    """A wrong item, which keeps all out."""
    good = {"documents": document(), "team": member()}[field]
    broken = {"documents": document(), "team": member()}[field]
    for name, value in fields.items():
        if value is None:
            broken.ClearField(name)
        else:
            setattr(broken, name, value)
    return step(method, conversion_id=ID, **{field: [good, broken]})


# Written as an escape, which a cursor of ours never has.
HALF_A_PAIR = _sealed(rb'["account name asc","plain","\ud800","%b"]' % str(new_id()).encode())
AT = datetime(2026, 1, 1, tzinfo=UTC)
DEEP = "[" * 40 + "]" * 40
ID = str(new_id())
# What is asked, and the fields at fault with their reasons.
INVALID: list[tuple[Act, str]] = [
    # Products.
    (product(name=""), "name:REQUIRED"),
    (product(name=" \u2003 "), "name:REQUIRED"),
    (product(name="x" * 201), "name:TOO_LONG"),
    (product(name="a\0b"), "name:CONTROL_CHARACTER"),
    (product(name="a\nb"), "name:CONTROL_CHARACTER"),
    (product(name="a\x85b"), "name:CONTROL_CHARACTER"),
    (product(sku="x" * 101), "sku:TOO_LONG"),
    (product(sku="a\tb"), "sku:CONTROL_CHARACTER"),
    (product(description="x" * 20_001), "description:TOO_LONG"),
    (product(description="a\0b"), "description:CONTROL_CHARACTER"),
    (product(description="a\x1bb"), "description:CONTROL_CHARACTER"),
    (product(unit_price=""), "unitPrice:REQUIRED"),
    (product(unit_price="-0.01"), "unitPrice:OUT_OF_RANGE"),
    (product(unit_price="-1e999"), "unitPrice:OUT_OF_RANGE"),
    (product(unit_price="9999999999999.995"), "unitPrice:OUT_OF_RANGE"),
    (product(unit_price="1e999"), "unitPrice:OUT_OF_RANGE"),
    (product(unit_price="1e9999"), "unitPrice:NOT_A_NUMBER"),
    (product(unit_price="9" * 41), "unitPrice:NOT_A_NUMBER"),
    *(
        (product(unit_price=text), "unitPrice:NOT_A_NUMBER")
        for text in ("NaN", "Infinity", "1,5", "1_0", " 1", "٣", "0x1", ".", "1\0")
    ),
    (product(name="", sku="\0", unit_price="x"), "name:REQUIRED sku:CONTROL_CHARACTER unitPrice:NOT_A_NUMBER"),
    (read("CreateProduct"), "name:REQUIRED unitPrice:REQUIRED"),
    (changes("name"), "name:REQUIRED"),
    (changes("unit_price"), "unitPrice:REQUIRED"),
    (changes("is_active"), "isActive:REQUIRED"),
    (changes("name", "unit_price", name="a\0", unit_price="-1"), "name:CONTROL_CHARACTER unitPrice:OUT_OF_RANGE"),
    (changes("version", "no_such", "name", name="x"), "version:UNKNOWN_FIELD noSuch:UNKNOWN_FIELD"),
    (changes(""), ":UNKNOWN_FIELD"),
    # Reading.
    *(
        (read(method), "id:NOT_A_UUID")
        for method in ("GetAccount", "GetContact", "GetOpportunity", "GetProduct", "UpdateProduct", "DeleteProduct")
    ),
    (read("GetAccount", account_id="7"), "id:NOT_A_UUID"),
    (read("GetAccount", account_id=f"{{{ID}}}"), "id:NOT_A_UUID"),
    (read("GetAccount", account_id="a\0b"), "id:NOT_A_UUID"),
    *(
        (read(method, page=-1), "page:OUT_OF_RANGE")
        for method in ("ListAccounts", "ListContacts", "ListOpportunities", "ListProducts")
    ),
    *((read("ListAccounts", limit=limit), "limit:OUT_OF_RANGE") for limit in (-1, 101, 2**31 - 1)),
    (read("ListAccounts", search="x" * 201), "search:TOO_LONG"),
    (read("ListAccounts", search="a\0b"), "search:CONTROL_CHARACTER"),
    (read("ListContacts", account_id="x"), "accountId:NOT_A_UUID"),
    (read("ListOpportunities", account_id="x"), "accountId:NOT_A_UUID"),
    (read("ListContacts", account_ids=[ID] * 101), "accountId:TOO_MANY"),
    (read("ListContacts", emails=["a@b.example"] * 101), "email:TOO_MANY"),
    (read("ListOpportunities", stage_ids=[ID, "x"]), "stageId:NOT_A_UUID"),
    (read("ListOpportunities", owner_ids=["you"]), "ownerId:NOT_A_UUID"),
    *(
        (read(method, sort_by="no_such"), "sortBy:NOT_ALLOWED")
        for method in ("ListAccounts", "ListContacts", "ListOpportunities", "ListProducts")
    ),
    (read("ListAccounts", sort_dir="up"), "sortDir:NOT_ALLOWED"),
    (read("ListAccounts", cursor="x"), "cursor:NOT_A_CURSOR"),
    (read("ListAccounts", cursor=_cursor("account createdAt desc", AT), page=1), "cursor:NOT_TOGETHER"),
    (read("ListAccounts", cursor=_cursor("account createdAt desc", AT), sort_by="name"), "cursor:NOT_A_CURSOR"),
    (read("ListAccounts", cursor=_cursor("contact createdAt desc", AT)), "cursor:NOT_A_CURSOR"),
    *(
        (read("ListContacts", cursor=_cursor("contact lastName asc", key), sort_by="lastName", sort_dir="asc"), fault)
        for key, fault in ((AT, "cursor:NOT_A_CURSOR"), (7, "cursor:NOT_A_CURSOR"), ("a\0", "cursor:NOT_A_CURSOR"))
    ),
    (read("ListAccounts", cursor=_cursor("account createdAt desc", None)), "cursor:NOT_A_CURSOR"),
    (read("ListAccounts", cursor=_cursor("account createdAt desc", "2026")), "cursor:NOT_A_CURSOR"),
    (
        read("ListAccounts", cursor=HALF_A_PAIR, sort_by="name", sort_dir="asc"),
        "cursor:NOT_A_CURSOR",
    ),
    (read("ListAccounts", cursor=_cursor("account createdAt desc", AT, is_told=False)), "cursor:NOT_A_CURSOR"),
    (
        read("ListOpportunities", cursor=_cursor("opportunity value desc", Decimal("NaN")), sort_by="value"),
        "cursor:NOT_A_CURSOR",
    ),
    # Matching.
    (
        match(account_id="x", contact_id="y", opportunity_id="z"),
        "accountId:NOT_A_UUID contactId:NOT_A_UUID opportunityId:NOT_A_UUID",
    ),
    (
        match(email="a\0@x.example", company="\0", email_domain="a b"),
        "email:CONTROL_CHARACTER company:CONTROL_CHARACTER emailDomain:NOT_A_DOMAIN",
    ),
    (match(phone_e164="0301234567"), "phoneE164:NOT_A_PHONE_NUMBER"),
    # Steps of conversions.
    *(
        (step(method), "conversionId:REQUIRED")
        for method in (
            "EnsureAccount",
            "EnsureContact",
            "EnsureOpportunity",
            "ReleaseAccount",
            "ReleaseContact",
            "ReleaseOpportunity",
            "CopyNotes",
            "RemoveNotes",
            "CopyDocuments",
            "RemoveDocuments",
            "CopyTeam",
            "RemoveTeam",
            "GetConversionRecords",
            "UndoConversion",
        )
    ),
    (step("ReleaseAccount", conversion_id="x"), "conversionId:NOT_A_UUID"),
    (step("EnsureAccount", conversion_id=ID), "newId:REQUIRED leadId:REQUIRED ownerId:REQUIRED name:REQUIRED"),
    (step("EnsureContact", conversion_id=ID), "newId:REQUIRED leadId:REQUIRED ownerId:REQUIRED"),
    (account(name="x" * 501), "name:TOO_LONG"),
    (account(name="a\0b"), "name:CONTROL_CHARACTER"),
    (account(email_domain="a@b.example"), "emailDomain:NOT_A_DOMAIN"),
    (account(email_domain="x" * 254), "emailDomain:TOO_LONG"),
    (account(phone="1" * 61), "phone:TOO_LONG"),
    (account(link_id="x"), "linkId:NOT_A_UUID"),
    (account(new_id="x", lead_id="y", owner_id="z"), "newId:NOT_A_UUID leadId:NOT_A_UUID ownerId:NOT_A_UUID"),
    (contact(link_id="x", account_id="y"), "linkId:NOT_A_UUID accountId:NOT_A_UUID"),
    (
        contact(first_name="a\0", last_name="x" * 201, email="x" * 321, title="a\nb"),
        "firstName:CONTROL_CHARACTER lastName:TOO_LONG email:TOO_LONG title:CONTROL_CHARACTER",
    ),
    (contact(phone_e164="+0123"), "phoneE164:NOT_A_PHONE_NUMBER"),
    (opportunity(link_id="x"), "linkId:NOT_A_UUID"),
    (
        opportunity(name="", pipeline_id="", stage_id="x", currency=""),
        "name:REQUIRED pipelineId:REQUIRED stageId:NOT_A_UUID currency:REQUIRED",
    ),
    (opportunity(value="-1", currency="Euro"), "value:OUT_OF_RANGE currency:NOT_A_CURRENCY"),
    (opportunity(description="a\0b"), "description:CONTROL_CHARACTER"),
    # Custom fields.
    (account(custom_fields="[]"), "customFields:WRONG_TYPE"),
    (contact(custom_fields="{"), "customFields:WRONG_TYPE"),
    (opportunity(custom_fields='{"a":NaN}'), "customFields:WRONG_TYPE"),
    (opportunity(custom_fields='{"a":1e999}'), "customFields:WRONG_TYPE"),
    (account(custom_fields=r'{"a":"\ud800"}'), "customFields:WRONG_TYPE"),
    (account(custom_fields=r'{"a\u0000":1}'), "customFields:CONTROL_CHARACTER"),
    (account(custom_fields=f'{{"a":{DEEP}}}'), "customFields:TOO_DEEP"),
    (account(custom_fields='{"a":"' + "x" * 32_768 + '"}'), "customFields:TOO_LONG"),
    # Lines.
    (opportunity(lines=[sold() for _ in range(101)]), "lines:TOO_MANY"),
    (opportunity(lines=[sold(id=ID), sold(id=ID)]), "lines.1.id:NOT_UNIQUE"),
    (opportunity(lines=[sold(), sold(quantity="0")]), "lines.1.quantity:OUT_OF_RANGE"),
    (opportunity(lines=[sold(quantity="1000000.1")]), "lines.0.quantity:OUT_OF_RANGE"),
    (opportunity(lines=[sold(quantity="0.00001")]), "lines.0.quantity:TOO_PRECISE"),
    (opportunity(lines=[sold(quantity="1e-999")]), "lines.0.quantity:TOO_PRECISE"),
    (opportunity(lines=[sold(discount="100.01")]), "lines.0.discount:OUT_OF_RANGE"),
    (opportunity(lines=[sold(discount="-1")]), "lines.0.discount:OUT_OF_RANGE"),
    (opportunity(lines=[sold(discount="half")]), "lines.0.discount:NOT_A_NUMBER"),
    (
        opportunity(lines=[sold(id="x", product_id="", product_name="", quantity="", unit_price="-1")]),
        "lines.0.id:NOT_A_UUID lines.0.productId:REQUIRED lines.0.productName:REQUIRED lines.0.quantity:REQUIRED "
        "lines.0.unitPrice:OUT_OF_RANGE",
    ),
    # Documents and team.
    (step("CopyDocuments", conversion_id=ID, documents=[document() for _ in range(101)]), "documents:TOO_MANY"),
    (step("CopyTeam", conversion_id=ID, team=[member() for _ in range(101)]), "team:TOO_MANY"),
    (
        copied("CopyDocuments", "documents", id="x", lead_id="", name="", content_type="a\n", created_by="y"),
        "documents.1.id:NOT_A_UUID documents.1.leadId:REQUIRED documents.1.name:REQUIRED "
        "documents.1.createdBy:NOT_A_UUID",
    ),
    (copied("CopyDocuments", "documents", created_at=None), "documents.1.createdAt:REQUIRED"),
    (copied("CopyDocuments", "documents", size_bytes=-1), "documents.1.sizeBytes:OUT_OF_RANGE"),
    (
        copied("CopyTeam", "team", user_id="", role="a\0", added_by="x"),
        "team.1.userId:REQUIRED team.1.role:CONTROL_CHARACTER team.1.addedBy:NOT_A_UUID",
    ),
    (copied("CopyTeam", "team", added_at=None), "team.1.addedAt:REQUIRED"),
    # Notes: one that is wrong keeps all out.
    (notes(*(note() for _ in range(101))), "notes:TOO_MANY"),
    (notes(note(), broken_note(content="")), "notes.1.content:REQUIRED"),
    (notes(note("a\0b")), "notes.0.content:CONTROL_CHARACTER"),
    (notes(note("x" * 20_001)), "notes.0.content:TOO_LONG"),
    (notes(broken_note(id="x", created_by="")), "notes.0.id:NOT_A_UUID notes.0.createdBy:REQUIRED"),
    (notes(broken_note(created_at=None)), "notes.0.createdAt:REQUIRED"),
    (notes(broken_note(created_at=Timestamp(seconds=10**12))), "notes.0.createdAt:OUT_OF_RANGE"),
    (notes(broken_note(created_at=Timestamp(seconds=-(10**18)))), "notes.0.createdAt:OUT_OF_RANGE"),
]


@pytest.mark.parametrize(("act", "faults"), INVALID, ids=[f"{n} {case[1]}" for n, case in enumerate(INVALID)])
async def test_wrong_values_are_refused_by_the_name_of_their_field(crm: CrmDoor, act: Act, faults: str) -> None:
    with pytest.raises(LeadlineError) as refused:
        await act(crm)
    error = refused.value
    assert (error.kind, error.reason) == (ErrorKind.INVALID, "VALIDATION_FAILED")
    assert " ".join(f"{violation.field}:{violation.reason}" for violation in error.violations) == faults
    assert all(violation.message for violation in error.violations)


MISSING: list[tuple[Act, str]] = [
    (read("GetAccount", account_id=ID), "ACCOUNT_NOT_FOUND"),
    (read("GetContact", contact_id=ID), "CONTACT_NOT_FOUND"),
    (read("GetOpportunity", opportunity_id=ID), "OPPORTUNITY_NOT_FOUND"),
    (read("GetProduct", product_id=ID), "PRODUCT_NOT_FOUND"),
    (read("UpdateProduct", product_id=ID), "PRODUCT_NOT_FOUND"),
    (read("DeleteProduct", product_id=ID), "PRODUCT_NOT_FOUND"),
]


@pytest.mark.parametrize(("act", "reason"), MISSING, ids=[reason for _, reason in MISSING])
async def test_what_is_not_there_is_not_found(crm: CrmDoor, act: Act, reason: str) -> None:
    with pytest.raises(LeadlineError) as refused:
        await act(crm)
    assert (refused.value.kind, refused.value.reason) == (ErrorKind.NOT_FOUND, reason)


async def test_a_release_of_nothing_is_no_fault(crm: CrmDoor) -> None:
    conversion = Conversion(crm)
    await conversion.release_all()
    await conversion.release_all()
