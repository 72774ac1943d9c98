"""Documents of a lead."""

from pydantic import ConfigDict, Field

from gateway.schemas.base import Answer
from gateway.schemas.types import Id, Instant


class Document(Answer):
    """A file that belongs to a lead."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "018f4e6e-7f5a-7c3e-9d3b-2f1c5e8a9b77",
                    "leadId": "018f4e6e-7f5a-7c3e-9d3b-2f1c5e8a9b10",
                    "name": "Offer 2025-01.pdf",
                    "contentType": "application/pdf",
                    "sizeBytes": 48213,
                    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                    "createdBy": "018f4e6e-0000-7000-8000-000000000005",
                    "createdAt": "2025-01-20T10:00:00Z",
                }
            ]
        }
    )

    id: Id
    lead_id: Id
    name: str = Field(description="The file's name, without folders and what else is no name; at most 255 bytes.")
    content_type: str
    size_bytes: int
    sha256: str = Field(description="Of the content, in hexadecimal; the ETag of its download.")
    created_by: Id
    created_at: Instant
