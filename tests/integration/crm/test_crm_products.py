"""The product catalogue: create, read, update, delete."""

import asyncio
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from leadline.crm.v1 import record_service_pb2 as pb
from leadline.crm.v1 import records_pb2

from kit.errors import ErrorKind, LeadlineError
from kit.ids import new_id
from tests.integration.crm.conftest import crm_replica
from tests.integration.crm.crm_door import CrmDoor, unique
from tests.support import tokens
from tests.support.waiting import eventually


async def update(
    door: CrmDoor, product_id: str, *, mask: list[str] | None = None, version: int | None = None, **fields: Any
) -> records_pb2.Product:
    request = pb.UpdateProductRequest(
        product_id=product_id,
        fields=pb.ProductFields(**fields),
        update_mask=FieldMask(paths=list(fields) if mask is None else mask),
        expected_version=version,
    )
    return (await door.ask(door.records.UpdateProduct, request)).product  # type: ignore[no-any-return]


async def delete(door: CrmDoor, product_id: str, version: int | None = None) -> None:
    request = pb.DeleteProductRequest(product_id=product_id, expected_version=version)
    await door.ask(door.records.DeleteProduct, request)


async def refusal(call: Any) -> LeadlineError:
    with pytest.raises(LeadlineError) as refused:
        await call
    return refused.value


async def test_a_product_is_read_back_as_it_was_made(crm: CrmDoor) -> None:
    sku = unique("SKU")
    made = await crm.add_product(
        name=" Enterprise Plan ", sku=sku, description="All in.\nFor a year.", unit_price="5000"
    )
    assert (made.name, made.sku, made.unit_price) == ("Enterprise Plan", sku, "5000.00")
    assert (made.description, made.is_active, made.version) == ("All in.\nFor a year.", True, 1)
    assert await crm.product(made.id) == made
    assert (await crm.products(sku.upper())).products == [made]


async def test_a_product_needs_only_name_and_price(crm: CrmDoor) -> None:
    made = await crm.add_product(name="Plain", unit_price="0", is_active=False)
    assert (made.unit_price, made.is_active) == ("0.00", False)
    assert not made.HasField("sku")
    assert not made.HasField("description")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("0.005", "0.01"),
        ("0.0049999", "0.00"),
        ("-0", "0.00"),
        ("5e3", "5000.00"),
        ("9999999999999.994", "9999999999999.99"),
    ],
)
async def test_prices_are_rounded_half_up(crm: CrmDoor, given: str, kept: str) -> None:
    made = await crm.add_product(name="Rounded", unit_price=given)
    assert made.unit_price == kept
    assert await crm.product(made.id) == made


async def test_an_update_changes_what_the_mask_names_and_clears_what_is_absent(crm: CrmDoor) -> None:
    made = await crm.add_product(name="Before", sku=unique("SKU"), description="Old", unit_price="1")
    changed = await update(
        crm, made.id, mask=["name", "description", "unit_price"], name="After", unit_price="2.5", sku="not in the mask"
    )
    assert (changed.name, changed.unit_price, changed.sku, changed.version) == ("After", "2.50", made.sku, 2)
    assert not changed.HasField("description")
    assert changed.updated_at.ToNanoseconds() > made.updated_at.ToNanoseconds()
    assert await crm.product(made.id) == changed


async def test_an_update_that_changes_nothing_keeps_the_version(crm: CrmDoor) -> None:
    made = await crm.add_product(name="Same", unit_price="1")
    assert await update(crm, made.id, name=" Same ", unit_price="1.000") == made
    assert await update(crm, made.id) == made


async def test_a_stale_version_is_refused_and_changes_nothing(crm: CrmDoor) -> None:
    made = await crm.add_product(name="First", unit_price="1")
    second = await update(crm, made.id, name="Second", version=1)
    for call in (update(crm, made.id, name="Third", version=1), delete(crm, made.id, version=1)):
        refused = await refusal(call)
        assert (refused.kind, refused.reason, refused.metadata) == (
            ErrorKind.STALE,
            "VERSION_STALE",
            {"currentVersion": "2"},
        )
    assert await crm.product(made.id) == second


async def test_of_twenty_updates_of_one_version_one_wins(crm: CrmDoor) -> None:
    made = await crm.add_product(name="Race", unit_price="1")
    calls = [update(crm, made.id, unit_price=str(price), version=1) for price in range(2, 22)]
    answers = await asyncio.gather(*calls, return_exceptions=True)
    refused = [each for each in answers if isinstance(each, LeadlineError)]
    assert [each.reason for each in refused] == ["VERSION_STALE"] * 19
    found = await crm.product(made.id)
    assert found is not None
    assert found.version == 2


