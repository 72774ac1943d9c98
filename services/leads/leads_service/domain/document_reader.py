"""Reads values out of a JSON document by path, so that whatever is wrong is named by its place."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NoReturn

_ABSENT = object()


@dataclass(frozen=True, slots=True)
class Place:
    """A value in a document and the path to it. Each reading raises ValueError naming the path."""

    path: str
    value: Any

    def refuse(self, why: str) -> NoReturn:
        """Say what is wrong here."""
        message = f"{self.path}: {why}"
        raise ValueError(message)

    def get(self, key: str, default: Any = _ABSENT) -> "Place":
        """What an object holds under a key, or the default."""
        if not isinstance(self.value, Mapping):
            self.refuse("must be an object")
        value = self.value.get(key, default)
        inner = Place(f"{self.path}.{key}" if self.path else key, value)
        if value is _ABSENT:
            inner.refuse("must be there")
        return inner

    def items(self) -> Iterator[tuple[str, "Place"]]:
        """The keys of an object with what they hold."""
        if not isinstance(self.value, Mapping):
            self.refuse("must be an object")
        return ((key, self.get(key)) for key in self.value)

    def each(self) -> Iterator["Place"]:
        """What a list holds."""
        if not isinstance(self.value, (list, tuple)):
            self.refuse("must be a list")
        return (Place(f"{self.path}[{index}]", value) for index, value in enumerate(self.value))

    def text(self) -> str:
        """A text that is not empty."""
        if not isinstance(self.value, str) or not self.value:
            self.refuse("must be text")
        return self.value

    def flag(self) -> bool:
        """True or false."""
        if not isinstance(self.value, bool):
            self.refuse("must be true or false")
        return self.value

    def whole(self) -> int:
        """A whole number."""
        if isinstance(self.value, bool) or not isinstance(self.value, int):
            self.refuse("must be a whole number")
        return self.value

    def positive(self, most: int) -> Decimal:
        """A decimal above 0, at most so much."""
        if isinstance(self.value, bool) or not isinstance(self.value, (int, float, Decimal)):
            self.refuse("must be a number")
        number = Decimal(str(self.value))
        if not (number.is_finite() and 0 < number <= most):
            self.refuse(f"must be above 0 and at most {most}")
        return number

    def one_of(self, *allowed: str) -> str:
        """One of these words."""
        if self.value not in allowed:
            self.refuse(f"must be one of {', '.join(allowed)}")
        return str(self.value)
