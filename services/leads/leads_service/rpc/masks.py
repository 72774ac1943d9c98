"""Field masks: the paths that a caller may name."""

from collections.abc import Callable, Collection

from google.protobuf.field_mask_pb2 import FieldMask

from kit.errors import FieldViolation, invalid


def as_it_is(name: str) -> str:
    """The path of a field that callers know by the name that it has in its message."""
    return name


def require_known(mask: FieldMask, names: Collection[str], path: Callable[[str], str] = as_it_is) -> None:
    """Refuse a mask that names what is no field; ``path`` is how callers know it.

    Raises:
        LeadlineError: VALIDATION_FAILED naming each path at fault.
    """
    unknown = [name for name in mask.paths if name not in names]
    if unknown:
        raise invalid(*(FieldViolation(path(name), "UNKNOWN_FIELD", "There is no such field.") for name in unknown))
