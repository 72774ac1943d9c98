"""What an update asks for: the fields that its mask names, with their values."""

from collections.abc import Mapping
from typing import Any, Protocol

from google.protobuf.descriptor import Descriptor
from google.protobuf.field_mask_pb2 import FieldMask

from kit.errors import FieldViolation
from kit.ids import parse_id
from settings_service.domain.fields import Rule, rest_name
from settings_service.domain.refusal import refuse
from settings_service.rpc.mapping import movement_name
from settings_service.usecases.lists import Change

_ENUMS = {"movement": movement_name}


class VersionedRequest(Protocol):
    """A request that may say which version the caller read."""

    @property
    def expected_version(self) -> int:
        """The version that the caller read, where it is there."""

    def HasField(self, name: Any, /) -> bool:
        """Whether the field is there."""


class UpdateRequest(VersionedRequest, Protocol):
    """What all updates of an entry have beside the entry itself."""

    @property
    def update_mask(self) -> FieldMask:
        """The fields that are to change."""


class EntryMessage(Protocol):
    """An entry as a proto."""

    @property
    def id(self) -> str:
        """Which entry."""

    @property
    def DESCRIPTOR(self) -> Descriptor:
        """Its fields."""


def change_of(request: UpdateRequest, entry: EntryMessage, rules: Mapping[str, Rule]) -> Change:
    """The change that a request asks for.

    Raises:
        LeadlineError: VALIDATION_FAILED for an id that is none, and for masks with fields that cannot be changed.
    """
    paths = list(dict.fromkeys(request.update_mask.paths))
    known = entry.DESCRIPTOR.fields_by_name
    refuse(_not_editable(path, known=path in known) for path in paths if path not in rules)
    return Change(
        entry_id=parse_id(entry.id, "id"),
        fields={path: _value(path, getattr(entry, path)) for path in paths},
        expected_version=expected_version(request),
    )


def expected_version(request: VersionedRequest) -> int | None:
    """The version that the caller read, if it said so."""
    return request.expected_version if request.HasField("expected_version") else None


def _value(path: str, value: Any) -> Any:
    return _ENUMS[path](value) if path in _ENUMS else value


def _not_editable(path: str, *, known: bool) -> FieldViolation:
    if known:
        return FieldViolation(rest_name(path), "READ_ONLY", "Cannot be changed.")
    return FieldViolation(rest_name(path), "UNKNOWN_FIELD", "There is no such field.")
