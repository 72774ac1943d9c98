"""Merging changes into the settings document."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from kit.errors import invalid_field
from settings_service.domain.document.checks import Configured, violations_of
from settings_service.domain.document.faults import faults_of_shape, faults_of_text
from settings_service.domain.document.shape import Document
from settings_service.domain.refusal import refuse


def changed_document(stored: Mapping[str, Any], changes: Any, configured: Configured) -> dict[str, Any]:
    """The whole document with the changes in it: section by section, key by key, a list as a whole.

    Raises:
        LeadlineError: VALIDATION_FAILED naming each path at fault.
    """
    if not isinstance(changes, dict):
        raise invalid_field("changes", "WRONG_TYPE", "Must be a JSON object of sections.")
    refuse(faults_of_text(changes))
    try:
        document = Document.model_validate(_merged(stored, changes))
    except ValidationError as found:
        refuse(faults_of_shape(found))
        raise
    refuse(violations_of(document, configured))
    return document.model_dump(mode="json", by_alias=True)


def highest_score(document: Mapping[str, Any]) -> int:
    """The score that no lead is above."""
    return int(document["scoring"]["maxScore"])


def _merged(stored: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(stored)
    for section, given in changes.items():
        known = stored.get(section)
        if isinstance(known, dict) and isinstance(given, dict):
            merged[section] = {**known, **given}
        else:
            merged[section] = given
    return merged
