"""What a stage may ask for: the rules of its fields."""

import re
from collections.abc import Iterator

from kit.errors import FieldViolation, invalid_field
from settings_service.domain.entries import FieldType, StageField
from settings_service.domain.fields import LONGEST_NAME, name
from settings_service.domain.lead_fields import FIELD_TYPES
from settings_service.domain.several import each_once

_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
# Their values are kept as text, so that they are values of a text field too.
_WRITTEN: frozenset[FieldType] = frozenset({"date", "datetime", "select", "email", "phone", "url"})

# What a select offers.
options = each_once(name, most=1_000)


def key(field: str, value: str) -> str:
    """The name under which leads keep the value: 1 to 100 letters, digits, ``_`` and ``-``."""
    text = value.strip()
    if not text:
        raise invalid_field(field, "REQUIRED", "Must not be empty.")
    if len(text) > LONGEST_NAME:
        raise invalid_field(field, "TOO_LONG", f"Must have at most {LONGEST_NAME} characters.")
    if not _KEY.fullmatch(text):
        raise invalid_field(field, "WRONG_CHARACTER", "Must be letters a to z, digits, _ and -, a letter or _ first.")
    return text


def faults_of_field(before: StageField | None, after: StageField) -> Iterator[FieldViolation]:
    """What does not fit together in a field, or not with the values that leads may have for it."""
    if after.type == "select" and not after.options:
        yield FieldViolation("options", "REQUIRED", "A select needs something to choose from.")
    if after.type != "select" and after.options:
        yield FieldViolation("options", "NOT_ALLOWED", "Only a select has options.")
    own = FIELD_TYPES.get(after.name)
    if own is not None:
        if after.type not in own:
            sentence = f"{after.name} is the lead's own field: its type is {' or '.join(own)}."
            yield FieldViolation("type", "TYPE_OF_LEAD_FIELD", sentence)
    elif before is not None and before.name == after.name and not _values_survive(before.type, after.type):
        sentence = f"Values that leads have would be no {after.type} any more. Delete this field and add another one."
        yield FieldViolation("type", "TYPE_CHANGE", sentence)


def _values_survive(before: FieldType, after: FieldType) -> bool:
    # Leads keep the values, and nobody here knows which; so each value of the old type must be one of the new.
    return before == after or (before in _WRITTEN and after == "text")
