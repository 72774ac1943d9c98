"""`/leads/{id}/products`: what a lead may buy. The catalogue itself is in `products`."""

from leadline.leads.v1 import product_line_service_pb2 as pb
from starlette.responses import Response

from gateway.answers import product_lines as answers
from gateway.answers.json import created, no_content, ok
from gateway.clients import Services
from gateway.headers import IdempotencyKey, IfMatch
from gateway.operations import Operations
from gateway.schemas.base import PathId, ProductPathId
from gateway.schemas.product_lines import NewProductLine, ProductLine, ProductLineChanges

operations = Operations("Product lines", pb.DESCRIPTOR.services_by_name["ProductLineService"])


@operations.add("GET", "/leads/{id}/products", "ListProductLines", answer=list[ProductLine])
async def list_product_lines(services: Services, lead_id: PathId) -> Response:
    """List what a lead may buy, in the order in which it was added."""
    request = pb.ListProductLinesRequest(lead_id=lead_id)
    answer = await services.call(services.product_lines.ListProductLines, request)
    return ok([answers.product_line(each) for each in answer.lines])


@operations.add("POST", "/leads/{id}/products", "AddProductLine", answer=ProductLine, status=201)
async def add_product_line(
    services: Services, lead_id: PathId, body: NewProductLine, idempotency_key: IdempotencyKey = None
) -> Response:
    """Add a product of the catalogue to a lead.

    It takes each product once.
    """
    values = body.values()
    request = pb.AddProductLineRequest(
        lead_id=lead_id, product_id=values.pop("product_id"), fields=pb.ProductLineFields(**values)
    )
    line = (await services.call(services.product_lines.AddProductLine, request, key=idempotency_key)).line
    location = f"/leads/{lead_id}/products/{line.product_id}"
    return created(answers.product_line(line), location, version=line.version)


@operations.add("PUT", "/leads/{id}/products/{productId}", "UpdateProductLine", answer=ProductLine)
async def update_product_line(
    services: Services,
    lead_id: PathId,
    product_id: ProductPathId,
    body: ProductLineChanges,
    if_match: IfMatch = None,
) -> Response:
    """Change a product line of a lead.

    The id in the path is the product's, or the line's own.
    """
    request = pb.UpdateProductLineRequest(
        lead_id=lead_id,
        product_id=product_id,
        fields=pb.ProductLineFields(**body.values()),
        update_mask=body.mask(),
        expected_version=if_match,
    )
    line = (await services.call(services.product_lines.UpdateProductLine, request)).line
    return ok(answers.product_line(line), version=line.version)


@operations.add("DELETE", "/leads/{id}/products/{productId}", "RemoveProductLine", status=204)
async def remove_product_line(
    services: Services, lead_id: PathId, product_id: ProductPathId, if_match: IfMatch = None
) -> Response:
    """Take a product line out of a lead's.

    The id in the path is the product's, or the line's own.
    """
    request = pb.RemoveProductLineRequest(lead_id=lead_id, product_id=product_id, expected_version=if_match)
    await services.call(services.product_lines.RemoveProductLine, request)
    return no_content()
