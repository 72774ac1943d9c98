"""Documents as the leads service answers them, the same as JSON, and what the calls about them ask."""

from typing import Any

from leadline.leads.v1 import document_service_pb2 as pb

from tests.contract.gateway.cases import Delete, Read
from tests.contract.gateway.samples import CREATED, CREATED_AT, LEAD_ID, USER_ID, uid

DOCUMENT_ID = uid(80)
URL = f"/leads/{LEAD_ID}/documents"
CONTENT = b"%PDF-1.7\r\n--not a boundary\r\n" + bytes(range(256)) * 4000

DOCUMENT = pb.Document(
    id=DOCUMENT_ID,
    lead_id=LEAD_ID,
    name='Offer "für" Alice.pdf',
    content_type="application/pdf",
    size_bytes=len(CONTENT),
    sha256="9f" * 32,
    created_by=USER_ID,
    created_at=CREATED_AT,
)
DOCUMENT_JSON: dict[str, Any] = {
    "id": DOCUMENT_ID,
    "leadId": LEAD_ID,
    "name": 'Offer "für" Alice.pdf',
    "contentType": "application/pdf",
    "sizeBytes": len(CONTENT),
    "sha256": "9f" * 32,
    "createdBy": USER_ID,
    "createdAt": CREATED,
}

READS = [
    Read(
        URL,
        "ListDocuments",
        pb.ListDocumentsRequest(lead_id=LEAD_ID, page=1, limit=25),
        pb.ListDocumentsResponse(documents=[DOCUMENT], total=51, next_cursor="Y3Vyc29y"),
        {
            "data": [DOCUMENT_JSON],
            "meta": {"total": 51, "page": 1, "limit": 25, "totalPages": 3, "nextCursor": "Y3Vyc29y"},
        },
    ),
    Read(
        f"{URL}?cursor=Y3Vyc29y&limit=50",
        "ListDocuments",
        pb.ListDocumentsRequest(lead_id=LEAD_ID, limit=50, cursor="Y3Vyc29y"),
        pb.ListDocumentsResponse(total=51),
        {"data": [], "meta": {"total": 51, "page": None, "limit": 50, "totalPages": 2, "nextCursor": None}},
    ),
]

DELETES = [
    Delete(
        f"{URL}/{DOCUMENT_ID.upper()}",
        "DeleteDocument",
        pb.DeleteDocumentRequest(lead_id=LEAD_ID, document_id=DOCUMENT_ID),
        pb.DeleteDocumentResponse(),
    ),
]
