"""What all request bodies, queries and answers have in common."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Path
from google.protobuf.field_mask_pb2 import FieldMask
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from gateway.body import json_text
from gateway.schemas.types import Id, Whole
from kit.errors import invalid_field
from kit.rpc.times import to_timestamp

Item = TypeVar("Item")

Limit = Annotated[int, Field(ge=1, le=100), Whole]
PageNumber = Annotated[int, Field(ge=1, le=100_000_000), Whole]


# One name for every path: the parameter is called after what it is, the path says `id`. What has an id in the path
# beside that one is called after what it is there too.
PathId = Annotated[Id, Path(alias="id")]
StagePathId = Annotated[Id, Path(alias="stageId")]
FieldPathId = Annotated[Id, Path(alias="fieldId")]
UserPathId = Annotated[Id, Path(alias="userId")]
ProductPathId = Annotated[Id, Path(alias="productId")]
DocumentPathId = Annotated[Id, Path(alias="documentId")]


def _title(name: str, _info: object) -> str:
    return to_camel(name)


class Body(BaseModel):
    """A request body: camelCase, strict types, nothing unknown."""

    model_config = ConfigDict(
        strict=True, extra="forbid", alias_generator=to_camel, field_title_generator=_title, frozen=True
    )

    def mask(self) -> FieldMask:
        """The fields that were given, null or not: what an update changes."""
        return FieldMask(paths=sorted(self.model_fields_set))

    def values(self) -> dict[str, Any]:
        """What was given and is not null, for the proto fields of the same names."""
        found = {name: getattr(self, name) for name in self.model_fields_set}
        return {name: _proto_value(value) for name, value in found.items() if value is not None}


class Query(BaseModel):
    """Query parameters; all of them are text."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, field_title_generator=_title, frozen=True)


class CursorQuery(Query):
    """A page by its number, or by the cursor of the page before."""

    page: PageNumber | None = Field(None, description="From 1 (the default); not together with a cursor.")
    limit: Limit = 25
    cursor: str = Field("", max_length=2000, description="`meta.nextCursor` of an earlier answer.")

    def number(self) -> int | None:
        """The number of the page; nothing where a cursor is followed.

        Raises:
            LeadlineError: VALIDATION_FAILED where both are given.
        """
        if self.cursor and self.page is not None:
            raise invalid_field("page", "NOT_TOGETHER", "Give a page or a cursor, not both.")
        return None if self.cursor else self.page or 1

    def asked(self) -> dict[str, Any]:
        """It in the proto fields that requests for such pages have.

        Raises:
            LeadlineError: VALIDATION_FAILED where page and cursor are given.
        """
        return {"page": self.number() or 0, "limit": self.limit, "cursor": self.cursor}


class Answer(BaseModel):
    """An answer's shape, for the documentation; answers themselves are written by hand, for speed."""

    model_config = ConfigDict(strict=True, extra="forbid", alias_generator=to_camel, field_title_generator=_title)


class CursorMeta(Answer):
    """Where in a list a page stands. `page` is null where a cursor was followed, `nextCursor` on the last page."""

    total: int
    page: int | None
    limit: int
    total_pages: int
    next_cursor: str | None


class CursorPage(Answer, Generic[Item]):
    """A page of a list that goes on by cursor."""

    data: list[Item]
    meta: CursorMeta


def _proto_value(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return to_timestamp(value)
    return json_text(value) if isinstance(value, dict) else value
