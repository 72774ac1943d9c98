"""From the cells of a row to the body of `POST /leads`, as the flags say."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

import orjson

LEAD_FIELDS = (
    "firstName", "lastName", "email", "phone", "company", "title", "source", "priority", "pipelineId", "stageId",
    "assignedTo", "estimatedValue", "description",
)  # fmt: skip
OBJECT_FIELDS = ("customFields", "stageFieldValues")
ANY_OTHER = "*"

Body = dict[str, Any]


class FlagError(ValueError):
    """A flag that cannot be meant as it stands; the message says why."""


@dataclass(frozen=True, slots=True)
class FieldMapping:
    """Which column becomes which lead field, what replaces which value, and what every lead gets."""

    fields: Mapping[str, str]
    constants: Mapping[str, str]
    replacements: Mapping[str, Mapping[str, str]]

    def check(self, header: Collection[str]) -> None:
        """Compare with the columns that the file has.

        Raises:
            FlagError: a column that is mapped is not among them.
        """
        missing = [column for column in self.fields if column not in header]
        if missing:
            names, there = ", ".join(missing), ", ".join(header)
            message = f"the file has no column {names}; its columns are: {there}"
            raise FlagError(message)

    def body(self, cells: Mapping[str, str]) -> Body:
        """The lead of a row. An empty cell gives no field, and leaves a constant in place."""
        values = dict(self.constants)
        for column, field in self.fields.items():
            if text := self._replaced(column, cells[column].strip()):
                values[field] = text
        return _body(values)

    def _replaced(self, column: str, text: str) -> str:
        known = self.replacements.get(column, {})
        return known.get(text, known.get(ANY_OTHER, text)) if text else text


def read_flags(columns: Iterable[str], constants: Iterable[str], replacements: Iterable[str]) -> FieldMapping:
    """The mapping that `--map COLUMN=field`, `--set field=value` and `--value COLUMN:old=new` describe.

    Raises:
        FlagError: one of them has another form, names an unknown field, or contradicts another one.
    """
    fields: dict[str, str] = {}
    for flag in columns:
        column, field = _split(flag, "=", "--map", "COLUMN=field", from_right=True)
        if column in fields or field in fields.values():
            message = f"--map {flag}: the column or the field is mapped twice"
            raise FlagError(message)
        fields[column] = _known(field)
    if not fields:
        message = "map at least one column, for instance --map 'E-mail=email'"
        raise FlagError(message)
    fixed = dict(_split(flag, "=", "--set", "field=value") for flag in constants)
    return FieldMapping(fields, {_known(field): value for field, value in fixed.items()}, _read(replacements, fields))


def encode(body: Body, *, pretty: bool = False) -> bytes:
    """The body as JSON; decimals are written as the exact numbers that they are."""
    return orjson.dumps(body, default=lambda value: orjson.Fragment(str(value)), option=pretty * orjson.OPT_INDENT_2)


def _read(flags: Iterable[str], mapped: Collection[str]) -> dict[str, dict[str, str]]:
    replacements: dict[str, dict[str, str]] = {}
    for flag in flags:
        column, change = _split(flag, ":", "--value", "COLUMN:old=new")
        old, new = _split(change, "=", f"--value {column}:", "old=new", from_right=True)
        if column not in mapped:
            message = f"--value {flag}: the column {column} is not mapped"
            raise FlagError(message)
        replacements.setdefault(column, {})[old] = new
    return replacements


def _split(flag: str, separator: str, name: str, form: str, *, from_right: bool = False) -> tuple[str, str]:
    left, found, right = flag.rpartition(separator) if from_right else flag.partition(separator)
    if not found or not left.strip():
        message = f"{name} {flag}: must be {form}"
        raise FlagError(message)
    return left.strip(), right.strip()


def _known(field: str) -> str:
    outer, _, key = field.partition(".")
    if field in LEAD_FIELDS or (outer in OBJECT_FIELDS and key):
        return field
    message = f"{field} is no lead field; use one of {', '.join(LEAD_FIELDS)}, or customFields.<name>"
    raise FlagError(message)


def _body(values: Mapping[str, str]) -> Body:
    body: Body = {}
    for field, text in values.items():
        outer, _, key = field.partition(".")
        if key:
            body.setdefault(outer, {})[key] = text
        else:
            body[field] = _number(text) if field == "estimatedValue" else text
    return body


def _number(text: str) -> Decimal | str:
    """The number, or the text as it is: the server says best what is wrong with it."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    return number if number.is_finite() else text
