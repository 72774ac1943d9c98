"""Looking for leads that may be the same person."""

from typing import Literal

from pydantic import ConfigDict, Field

from gateway.schemas.base import Answer, Body
from gateway.schemas.types import Id


class DuplicateCheck(Body):
    """What a lead would have: at least one of the two."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"email": "alice@startup.io", "phone": "+1234567890"}]})

    email: str | None = Field(None, description="Compared in lower case.")
    phone: str | None = Field(None, description="Compared in E.164.")


class Duplicate(Answer):
    """A lead that may be the same person. What its stage hides from the caller is left out."""

    id: Id
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    match_field: Literal["email", "phone"]


class Duplicates(Answer):
    """Each match once, newest first, at most 25."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "duplicates": [
                        {
                            "id": "018f4e6e-7f5a-7c3e-9d3b-2f1c5e8a9b10",
                            "firstName": "Alice",
                            "lastName": "Johnson",
                            "email": "alice@startup.io",
                            "matchField": "email",
                        }
                    ]
                }
            ]
        }
    )

    duplicates: list[Duplicate]
