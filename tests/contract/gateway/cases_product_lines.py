"""What a lead may buy: the calls that read and change it."""

from typing import Any

from google.protobuf.field_mask_pb2 import FieldMask
from leadline.leads.v1 import product_line_service_pb2 as pb

from tests.contract.gateway.cases import Create, Delete, Read, Update
from tests.contract.gateway.samples import (
    CHANGED,
    CHANGED_AT,
    CREATED,
    CREATED_AT,
    ENTRY_ID,
    LEAD_ID,
    PRODUCT_ID,
    USER_ID,
)

_URL = f"/leads/{LEAD_ID}/products"

LINE = pb.ProductLine(
    id=ENTRY_ID,
    lead_id=LEAD_ID,
    product_id=PRODUCT_ID,
    product_name="Enterprise Plan",
    quantity="2.5",
    unit_price="9999999999999.10",
    discount="12.5",
    total="21874999999998.03",
    version=3,
    created_by=USER_ID,
    created_at=CREATED_AT,
    updated_at=CHANGED_AT,
)
LINE_JSON: dict[str, Any] = {
    "id": ENTRY_ID,
    "productId": PRODUCT_ID,
    "productName": "Enterprise Plan",
    "quantity": "2.5",
    "unitPrice": "9999999999999.10",
    "discount": "12.5",
    "total": "21874999999998.03",
    "leadId": LEAD_ID,
    "version": 3,
    "createdBy": USER_ID,
    "createdAt": CREATED,
    "updatedAt": CHANGED,
}

READS = [
    Read(
        _URL,
        "ListProductLines",
        pb.ListProductLinesRequest(lead_id=LEAD_ID),
        pb.ListProductLinesResponse(lines=[LINE]),
        [LINE_JSON],
    ),
]

CREATES = [
    Create(
        _URL,
        {"productId": PRODUCT_ID.upper(), "quantity": 2, "unitPrice": 5000, "discount": 0},
        "AddProductLine",
        pb.AddProductLineRequest(
            lead_id=LEAD_ID,
            product_id=PRODUCT_ID,
            fields=pb.ProductLineFields(quantity="2", unit_price="5000", discount="0"),
        ),
        pb.AddProductLineResponse(line=LINE),
        LINE_JSON,
        f"{_URL}/{PRODUCT_ID}",
        '"3"',
    ),
    Create(
        _URL,
        {"productId": PRODUCT_ID, "quantity": None},
        "AddProductLine",
        pb.AddProductLineRequest(lead_id=LEAD_ID, product_id=PRODUCT_ID, fields=pb.ProductLineFields()),
        pb.AddProductLineResponse(line=LINE),
        LINE_JSON,
        f"{_URL}/{PRODUCT_ID}",
        '"3"',
    ),
]

UPDATES = [
    Update(
        "PUT",
        f"{_URL}/{PRODUCT_ID}",
        {"quantity": 2.5, "unitPrice": 4500.5, "discount": None},
        "UpdateProductLine",
        pb.UpdateProductLineRequest(
            lead_id=LEAD_ID,
            product_id=PRODUCT_ID,
            fields=pb.ProductLineFields(quantity="2.5", unit_price="4500.5"),
            update_mask=FieldMask(paths=["discount", "quantity", "unit_price"]),
            expected_version=7,
        ),
        pb.UpdateProductLineResponse(line=LINE),
        LINE_JSON,
    ),
]

DELETES = [
    Delete(
        f"{_URL}/{PRODUCT_ID.upper()}",
        "RemoveProductLine",
        pb.RemoveProductLineRequest(lead_id=LEAD_ID, product_id=PRODUCT_ID, expected_version=7),
        pb.RemoveProductLineResponse(),
    ),
]
