"""The product lines of a lead through the gRPC door, with a real CRM behind the leads service."""

import asyncio
import json
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from google.protobuf.field_mask_pb2 import FieldMask
from leadline.crm.v1 import record_service_pb2
from leadline.leads.v1 import lead_service_pb2
from leadline.leads.v1 import product_line_service_pb2 as pb

from kit.db.database import Database
from kit.errors import ErrorKind, LeadlineError
from kit.ids import new_id
from leads_service.store.tables import PRODUCT_LINES
from tests.integration.leads.door import Door, fields_at_fault, refusal
from tests.integration.leads.shop import Shop, add, change, lines_of, remove, stub
from tests.support import tokens


async def told(door: Door, lead_id: str) -> list[tuple[str, Any]]:
    """What the activities say of product lines, the first one first."""
    found = [each for each in await door.activities(lead_id) if each.type.startswith("product_")]
    return [(each.type, json.loads(each.metadata)) for each in reversed(found)]


async def withdraw(shop: Shop, product_id: str) -> None:
    request = record_service_pb2.UpdateProductRequest(
        product_id=product_id,
        fields=record_service_pb2.ProductFields(is_active=False),
        update_mask=FieldMask(paths=["is_active"]),
    )
    await shop.crm.ask(shop.crm.records.UpdateProduct, request)


async def test_products_are_added_changed_and_removed(shop: Shop) -> None:
    door, lead = shop.door, await shop.door.create()
    plan, hours = await shop.product(), await shop.product("Hours", "99.95")
    assert await lines_of(door, lead.id) == []
    first = await add(door, lead.id, plan.id, quantity="1", unit_price="5000", discount="10")
    assert (first.product_id, first.product_name, first.lead_id) == (plan.id, "Enterprise Plan", lead.id)
    assert (first.quantity, first.unit_price, first.discount, first.total) == ("1", "5000.00", "10", "4500.00")
    assert (first.version, first.created_by) == (1, str(tokens.USER_ID))
    second = await add(door, lead.id, hours.id, quantity="2.5000", discount="33.30")
    assert (second.quantity, second.unit_price, second.discount, second.total) == ("2.5", "99.95", "33.3", "166.67")
    assert await lines_of(door, lead.id) == [first, second]
    by_product = await change(door, lead.id, plan.id, quantity="1000000", unit_price="9999999999999.99")
    assert (by_product.total, by_product.version) == ("8999999999999991000.00", 2)
    by_own_id = await change(door, lead.id, second.id, discount=None)
    assert (by_own_id.discount, by_own_id.total, by_own_id.version) == ("0", "249.88", 2)
    assert await lines_of(door, lead.id) == [by_product, by_own_id]
    await remove(door, lead.id, first.id)
    await remove(door, lead.id, hours.id.upper())
    assert await lines_of(door, lead.id) == []


async def test_without_values_a_line_is_one_at_the_catalogues_price(shop: Shop) -> None:
    lead, plan = await shop.door.create(), await shop.product(price="12.5")
    line = await add(shop.door, lead.id, plan.id)
    assert (line.quantity, line.unit_price, line.discount, line.total) == ("1", "12.50", "0", "12.50")


async def test_all_that_happens_to_lines_is_told_and_the_lead_stays_as_it_is(shop: Shop) -> None:
    door, lead, plan = shop.door, await shop.door.create(), await shop.product()
    line = await add(door, lead.id, plan.id, quantity="2")
    await change(door, lead.id, plan.id, quantity="2.0")
    await change(door, lead.id, plan.id, quantity="3", discount="5")
    await remove(door, lead.id, plan.id)
    said = {"lineId": line.id, "productId": plan.id, "productName": "Enterprise Plan", "unitPrice": 5000}
    assert await told(door, lead.id) == [
        ("product_added", said | {"quantity": 2, "discount": 0}),
        ("product_changed", said | {"quantity": 3, "discount": 5, "before": {"quantity": 2, "discount": 0}}),
        ("product_removed", said | {"quantity": 3, "discount": 5}),
    ]
    assert await door.get(lead.id) == lead
    assert await door.history(lead.id) == []
    assert (await door.lead_sla(lead.id)).status == "on_track"


