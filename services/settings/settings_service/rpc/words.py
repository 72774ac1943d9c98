"""The enums of the protos, in the words of the domain."""

from collections.abc import Mapping
from typing import Any

from leadline.settings.v1 import lists_pb2, retirement_pb2
from leadline.settings.v1 import settings_service_pb2 as pb

from kit.errors import invalid_field
from settings_service.domain.entries import Access, LabelList, Module, Movement, OwnerType, Strategy
from settings_service.domain.retirements import RetirementKind, RetirementState

MODULES: dict[Module, lists_pb2.Module.ValueType] = {
    "leads": lists_pb2.MODULE_LEADS,
    "opportunities": lists_pb2.MODULE_OPPORTUNITIES,
}
MOVEMENTS: dict[Movement, lists_pb2.Movement.ValueType] = {
    "free": lists_pb2.MOVEMENT_FREE,
    "sequential": lists_pb2.MOVEMENT_SEQUENTIAL,
}
OWNER_TYPES: dict[OwnerType, lists_pb2.OwnerType.ValueType] = {
    "user": lists_pb2.OWNER_TYPE_USER,
    "team": lists_pb2.OWNER_TYPE_TEAM,
    "role": lists_pb2.OWNER_TYPE_ROLE,
}
STRATEGIES: dict[Strategy, lists_pb2.AssignmentStrategy.ValueType] = {
    "none": lists_pb2.ASSIGNMENT_STRATEGY_NONE,
    "round_robin": lists_pb2.ASSIGNMENT_STRATEGY_ROUND_ROBIN,
    "least_loaded": lists_pb2.ASSIGNMENT_STRATEGY_LEAST_LOADED,
}
ACCESSES: dict[Access, lists_pb2.FieldAccess.ValueType] = {
    "hidden": lists_pb2.FIELD_ACCESS_HIDDEN,
    "read_only": lists_pb2.FIELD_ACCESS_READ_ONLY,
    "editable": lists_pb2.FIELD_ACCESS_EDITABLE,
}
RETIREMENT_KINDS: dict[RetirementKind, retirement_pb2.RetirementKind.ValueType] = {
    "pipeline": retirement_pb2.RETIREMENT_KIND_PIPELINE,
    "stage": retirement_pb2.RETIREMENT_KIND_STAGE,
    "priority": retirement_pb2.RETIREMENT_KIND_PRIORITY,
    "source": retirement_pb2.RETIREMENT_KIND_SOURCE,
    "disqualification_reason": retirement_pb2.RETIREMENT_KIND_DISQUALIFICATION_REASON,
    "team_role": retirement_pb2.RETIREMENT_KIND_TEAM_ROLE,
}
RETIREMENT_STATES: dict[RetirementState, retirement_pb2.RetirementState.ValueType] = {
    "running": retirement_pb2.RETIREMENT_STATE_RUNNING,
    "completed": retirement_pb2.RETIREMENT_STATE_COMPLETED,
    "failed": retirement_pb2.RETIREMENT_STATE_FAILED,
}
_MODULE_NAMES: dict[int, Module] = {number: name for name, number in MODULES.items()}
_LABEL_LISTS: dict[int, LabelList] = {
    pb.LABEL_LIST_SOURCES: "sources",
    pb.LABEL_LIST_DISQUALIFICATION_REASONS: "disqualification_reasons",
    pb.LABEL_LIST_TEAM_ROLES: "team_roles",
}


def word_of(numbers: Mapping[Any, int], number: int) -> str | None:
    """The word of a number: None for unspecified, and for an unknown one something that is no word."""
    words = {each: word for word, each in numbers.items()}
    return str(words.get(number, number)) if number else None


def module_name(number: int) -> Module | None:
    """The module; None for unspecified.

    Raises:
        LeadlineError: VALIDATION_FAILED for one that is not known.
    """
    if number and number not in _MODULE_NAMES:
        raise invalid_field("module", "NOT_ALLOWED", f"Use one of {', '.join(MODULES)}.")
    return _MODULE_NAMES.get(number)


def label_list_name(number: int) -> LabelList:
    """Which of the plain lists.

    Raises:
        LeadlineError: VALIDATION_FAILED for unspecified and for one that is not known.
    """
    if number not in _LABEL_LISTS:
        raise invalid_field("list", "REQUIRED", f"Use one of {', '.join(_LABEL_LISTS.values())}.")
    return _LABEL_LISTS[number]