async def test_a_deleted_product_is_gone_from_every_answer(crm: CrmDoor) -> None:
    name = unique("Gone")
    made = await crm.add_product(name=name, unit_price="1")
    await delete(crm, made.id, version=1)
    assert await crm.product(made.id) is None
    assert (await crm.products(name)).total == 0
    for call in (update(crm, made.id, name="Back"), delete(crm, made.id)):
        refused = await refusal(call)
        assert (refused.kind, refused.reason) == (ErrorKind.NOT_FOUND, "PRODUCT_NOT_FOUND")


async def test_a_sku_belongs_to_one_product_whatever_its_case(crm: CrmDoor) -> None:
    sku = f"Über-{new_id().hex}"
    first = await crm.add_product(name="First", sku=sku, unit_price="1")
    second = await crm.add_product(name="Second", unit_price="1")
    for call in (
        crm.add_product(name="Third", sku=sku.upper(), unit_price="1"),
        update(crm, second.id, sku=sku.lower()),
    ):
        refused = await refusal(call)
        assert (refused.kind, refused.reason) == (ErrorKind.REFUSED, "NAME_TAKEN")
        assert [(each.field, each.reason) for each in refused.violations] == [("sku", "TAKEN")]
    assert (await update(crm, first.id, sku=sku.upper())).sku == sku.upper()
    await delete(crm, first.id)
    assert (await update(crm, second.id, sku=sku)).sku == sku


async def test_of_twenty_products_of_one_sku_made_at_once_one_gets_in(crm: CrmDoor) -> None:
    sku = unique("SKU")
    calls = [crm.add_product(name=f"Race {number}", sku=sku, unit_price="1") for number in range(20)]
    answers = await asyncio.gather(*calls, return_exceptions=True)
    refused = [each for each in answers if isinstance(each, LeadlineError)]
    assert [each.reason for each in refused] == ["NAME_TAKEN"] * 19
    assert (await crm.products(sku)).total == 1


async def test_the_same_key_makes_one_product(crm: CrmDoor) -> None:
    key, name = str(new_id()), unique("Once")
    first = await crm.add_product(key, name=name, unit_price="1")
    assert await crm.add_product(key, name=name, unit_price="1") == first
    assert (await crm.products(name)).total == 1
    refused = await refusal(crm.add_product(key, name=name, unit_price="2"))
    assert (refused.kind, refused.reason) == (ErrorKind.INVALID, "IDEMPOTENCY_KEY_REUSED")


async def test_the_same_key_at_once_makes_one_product(crm: CrmDoor) -> None:
    key, name = str(new_id()), unique("Once")
    calls = [crm.add_product(key, name=name, unit_price="1") for _ in range(20)]
    answers = await asyncio.gather(*calls, return_exceptions=True)
    refused = [each for each in answers if isinstance(each, LeadlineError)]
    assert {each.reason for each in refused} <= {"IDEMPOTENCY_IN_PROGRESS"}
    assert len({each.id for each in answers if isinstance(each, records_pb2.Product)}) == 1
    assert (await crm.products(name)).total == 1


async def test_the_same_key_of_another_caller_is_another_key(crm: CrmDoor) -> None:
    key, name = str(new_id()), unique("Twice")
    request = pb.CreateProductRequest(fields=pb.ProductFields(name=name, unit_price="1"))
    for subject in (tokens.USER_ID, tokens.ADMIN_ID):
        token = tokens.token("products:create", subject=subject)
        await crm.ask(crm.records.CreateProduct, request, token, key)
    assert (await crm.products(name)).total == 2


async def test_a_refused_create_is_not_remembered(crm: CrmDoor) -> None:
    key = str(new_id())
    assert (await refusal(crm.add_product(key, unit_price="1"))).reason == "VALIDATION_FAILED"
    assert (await crm.add_product(key, name="Better", unit_price="1")).name == "Better"


async def test_keys_are_forgotten_after_a_day(copy_crm: Callable[[], str]) -> None:
    url = copy_crm()
    with psycopg.connect(url) as connection:
        connection.execute(
            """INSERT INTO idempotency_keys (scope, key, fingerprint, answer, created_at)
               SELECT 'CreateProduct', age, '', '', now() - age::interval FROM unnest(ARRAY['23h', '25h', '9d']) age"""
        )

    async def kept() -> list[tuple[str]]:
        with psycopg.connect(url) as connection:
            return connection.execute("SELECT key FROM idempotency_keys").fetchall()

    async with crm_replica(url):
        await eventually(kept, [("23h",)].__eq__)
