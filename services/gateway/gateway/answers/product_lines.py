"""A lead's product lines as JSON."""

from typing import Any

import orjson
from leadline.leads.v1 import product_line_service_pb2 as pb

from gateway.answers.json import instant


def product_line(one: pb.ProductLine) -> dict[str, Any]:
    """A product that the lead may buy."""
    return {
        "id": one.id,
        "productId": one.product_id,
        "productName": one.product_name,
        "quantity": orjson.Fragment(one.quantity),
        "unitPrice": orjson.Fragment(one.unit_price),
        "discount": orjson.Fragment(one.discount),
        "total": orjson.Fragment(one.total),
        "leadId": one.lead_id,
        "version": one.version,
        "createdBy": one.created_by,
        "createdAt": instant(one.created_at),
        "updatedAt": instant(one.updated_at),
    }
