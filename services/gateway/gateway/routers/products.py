"""`/products`: the product catalogue."""

from typing import Annotated

from fastapi import Query
from leadline.crm.v1 import record_service_pb2 as pb
from starlette.responses import Response

from gateway.answers import crm
from gateway.answers.json import created, cursor_page, no_content, ok
from gateway.clients import Services
from gateway.headers import IdempotencyKey, IfMatch
from gateway.operations import Operations
from gateway.schemas.base import CursorPage, PathId
from gateway.schemas.crm import NewProduct, Product, ProductChanges
from gateway.schemas.crm_query import ProductQuery

operations = Operations("Products", pb.DESCRIPTOR.services_by_name["RecordService"])


@operations.add("GET", "/products", "ListProducts", answer=CursorPage[Product])
async def list_products(services: Services, query: Annotated[ProductQuery, Query()]) -> Response:
    """List products, by name unless asked otherwise."""
    answer = await services.call(services.records.ListProducts, pb.ListProductsRequest(**query.which()))
    items = [crm.product(each) for each in answer.products]
    return cursor_page(items, answer, page=query.number(), limit=query.limit)


@operations.add("POST", "/products", "CreateProduct", answer=Product, status=201)
async def create_product(services: Services, body: NewProduct, idempotency_key: IdempotencyKey = None) -> Response:
    """Add a product.

    No other one of the catalogue has its sku, whatever its case.
    """
    request = pb.CreateProductRequest(fields=pb.ProductFields(**body.values()))
    product = (await services.call(services.records.CreateProduct, request, key=idempotency_key)).product
    return created(crm.product(product), f"/products/{product.id}", version=product.version)


@operations.add("GET", "/products/{id}", "GetProduct", answer=Product)
async def get_product(services: Services, product_id: PathId) -> Response:
    """Read a product."""
    product = (await services.call(services.records.GetProduct, pb.GetProductRequest(product_id=product_id))).product
    return ok(crm.product(product), version=product.version)


@operations.add("PUT", "/products/{id}", "UpdateProduct", answer=Product)
async def update_product(
    services: Services, product_id: PathId, body: ProductChanges, if_match: IfMatch = None
) -> Response:
    """Change a product."""
    request = pb.UpdateProductRequest(
        product_id=product_id,
        fields=pb.ProductFields(**body.values()),
        update_mask=body.mask(),
        expected_version=if_match,
    )
    product = (await services.call(services.records.UpdateProduct, request)).product
    return ok(crm.product(product), version=product.version)


@operations.add("DELETE", "/products/{id}", "DeleteProduct", status=204)
async def delete_product(services: Services, product_id: PathId, if_match: IfMatch = None) -> Response:
    """Take a product out of the catalogue.

    Its sku is free again; product lines that name it keep what they say.
    """
    request = pb.DeleteProductRequest(product_id=product_id, expected_version=if_match)
    await services.call(services.records.DeleteProduct, request)
    return no_content()
