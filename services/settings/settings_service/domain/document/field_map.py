"""Where fields of a lead go in the records that its conversion makes: ``conversion.fieldMap``. Spec: conversion."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from kit.errors import FieldViolation
from settings_service.domain.document.values import FilledField, Section
from settings_service.domain.lead_fields import Nature, is_custom_field, nature_of

# The fields that a conversion fills, and what they hold.
TARGETS: Mapping[str, Nature] = {
    "account.name": "text",
    "account.phone": "text",
    "contact.firstName": "text",
    "contact.lastName": "text",
    "contact.email": "text",
    "contact.phone": "text",
    "contact.title": "text",
    "opportunity.name": "text",
    "opportunity.value": "number",
    "opportunity.description": "text",
}
_RECORDS = frozenset(target.partition(".")[0] for target in TARGETS)


def _is_custom_target(target: str) -> bool:
    """Whether this is ``<record>.customFields.<key>``, which holds anything."""
    record, _, field = target.partition(".")
    return record in _RECORDS and is_custom_field(field)


def _known_target(target: str) -> str:
    if target not in TARGETS and not _is_custom_target(target):
        allowed = ", ".join((*TARGETS, "<record>.customFields.<key>"))
        raise PydanticCustomError("UNKNOWN_TARGET", "Use one of {allowed}.", {"allowed": allowed})
    return target


class FieldRule(Section):
    """One field's way. Of a custom field it shows when a lead is converted whether its value fits."""

    source: FilledField = Field(alias="from")
    target: Annotated[str, AfterValidator(_known_target)] = Field(alias="to")


def violations_of_types(path: str, rules: Sequence[FieldRule]) -> Iterator[FieldViolation]:
    """The rules that would put something into a field that cannot hold it."""
    for place, rule in enumerate(rules):
        wanted, given = TARGETS.get(rule.target), nature_of(rule.source)
        if wanted and given and wanted != given:
            sentence = f"{rule.target} holds a {wanted}, {rule.source} is none."
            yield FieldViolation(f"{path}[{place}].to", "WRONG_TYPE", sentence)
