"""Values as the API takes them: strict, because a string is no number and a number is no string."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from gateway.body import Number, json_text

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)")
_MOST_VALUES = 100
_UUID_SCHEMA = {"type": "string", "format": "uuid"}


def uuid_text(text: str) -> str:
    """The UUID in lower case, or an error."""
    if not _UUID.fullmatch(text):
        raise PydanticCustomError("not_a_uuid", "Must be a UUID such as 018f4e6e-7f5a-7c3e-9d3b-2f1c5e8a9b10.")
    return text.lower()


def _exact(value: object) -> Decimal:
    if isinstance(value, Number):
        return value.exact()
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    raise PydanticCustomError("wrong_type", "Must be a number.")


def _instant(value: object) -> datetime:
    if not isinstance(value, str):
        raise PydanticCustomError("wrong_type", "Must be a string.")
    try:
        if _RFC_3339.fullmatch(value):
            return datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise PydanticCustomError(
        "not_a_timestamp", "Must be an RFC 3339 timestamp with offset, such as 2025-01-20T10:00:00Z."
    )


def _whole(value: object) -> int:
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= 9:
        return int(value)
    raise PydanticCustomError("wrong_type", "Must be a whole number from 1.")


def _flag(value: object) -> bool:
    if value in ("true", "false"):
        return value == "true"
    raise PydanticCustomError("wrong_type", "Must be true or false.")


def _by_comma(value: object) -> list[str]:
    texts = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    parts = [part.strip() for text in texts for part in str(text).split(",")]
    if not all(parts):
        raise PydanticCustomError("empty", "Must not be empty, nor have an empty value between commas.")
    if len(parts) > _MOST_VALUES:
        raise PydanticCustomError("too_many", f"Must have at most {_MOST_VALUES} values.")
    return parts


def _assignee(text: str) -> str:
    return text if text in ("me", "none") else uuid_text(text)


Id = Annotated[str, AfterValidator(uuid_text), WithJsonSchema(_UUID_SCHEMA)]
Money = Annotated[Decimal, BeforeValidator(_exact), WithJsonSchema({"type": "number"})]
Instant = Annotated[datetime, BeforeValidator(_instant), WithJsonSchema({"type": "string", "format": "date-time"})]
Int32 = Annotated[int, Field(ge=-(2**31), le=2**31 - 1)]
JsonObject = dict[str, Any]
# Any JSON value, as its JSON text: null is a value too.
JsonValue = Annotated[str, BeforeValidator(json_text), WithJsonSchema({})]

# In a query everything is text. Lists take several values by comma.
Whole = BeforeValidator(_whole)
QueryFlag = Annotated[bool, BeforeValidator(_flag)]
ByComma = BeforeValidator(_by_comma)
Texts = Annotated[list[str], ByComma]
Ids = Annotated[list[Id], ByComma]
_Assignee = Annotated[
    str, AfterValidator(_assignee), WithJsonSchema({"anyOf": [_UUID_SCHEMA, {"enum": ["me", "none"]}]})
]
Assignees = Annotated[list[_Assignee], ByComma]
