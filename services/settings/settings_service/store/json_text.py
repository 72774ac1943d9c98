"""A column of JSON whose values are JSON text in Python, where 1, 1.0 and true would be equal as values."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from kit import jsontext


class JsonText(sa.types.TypeDecorator[str]):
    """JSON in the database, its text in Python; null is JSON's."""

    impl = JSONB(none_as_null=False)
    cache_ok = True

    def process_bind_param(self, value: str | None, _dialect: sa.Dialect) -> Any:
        """The value of the text."""
        return None if value is None else jsontext.loads(value)

    def process_result_value(self, value: Any, _dialect: sa.Dialect) -> str:
        """The text of the value."""
        return jsontext.dumps(value)
