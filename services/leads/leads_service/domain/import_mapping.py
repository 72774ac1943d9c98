"""Which column of an import goes to which field, and whether that can be meant (spec: leads)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from kit import jsontext
from kit.errors import LeadlineError, invalid_field
from leads_service.domain.configuration import Configuration
from leads_service.domain.faults import Faults
from leads_service.domain.fields import clean_field
from leads_service.domain.imports import ImportColumn, ImportOptions
from leads_service.domain.lead import FIELDS, OBJECTS

CUSTOM = "customFields."
# The fields that callers may write.
WRITABLE = {
    name: attribute
    for name, attribute in FIELDS.items()
    if name not in {"status", "score", "qualified", "createdBy", "createdAt", "updatedAt"}
}
# One of these says whom a lead is about.
_IDENTIFYING = ("lastName", "company", "email", "phone")
_LONGEST_KEY = 200
_BETWEEN_WORDS = re.compile(r"[\s_]+")


def columns_of(names: Sequence[str], options: ImportOptions, configuration: Configuration) -> list[ImportColumn]:
    """The columns of a file with the fields that they go to.

    Raises:
        LeadlineError: VALIDATION_FAILED naming all that cannot be meant, by paths such as ``options.mapping.Mobile``.
    """
    faults = Faults()
    for column, field in options.mapping.items():
        faults.note(partial(_check_mapping, column, field, names, options.mapping))
    for path, field, value in _values(options):
        faults.note(partial(_check_value, path, field, value, configuration))
    faults.refuse()
    fields = _fields(names, options)
    faults.note(lambda: _require_identity({*fields.values(), *options.defaults}))
    faults.refuse()
    return [ImportColumn(name, fields.get(name, "")) for name in names]


def is_writable(field: str) -> bool:
    """Whether callers may write a field of this name: a lead's, or ``customFields.<key>``."""
    return field in WRITABLE or (field.startswith(CUSTOM) and 0 < len(field) - len(CUSTOM) <= _LONGEST_KEY)


def is_custom(field: str) -> bool:
    """Whether it is a key of the custom fields."""
    return field.startswith(CUSTOM)


def written(field: str, value: str, path: str) -> tuple[str, Any]:
    """The attribute that a field's text is written to, and what is written there.

    Raises:
        LeadlineError: VALIDATION_FAILED naming ``path`` for text that is no JSON object where one is needed.
    """
    if is_custom(field):
        return "custom_fields", {field.removeprefix(CUSTOM): value}
    return WRITABLE[field], _object(value, path) if field in OBJECTS else value


def _object(text: str, path: str) -> dict[str, Any]:
    try:
        value = jsontext.loads(text)
    except (ValueError, RecursionError) as error:
        raise _no_object(path) from error
    if not isinstance(value, dict):
        raise _no_object(path)
    return value


def _no_object(path: str) -> LeadlineError:
    return invalid_field(path, "WRONG_TYPE", "Must be a JSON object.")


def _check_mapping(column: str, field: str, names: Sequence[str], mapping: Mapping[str, str]) -> None:
    path = f"options.mapping.{column}"
    if column not in names:
        raise invalid_field(path, "UNKNOWN_COLUMN", "The file has no such column.")
    if not field:
        return
    if not is_writable(field):
        raise invalid_field(path, "UNKNOWN_FIELD", f"There is no field {field} that an import may write.")
    if next(each for each in mapping if mapping[each] == field) != column:
        raise invalid_field(path, "DUPLICATE", f"Another column goes to {field} already.")


def _values(options: ImportOptions) -> Iterator[tuple[str, str, str | None]]:
    for field, value in options.defaults.items():
        yield f"options.defaults.{field}", field, value
    for field, table in options.values.items():
        # The field counts also where nothing is said for it.
        yield f"options.values.{field}", field, None
        for old, value in table.items():
            yield f"options.values.{field}.{old}", field, value


def _check_value(path: str, field: str, value: str | None, configuration: Configuration) -> None:
    if not is_writable(field):
        if value is None or path.startswith("options.defaults."):
            raise invalid_field(path, "UNKNOWN_FIELD", "There is no such field that an import may write.")
    elif value:
        attribute, given = written(field, value, path)
        clean_field(attribute, path, given, configuration)


def _fields(names: Sequence[str], options: ImportOptions) -> dict[str, str]:
    """Column to field: as the caller says, else by the column's name, else where the rest goes."""
    fields = dict(options.mapping)
    taken = set(fields.values())
    for name in names:
        by_name = _BY_NAME.get(_plain(name), name if name.startswith(CUSTOM) and is_writable(name) else "")
        if name not in fields and by_name and by_name not in taken:
            fields[name] = by_name
            taken.add(by_name)
    if options.rest_to_custom_fields:
        for name in names:
            if name not in fields and CUSTOM + name not in taken:
                fields[name] = CUSTOM + name
    return fields


def _plain(name: str) -> str:
    return _BETWEEN_WORDS.sub("", name).casefold()


_BY_NAME = {_plain(name): name for name in WRITABLE}


def _require_identity(fields: set[str]) -> None:
    if fields.isdisjoint(_IDENTIFYING):
        message = f"Map a column to at least one of {', '.join(_IDENTIFYING)}: no row could become a lead."
        raise invalid_field("options.mapping", "REQUIRED", message)
