"""Keeping the product catalogue."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from crm_service.domain.fields import checked
from crm_service.domain.product import PRODUCT
from crm_service.domain.records import Product
from crm_service.store import products
from crm_service.store.records import PRODUCT_RECORDS, Hold
from crm_service.usecases.records import get_record
from kit.db.database import Writing
from kit.errors import stale
from kit.ids import new_id


async def create_product(tx: Writing, fields: Mapping[str, Any]) -> Product:
    """Add a product; active where nothing else is said.

    Raises:
        LeadlineError: VALIDATION_FAILED, NAME_TAKEN for a SKU that another product has.
    """
    given = {**fields, "is_active": True if fields.get("is_active") is None else fields["is_active"]}
    return await products.insert_product(tx, new_id(), checked(PRODUCT, given))


async def update_product(
    tx: Writing, product_id: UUID, changes: Mapping[str, Any], expected_version: int | None
) -> Product:
    """Change the given fields, where None clears one; nothing happens where all is as asked for already.

    Raises:
        LeadlineError: PRODUCT_NOT_FOUND, VERSION_STALE, VALIDATION_FAILED, NAME_TAKEN.
    """
    before = await _product(tx, product_id, expected_version)
    after = replace(before, **checked(PRODUCT, changes))
    return before if after == before else await products.update_product(tx, after)


async def delete_product(tx: Writing, product_id: UUID, expected_version: int | None) -> None:
    """Take a product out of the catalogue.

    Raises:
        LeadlineError: PRODUCT_NOT_FOUND, VERSION_STALE.
    """
    await _product(tx, product_id, expected_version)
    await products.delete_product(tx, product_id)


async def _product(tx: Writing, product_id: UUID, expected_version: int | None) -> Product:
    product = await get_record(tx, PRODUCT_RECORDS, product_id, Hold.UNCHANGED)
    if expected_version not in {None, product.version}:
        raise stale(product.version)
    return product
