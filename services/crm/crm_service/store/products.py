"""Writing the product catalogue."""

from dataclasses import asdict
from typing import Any, cast
from uuid import UUID

import sqlalchemy as sa
import sqlalchemy.exc

from crm_service.domain.records import Product
from crm_service.store.records import PRODUCT_RECORDS
from crm_service.store.tables import PRODUCTS
from kit.db.database import Writing
from kit.errors import FieldViolation, refused

_KEPT_BY_THE_TABLE = {"id", "version", "created_at", "updated_at"}


async def insert_product(tx: Writing, product_id: UUID, fields: dict[str, Any]) -> Product:
    """Add a product.

    Raises:
        LeadlineError: NAME_TAKEN for a SKU that another product has.
    """
    statement = sa.insert(PRODUCTS).values(id=product_id, **fields)
    return await _stored(tx, statement.returning(*PRODUCT_RECORDS.columns), fields["sku"])


async def update_product(tx: Writing, product: Product) -> Product:
    """Store a changed product and answer it at its next version.

    Raises:
        LeadlineError: NAME_TAKEN for a SKU that another product has.
    """
    fields = {name: value for name, value in asdict(product).items() if name not in _KEPT_BY_THE_TABLE}
    statement = sa.update(PRODUCTS).where(PRODUCTS.c.id == product.id).values(**_next_version(), **fields)
    return await _stored(tx, statement.returning(*PRODUCT_RECORDS.columns), product.sku)


async def delete_product(tx: Writing, product_id: UUID) -> None:
    """Take a product out of the catalogue."""
    values = {**_next_version(), "deleted_at": sa.func.clock_timestamp()}
    await tx.execute(sa.update(PRODUCTS).where(PRODUCTS.c.id == product_id).values(values))


def _next_version() -> dict[str, Any]:
    return {"version": PRODUCTS.c.version + 1, "updated_at": sa.func.clock_timestamp()}


async def _stored(tx: Writing, statement: sa.Executable, sku: str | None) -> Product:
    try:
        return PRODUCT_RECORDS.of_row((await tx.execute(statement)).one())
    except sqlalchemy.exc.IntegrityError as error:
        if _violated(error) != "products_sku":
            raise
        message = f"Another product has the SKU {sku}."
        taken = FieldViolation("sku", "TAKEN", message)
        raise refused("NAME_TAKEN", message, violations=[taken], metadata={"sku": str(sku)}) from None


def _violated(error: sqlalchemy.exc.IntegrityError) -> str | None:
    return cast("str | None", error.orig.diag.constraint_name) if error.orig else None  # type: ignore[attr-defined]
