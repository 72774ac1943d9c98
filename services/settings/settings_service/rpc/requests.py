"""What a request asks for: the fields that it gives or that its mask names, with their values."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID

from google.protobuf.descriptor import Descriptor
from google.protobuf.duration_pb2 import Duration
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message

from kit.errors import FieldViolation
from kit.ids import parse_id
from kit.rpc.times import wait_seconds
from settings_service.domain.fields import Rule, rest_name
from settings_service.domain.kinds import Kind
from settings_service.domain.refusal import refuse
from settings_service.rpc.words import ACCESSES, MODULES, MOVEMENTS, OWNER_TYPES, STRATEGIES, word_of
from settings_service.usecases.lists import Change

_LONGEST_WAIT_SECONDS = 60
_ENUMS: Mapping[str, Mapping[Any, int]] = {
    "module": MODULES,
    "movement": MOVEMENTS,
    "owner_type": OWNER_TYPES,
    "strategy": STRATEGIES,
}


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


class DeleteRequest(VersionedRequest, Protocol):
    """What all deletions have beside the entry's id that records may use."""

    @property
    def target_id(self) -> str:
        """What takes the records."""

    @property
    def max_wait(self) -> Duration:
        """How long the caller waits for the end."""


class EntryMessage(Protocol):
    """An entry as a proto."""

    @property
    def DESCRIPTOR(self) -> Descriptor:
        """Its fields."""


def given_in(request: Message, kind: Kind[Any]) -> dict[str, Any]:
    """The fields of a new entry that a request gives. What is left out is what it is at first."""
    rules = {**kind.fixed, **kind.rules}
    given = {field.name: value for field, value in request.ListFields()}
    return {name: _value(name, value) for name, value in given.items() if name in rules}


def change_of(request: UpdateRequest, entry: EntryMessage, entry_id: UUID, rules: Mapping[str, Rule]) -> Change:
    """The change that a request asks for.

    Raises:
        LeadlineError: VALIDATION_FAILED for masks with fields that cannot be changed.
    """
    paths = list(dict.fromkeys(request.update_mask.paths))
    known = entry.DESCRIPTOR.fields_by_name
    refuse(_not_editable(path, known=path in known) for path in paths if path not in rules)
    return Change(
        entry_id=entry_id,
        fields={path: _value(path, getattr(entry, path)) for path in paths},
        expected_version=expected_version(request),
    )


def expected_version(request: VersionedRequest) -> int | None:
    """The version that the caller read, if it said so."""
    return request.expected_version if request.HasField("expected_version") else None


def access_by_field(fields: Mapping[str, int]) -> dict[str, str | None]:
    """What users can do with each field."""
    return {name: word_of(ACCESSES, number) for name, number in fields.items()}


def ids_in(texts: Sequence[str], field: str) -> list[UUID]:
    """The ids that a list holds.

    Raises:
        LeadlineError: VALIDATION_FAILED naming the list.
    """
    return [parse_id(text, field) for text in texts]


def wait_of(request: DeleteRequest) -> float:
    """For how many seconds the caller waits.

    Raises:
        LeadlineError: VALIDATION_FAILED.
    """
    return wait_seconds(request.max_wait, _LONGEST_WAIT_SECONDS)


def _value(path: str, value: Any) -> Any:
    if path in _ENUMS:
        return word_of(_ENUMS[path], value)
    return value if isinstance(value, str) or not isinstance(value, Sequence) else tuple(value)


def _not_editable(path: str, *, known: bool) -> FieldViolation:
    if known:
        return FieldViolation(rest_name(path), "READ_ONLY", "Cannot be changed.")
    return FieldViolation(rest_name(path), "UNKNOWN_FIELD", "There is no such field.")