async def test_a_line_keeps_what_the_catalogue_said_then(shop: Shop) -> None:
    lead, plan = await shop.door.create(), await shop.product()
    line = await add(shop.door, lead.id, plan.id)
    request = record_service_pb2.DeleteProductRequest(product_id=plan.id)
    await shop.crm.ask(shop.crm.records.DeleteProduct, request)
    assert await lines_of(shop.door, lead.id) == [line]
    assert (await change(shop.door, lead.id, plan.id, quantity="2")).product_name == "Enterprise Plan"


async def test_a_product_that_the_catalogue_does_not_have_or_offer_is_refused(shop: Shop) -> None:
    lead, plan = await shop.door.create(), await shop.product()
    error = await refusal(add(shop.door, lead.id, str(new_id())))
    assert (error.kind, fields_at_fault(error)) == (ErrorKind.INVALID, {("productId", "NOT_IN_CATALOGUE")})
    await withdraw(shop, plan.id)
    error = await refusal(add(shop.door, lead.id, plan.id, quantity="0"))
    assert fields_at_fault(error) == {("productId", "INACTIVE"), ("quantity", "OUT_OF_RANGE")}
    assert await lines_of(shop.door, lead.id) == []


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"quantity": "0"}, ("quantity", "OUT_OF_RANGE")),
        ({"quantity": "1.00001"}, ("quantity", "TOO_PRECISE")),
        ({"unit_price": "0.001"}, ("unitPrice", "TOO_PRECISE")),
        ({"discount": "101"}, ("discount", "OUT_OF_RANGE")),
        ({"discount": "ten"}, ("discount", "WRONG_TYPE")),
    ],
)
async def test_a_wrong_value_changes_nothing(shop: Shop, fields: dict[str, Any], fault: tuple[str, str]) -> None:
    door, lead, plan, other = shop.door, await shop.door.create(), await shop.product(), await shop.product()
    line = await add(door, lead.id, plan.id)
    assert fields_at_fault(await refusal(change(door, lead.id, plan.id, **fields))) == {fault}
    assert fields_at_fault(await refusal(add(door, lead.id, other.id, **fields))) == {fault}
    assert await lines_of(door, lead.id) == [line]
    assert [kind for kind, _ in await told(door, lead.id)] == ["product_added"]


async def test_a_field_that_a_line_does_not_have_is_refused(shop: Shop) -> None:
    lead = await shop.door.create()
    error = await refusal(change(shop.door, lead.id, str(new_id()), total=None))
    assert fields_at_fault(error) == {("total", "UNKNOWN_FIELD")}


async def test_of_twenty_equal_additions_at_once_one_is_made(shop: Shop) -> None:
    lead, plan = await shop.door.create(), await shop.product()
    answers = await asyncio.gather(*(add(shop.door, lead.id, plan.id) for _ in range(20)), return_exceptions=True)
    (line,) = await lines_of(shop.door, lead.id)
    refused = [(each.reason, each.metadata) for each in answers if isinstance(each, LeadlineError)]
    assert refused == [("PRODUCT_ALREADY_ADDED", {"lineId": line.id})] * 19
    assert [kind for kind, _ in await told(shop.door, lead.id)] == ["product_added"]


async def test_a_lead_has_at_most_a_hundred_lines_also_when_they_come_at_once(shop: Shop, database: Database) -> None:
    lead = await shop.door.create()
    line = await add(shop.door, lead.id, (await shop.product()).id)
    async with database.transaction() as tx:
        query = sa.select(PRODUCT_LINES).where(PRODUCT_LINES.c.id == UUID(line.id))
        row = (await tx.execute(query)).mappings().one()
        copies = [{**row, "id": new_id(), "product_id": new_id()} for _ in range(97)]
        await tx.execute(sa.insert(PRODUCT_LINES), copies)
    products = [(await shop.product()).id for _ in range(4)]
    answers = await asyncio.gather(*(add(shop.door, lead.id, each) for each in products), return_exceptions=True)
    assert [each.reason for each in answers if isinstance(each, LeadlineError)] == ["LIST_FULL"] * 2
    assert len(await lines_of(shop.door, lead.id)) == 100


