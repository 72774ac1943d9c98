"""Settings and CRM records as the services answer them, and the same as JSON."""

from leadline.crm.v1 import records_pb2
from leadline.settings.v1 import lists_pb2

from tests.contract.gateway.samples import (
    ACCOUNT_ID,
    CHANGED,
    CHANGED_AT,
    CONTACT_ID,
    CREATED,
    CREATED_AT,
    ENTRY_ID,
    LEAD_ID,
    NOTE_ID,
    OPPORTUNITY_ID,
    PIPELINE_ID,
    PRODUCT_ID,
    STAGE_ID,
    USER_ID,
    uid,
)

DOCUMENT_ID, LINE_ID = uid(21), uid(22)

PIPELINE = lists_pb2.Pipeline(
    id=PIPELINE_ID,
    name="Sales",
    module=lists_pb2.MODULE_LEADS,
    is_default=True,
    movement=lists_pb2.MOVEMENT_SEQUENTIAL,
    version=3,
    created_at=CREATED_AT,
    updated_at=CHANGED_AT,
)
_KEPT_JSON = {"version": 3, "createdAt": CREATED, "updatedAt": CHANGED}
PIPELINE_JSON = {
    "id": PIPELINE_ID,
    "name": "Sales",
    "module": "leads",
    "isDefault": True,
    "movement": "sequential",
    **_KEPT_JSON,
}
STAGE = lists_pb2.Stage(
    id=STAGE_ID,
    pipeline_id=PIPELINE_ID,
    name="New",
    position=1,
    color="#2e86de",
    probability=10,
    is_won=False,
    is_lost=True,
    version=3,
    created_at=CREATED_AT,
    updated_at=CHANGED_AT,
)
STAGE_JSON = {
    "id": STAGE_ID,
    "pipelineId": PIPELINE_ID,
    "name": "New",
    "position": 1,
    "color": "#2e86de",
    "probability": 10,
    "isWon": False,
    "isLost": True,
    **_KEPT_JSON,
}
PRIORITY = lists_pb2.Priority(
    id=ENTRY_ID,
    name="high",
    label="High",
    color="#c0392b",
    position=3,
    is_default=False,
    version=3,
    created_at=CREATED_AT,
    updated_at=CHANGED_AT,
)
PRIORITY_JSON = {
    "id": ENTRY_ID,
    "name": "high",
    "label": "High",
    "color": "#c0392b",
    "position": 3,
    "isDefault": False,
    **_KEPT_JSON,
}
LABEL = lists_pb2.Label(
    id=ENTRY_ID,
    name="cold_call",
    label="Cold call",
    is_active=True,
    version=3,
    created_at=CREATED_AT,
    updated_at=CHANGED_AT,
)
LABEL_JSON = {"id": ENTRY_ID, "name": "cold_call", "label": "Cold call", "isActive": True, **_KEPT_JSON}

