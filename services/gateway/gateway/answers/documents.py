"""Documents as JSON."""

from typing import Any

from leadline.leads.v1 import document_service_pb2 as pb

from gateway.answers.json import instant


def document(one: pb.Document) -> dict[str, Any]:
    """A document, without its content."""
    return {
        "id": one.id,
        "leadId": one.lead_id,
        "name": one.name,
        "contentType": one.content_type,
        "sizeBytes": one.size_bytes,
        "sha256": one.sha256,
        "createdBy": one.created_by,
        "createdAt": instant(one.created_at),
    }