async def test_a_write_for_an_older_version_changes_nothing(shop: Shop) -> None:
    door, lead, plan = shop.door, await shop.door.create(), await shop.product()
    await add(door, lead.id, plan.id)
    line = await change(door, lead.id, plan.id, version=1, quantity="2")
    for attempt in (
        change(door, lead.id, plan.id, version=1, quantity="3"),
        remove(door, lead.id, plan.id, version=1),
    ):
        error = await refusal(attempt)
        assert (error.kind, error.metadata) == (ErrorKind.STALE, {"currentVersion": "2"})
    assert await lines_of(door, lead.id) == [line]
    await remove(door, lead.id, plan.id, version=2)


async def test_of_twenty_changes_of_one_version_at_once_one_is_made(shop: Shop) -> None:
    door, lead, plan = shop.door, await shop.door.create(), await shop.product()
    await add(door, lead.id, plan.id)
    attempts = (change(door, lead.id, plan.id, version=1, quantity=str(number)) for number in range(2, 22))
    answers = await asyncio.gather(*attempts, return_exceptions=True)
    refused = [each.reason for each in answers if isinstance(each, LeadlineError)]
    assert refused == ["VERSION_STALE"] * 19
    (line,) = await lines_of(door, lead.id)
    assert line in answers


async def test_the_same_key_adds_once_and_answers_the_same_again_whatever_the_catalogue_says_by_then(
    shop: Shop, door: Door
) -> None:
    lead, plan, key = await shop.door.create(), await shop.product(), str(new_id())
    first = await add(shop.door, lead.id, plan.id, key=key, quantity="2")
    await withdraw(shop, plan.id)
    assert await add(shop.door, lead.id, plan.id, key=key, quantity="2") == first
    # The other one's CRM is away.
    assert await add(door, lead.id, plan.id, key=key, quantity="2") == first
    assert await lines_of(door, lead.id) == [first]
    error = await refusal(add(shop.door, lead.id, plan.id, key=key, quantity="3"))
    assert error.reason == "IDEMPOTENCY_KEY_REUSED"


async def test_without_the_crm_nothing_is_added_and_all_else_goes_on(shop: Shop, door: Door) -> None:
    lead, plan, other = await door.create(), await shop.product(), await shop.product()
    await add(shop.door, lead.id, plan.id)
    error = await refusal(add(door, lead.id, other.id))
    assert (error.kind, error.reason) == (ErrorKind.UNAVAILABLE, "PART_UNAVAILABLE")
    assert (await refusal(add(door, lead.id, plan.id))).reason == "PRODUCT_ALREADY_ADDED"
    assert (await refusal(add(door, str(new_id()), plan.id))).reason == "LEAD_NOT_FOUND"
    line = await change(door, lead.id, plan.id, quantity="2")
    assert await lines_of(door, lead.id) == [line]
    await remove(door, lead.id, plan.id)


async def test_what_is_not_there_is_neither_changed_nor_removed(shop: Shop) -> None:
    door, lead, other = shop.door, await shop.door.create(), await shop.door.create()
    line = await add(door, other.id, (await shop.product()).id)
    for ident in (line.id, line.product_id):
        for attempt in (change(door, lead.id, ident, quantity="2"), remove(door, lead.id, ident)):
            error = await refusal(attempt)
            assert (error.kind, error.reason) == (ErrorKind.NOT_FOUND, "PRODUCT_LINE_NOT_FOUND")
    assert await lines_of(door, other.id) == [line]