_RECORD_NOTE = records_pb2.RecordNote(id=NOTE_ID, content="Morning", created_by=USER_ID, created_at=CREATED_AT)
_RECORD_DOCUMENT = records_pb2.RecordDocument(
    id=DOCUMENT_ID,
    lead_id=LEAD_ID,
    name="Offer.pdf",
    content_type="application/pdf",
    size_bytes=48213,
    created_by=USER_ID,
    created_at=CREATED_AT,
)
_RECORD_MEMBER = records_pb2.RecordMember(user_id=USER_ID, role="sales_rep", added_by=USER_ID, added_at=CREATED_AT)
CAME_OVER_JSON = {
    "notes": [{"id": NOTE_ID, "content": "Morning", "createdBy": USER_ID, "createdAt": CREATED}],
    "documents": [
        {
            "documentId": DOCUMENT_ID,
            "leadId": LEAD_ID,
            "name": "Offer.pdf",
            "contentType": "application/pdf",
            "sizeBytes": 48213,
            "createdBy": USER_ID,
            "createdAt": CREATED,
        }
    ],
    "team": [{"userId": USER_ID, "role": "sales_rep", "addedBy": USER_ID, "addedAt": CREATED}],
}
LINES_JSON = {
    "lines": [
        {
            "id": LINE_ID,
            "productId": PRODUCT_ID,
            "productName": "Enterprise Plan",
            "quantity": "2.5",
            "unitPrice": "5000.00",
            "discount": 10,
            "total": "11250.00",
        }
    ]
}
ACCOUNT = records_pb2.Account(
    id=ACCOUNT_ID,
    name="StartupIO",
    email_domain="startup.io",
    owner_id=USER_ID,
    lead_id=LEAD_ID,
    custom_fields='{"size":12.50}',
    version=3,
    created_at=CREATED_AT,
    updated_at=CHANGED_AT,
    notes=[_RECORD_NOTE],
    documents=[_RECORD_DOCUMENT],
    team=[_RECORD_MEMBER],
)
ACCOUNT_JSON = {
    "id": ACCOUNT_ID,
    "name": "StartupIO",
    "emailDomain": "startup.io",
    "phone": None,
    "ownerId": USER_ID,
    "leadId": LEAD_ID,
    "customFields": {"size": "12.50"},
    **_KEPT_JSON,
}
CONTACT = records_pb2.Contact(
    id=CONTACT_ID,
    account_id=ACCOUNT_ID,
    first_name="Alice",
    email="alice@startup.io",
    phone_e164="+1234567890",
    version=3,
    created_at=CREATED_AT,
    updated_at=CHANGED_AT,
    notes=[_RECORD_NOTE],
    documents=[_RECORD_DOCUMENT],
    team=[_RECORD_MEMBER],
)
CONTACT_JSON = {
    "id": CONTACT_ID,
    "accountId": ACCOUNT_ID,
    "firstName": "Alice",
    "lastName": None,
    "email": "alice@startup.io",
    "phone": None,
    "phoneE164": "+1234567890",
    "title": None,
    "ownerId": None,
    "leadId": None,
    "customFields": {},
    **_KEPT_JSON,
}
OPPORTUNITY = records_pb2.Opportunity(
    id=OPPORTUNITY_ID,
    name="Enterprise deal",
    account_id=ACCOUNT_ID,
    pipeline_id=PIPELINE_ID,
    stage_id=STAGE_ID,
    value="50000.00",
    currency="USD",
    lead_id=LEAD_ID,
    lines=[
        records_pb2.OpportunityLine(
            id=LINE_ID,
            product_id=PRODUCT_ID,
            product_name="Enterprise Plan",
            quantity="2.5",
            unit_price="5000.00",
            discount="10",
            total="11250.00",
        )
    ],
    version=3,
    created_at=CREATED_AT,
    updated_at=CHANGED_AT,
    notes=[_RECORD_NOTE],
    documents=[_RECORD_DOCUMENT],
    team=[_RECORD_MEMBER],
)
OPPORTUNITY_JSON = {
    "id": OPPORTUNITY_ID,
    "name": "Enterprise deal",
    "accountId": ACCOUNT_ID,
    "contactId": None,
    "pipelineId": PIPELINE_ID,
    "stageId": STAGE_ID,
    "value": "50000.00",
    "currency": "USD",
    "description": None,
    "ownerId": None,
    "leadId": LEAD_ID,
    "customFields": {},
    **_KEPT_JSON,
}
PRODUCT = records_pb2.Product(
    id=PRODUCT_ID,
    name="Enterprise Plan",
    unit_price="5000.00",
    is_active=True,
    version=3,
    created_at=CREATED_AT,
    updated_at=CHANGED_AT,
)
PRODUCT_JSON = {
    "id": PRODUCT_ID,
    "name": "Enterprise Plan",
    "sku": None,
    "description": None,
    "unitPrice": "5000.00",
    "isActive": True,
    **_KEPT_JSON,
}
