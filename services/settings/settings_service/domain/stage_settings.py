"""What is set for each stage: who owns its leads, and what users see and change of them."""

from collections.abc import Iterator, Mapping
from typing import Any, get_args

from kit.errors import FieldViolation, LeadlineError, invalid_field
from kit.ids import parse_id
from settings_service.domain.entries import Access, OwnerType, StageOwnership, Strategy
from settings_service.domain.fields import identifier, name, one_of
from settings_service.domain.lead_fields import SCORE, can_be_hidden
from settings_service.domain.refusal import refuse
from settings_service.domain.several import each_once

_MOST_FIELDS = 200

_owner_type = one_of(*get_args(OwnerType))
_access = one_of(*get_args(Access))
strategy = one_of(*get_args(Strategy))
members = each_once(identifier, most=1_000)


def owner_type(field: str, value: str | None) -> str | None:
    """What the owner is, or nothing."""
    return _owner_type(field, value) if value else None


def owner_id(field: str, value: str) -> str | None:
    """Who the owner is, or nothing."""
    return name(field, value) if value.strip() else None


def faults_of_ownership(_before: StageOwnership | None, after: StageOwnership) -> Iterator[FieldViolation]:
    """An owner by halves, one who is no user, or leads assigned to nobody."""
    if after.owner_id and not after.owner_type:
        yield FieldViolation("ownerType", "REQUIRED", "Must say what the owner is: user, team or role.")
    if after.owner_type and not after.owner_id:
        yield FieldViolation("ownerId", "REQUIRED", f"Must say which {after.owner_type} it is.")
    if after.owner_type == "user" and after.owner_id:
        yield from _faults_of_user(after.owner_id)
    if not after.auto_assign:
        return
    if after.strategy == "none" and after.owner_type != "user":
        yield FieldViolation("autoAssign", "NOBODY_TO_ASSIGN", "Without a strategy, the owner must be a user.")
    if after.strategy != "none" and not after.member_ids:
        yield FieldViolation("memberIds", "NOBODY_TO_ASSIGN", "With a strategy, there must be a member.")


def _faults_of_user(text: str) -> Iterator[FieldViolation]:
    try:
        parse_id(text, "ownerId")
    except LeadlineError as error:
        yield from error.violations


def visible_fields(field: str, value: Mapping[str, Any]) -> dict[str, Access]:
    """What users can do with each of these fields."""
    if len(value) > _MOST_FIELDS:
        raise invalid_field(field, "TOO_LONG", f"Must have at most {_MOST_FIELDS} entries.")
    refuse(fault for named, access in sorted(value.items()) for fault in _faults_of_access(field, named, access))
    return dict(value)


def _faults_of_access(field: str, named: str, access: Any) -> Iterator[FieldViolation]:
    path = f"{field}.{named}"
    if not can_be_hidden(named):
        yield FieldViolation(path, "UNKNOWN_LEAD_FIELD", "Must be a field that users see and fill in, or score.")
        return
    if named == SCORE and access == "read_only":
        yield FieldViolation(path, "NOT_ALLOWED", "It is computed: use hidden or editable.")
        return
    try:
        _access(path, access)
    except LeadlineError as error:
        yield from error.violations