async def test_the_lines_of_a_closed_lead_can_be_read_and_stay_as_they_are(shop: Shop) -> None:
    door, lead, plan, other = shop.door, await shop.door.create(), await shop.product(), await shop.product()
    line = await add(door, lead.id, plan.id)
    request = lead_service_pb2.DisqualifyLeadRequest(lead_id=lead.id, reason="no_budget")
    await door.ask(door.lead_stub.DisqualifyLead, request)
    for attempt in (
        add(door, lead.id, other.id),
        change(door, lead.id, plan.id, quantity="2"),
        remove(door, lead.id, plan.id),
    ):
        error = await refusal(attempt)
        assert (error.reason, error.metadata) == ("LEAD_CLOSED", {"status": "disqualified"})
    assert await lines_of(door, lead.id) == [line]


async def test_the_lines_of_a_lead_that_is_being_converted_stay_as_they_are(shop: Shop) -> None:
    door, lead, plan = (
        shop.door,
        await shop.door.create(last_name="Johnson", estimated_value="50"),
        await shop.product(),
    )
    line = await add(door, lead.id, plan.id)
    await door.convert(lead.id)
    assert (await refusal(add(door, lead.id, (await shop.product()).id))).reason == "LEAD_CONVERTING"
    assert (await refusal(remove(door, lead.id, plan.id))).reason == "LEAD_CONVERTING"
    assert await lines_of(door, lead.id) == [line]


async def test_a_lead_that_is_not_there_has_no_lines(shop: Shop) -> None:
    door, lead, plan = shop.door, await shop.door.create(), await shop.product()
    await add(door, lead.id, plan.id)
    await door.delete(lead.id)
    for lead_id in (lead.id, str(new_id())):
        for attempt in (
            lines_of(door, lead_id),
            add(door, lead_id, plan.id),
            change(door, lead_id, plan.id, quantity="2"),
            remove(door, lead_id, plan.id),
        ):
            assert (await refusal(attempt)).reason == "LEAD_NOT_FOUND"


async def test_ids_must_be_ids(shop: Shop) -> None:
    door, lead = shop.door, await shop.door.create()
    for attempt in (lines_of(door, "x"), add(door, "x", str(new_id())), remove(door, "x", str(new_id()))):
        assert fields_at_fault(await refusal(attempt)) == {("id", "NOT_A_UUID")}
    for attempt in (add(door, lead.id, "x"), change(door, lead.id, "x"), remove(door, lead.id, "x")):
        assert fields_at_fault(await refusal(attempt)) == {("productId", "NOT_A_UUID")}


async def test_reading_needs_the_permission_to_view_and_writing_that_to_edit(shop: Shop) -> None:
    door, lead, plan = shop.door, await shop.door.create(), await shop.product()
    edits, views = tokens.token("leads:edit"), tokens.token("leads:view")
    # Whoever edits a lead needs no permission of their own for the catalogue.
    await add(door, lead.id, plan.id, sent=edits)
    assert len(await lines_of(door, lead.id, sent=views)) == 1
    for attempt, permission in (
        (lines_of(door, lead.id, sent=edits), "leads:view"),
        (add(door, lead.id, plan.id, sent=views), "leads:edit"),
        (change(door, lead.id, plan.id, sent=views), "leads:edit"),
        (remove(door, lead.id, plan.id, sent=views), "leads:edit"),
    ):
        error = await refusal(attempt)
        assert (error.kind, error.metadata) == (ErrorKind.FORBIDDEN, {"permission": permission})


async def test_an_update_without_a_mask_changes_nothing(shop: Shop) -> None:
    lead, plan = await shop.door.create(), await shop.product()
    line = await add(shop.door, lead.id, plan.id)
    request = pb.UpdateProductLineRequest(
        lead_id=lead.id, product_id=plan.id, fields=pb.ProductLineFields(quantity="7")
    )
    assert (await shop.door.ask(stub(shop.door).UpdateProductLine, request)).line == line
