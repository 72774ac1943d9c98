"""The request headers that operations take, as FastAPI reads and documents them."""

import re
from typing import Annotated

from fastapi import Header
from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

_ETAG = re.compile(r'(?:W/)?"(\d{1,18})"')
_KEY = re.compile(r"[\x21-\x7e]{1,255}")


def _version(value: object) -> int | None:
    if value is None or value == "*":
        return None
    known = _ETAG.fullmatch(str(value))
    if known is None:
        raise PydanticCustomError("not_an_etag", 'Must be the ETag of an earlier answer, such as "7".')
    return int(known[1])


def _key(value: object) -> str | None:
    if value is not None and not _KEY.fullmatch(str(value)):
        raise PydanticCustomError("not_a_key", "Must be 1 to 255 printable ASCII characters without space.")
    return None if value is None else str(value)


IfMatch = Annotated[
    int | None,
    BeforeValidator(_version),
    WithJsonSchema({"type": "string", "examples": ['"7"']}),
    Header(alias="If-Match", description="The ETag that the change is meant for; a stale one answers 412."),
]
IdempotencyKey = Annotated[
    str | None,
    BeforeValidator(_key),
    WithJsonSchema({"type": "string", "maxLength": 255}),
    Header(
        alias="Idempotency-Key",
        description="The same key with the same body within 24 hours gets the first answer again.",
    ),
]
