"""The fields of a lead that settings may name, in their REST names."""

from collections.abc import Mapping
from typing import Literal

from settings_service.domain.entries import FieldType

Nature = Literal["text", "number", "instant", "id"]

_CUSTOM = "customFields."
_STAGE_VALUE = "stageFieldValues."
_LONGEST_KEY = 100

# What a caller fills in, and the types that a stage field of that name may have.
FIELD_TYPES: Mapping[str, tuple[FieldType, ...]] = {
    "firstName": ("text",),
    "lastName": ("text",),
    "email": ("email",),
    "phone": ("phone",),
    "company": ("text",),
    "title": ("text",),
    "source": ("text", "select"),
    "priority": ("text", "select"),
    "estimatedValue": ("number",),
    "description": ("text",),
    "assignedTo": ("text",),
}
FILLED_FIELDS = frozenset(FIELD_TYPES)
_INSTANTS = frozenset({"createdAt", "updatedAt"})
_IDS = frozenset({"assignedTo", "pipelineId", "stageId", "createdBy"})
# What can be looked at to decide about a lead.
KNOWN_FIELDS = FILLED_FIELDS | _INSTANTS | _IDS | {"stageName", "status"}
_OBJECTS = frozenset({"customFields", "stageFieldValues"})
# It is computed, so that there is nothing to write: it can be hidden or not.
SCORE = "score"


def is_custom_field(name: str) -> bool:
    """Whether this is ``customFields.<key>``."""
    return _is_key_of(_CUSTOM, name)


def is_known_field(name: str) -> bool:
    """Whether this can be looked at to decide about a lead."""
    return name in KNOWN_FIELDS or is_custom_field(name)


def can_be_hidden(name: str) -> bool:
    """Whether a stage can say who sees or changes this."""
    named = FILLED_FIELDS | _OBJECTS | {SCORE}
    return name in named or is_custom_field(name) or _is_key_of(_STAGE_VALUE, name)


def nature_of(name: str) -> Nature | None:
    """What the values of a known field are; None for a custom field, which may hold anything."""
    if is_custom_field(name):
        return None
    if name in _INSTANTS:
        return "instant"
    if name in _IDS:
        return "id"
    return "number" if name == "estimatedValue" else "text"


def _is_key_of(prefix: str, name: str) -> bool:
    # No database keeps a NUL.
    return name.startswith(prefix) and 0 < len(name) - len(prefix) <= _LONGEST_KEY and "\0" not in name
