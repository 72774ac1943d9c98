"""Query parameters are never ignored: an unknown one is refused, and so is one that is given twice."""

from fastapi.dependencies.models import Dependant
from pydantic import BaseModel
from starlette.datastructures import QueryParams

from kit.errors import FieldViolation, invalid

_MOST = 100
_LONGEST_NAME = 100


def names_of(dependant: Dependant) -> frozenset[str]:
    """The query parameters that an operation takes."""
    models = [parameter.field_info.annotation for parameter in dependant.query_params]
    known = [model for model in models if isinstance(model, type) and issubclass(model, BaseModel)]
    return frozenset(str(field.alias) for model in known for field in model.model_fields.values())


def check_query(given: QueryParams, names: frozenset[str]) -> None:
    """Refuse what the operation does not know.

    Raises:
        LeadlineError: VALIDATION_FAILED naming each parameter.
    """
    found: list[FieldViolation] = []
    seen: set[str] = set()
    for name, value in given.multi_items():
        shown = name[:_LONGEST_NAME]
        if name not in names:
            found.append(FieldViolation(shown, "UNKNOWN_PARAMETER", "There is no such query parameter here."))
        elif "\0" in value:
            found.append(FieldViolation(shown, "WRONG_CHARACTER", "Must not have NUL in it."))
        elif name in seen:
            found.append(FieldViolation(shown, "GIVEN_TWICE", "May be given once; several values go by comma."))
        seen.add(name)
    if found:
        raise invalid(*found[:_MOST])
