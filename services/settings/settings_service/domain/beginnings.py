"""What new entries are where nothing is said. Positions are at the end, which their list knows."""

from collections.abc import Callable, Mapping
from typing import Any

from settings_service.domain.entries import LabelList

GREY = "#9aa0a6"
Given = Mapping[str, Any]


def as_given(_given: Given) -> dict[str, Any]:
    """Everything must be said."""
    return {}


def first_pipeline(_given: Given) -> dict[str, Any]:
    """A pipeline of leads."""
    return {"module": "leads", "is_default": False, "movement": "free"}


def first_stage(given: Given) -> dict[str, Any]:
    """An open stage; a won one has come true."""
    probability = 100 if given.get("is_won") else 0
    return {"color": GREY, "probability": probability, "is_won": False, "is_lost": False}


def first_field(given: Given) -> dict[str, Any]:
    """A text that must be there."""
    return {"label": given["name"], "type": "text", "required": True, "options": ()}


def first_ownership(given: Given) -> dict[str, Any]:
    """A stage without an owner."""
    nobody = {"owner_type": None, "owner_id": None, "member_ids": ()}
    return {**given, **nobody, "auto_assign": False, "strategy": "none"}


def first_visibility(given: Given) -> dict[str, Any]:
    """A stage where everything can be seen and changed."""
    return {**given, "fields": {}}


def first_priority(given: Given) -> dict[str, Any]:
    """A priority that leads get by name only."""
    return {"label": given["name"], "color": GREY, "is_default": False}


def first_label(list_: LabelList) -> Callable[[Given], dict[str, Any]]:
    """An entry of this list that can be chosen."""

    def begin(given: Given) -> dict[str, Any]:
        return {"list": list_, "label": given["name"], "is_active": True}

    return begin


def first_rule(_given: Given) -> dict[str, Any]:
    """A rule that counts, with no points yet."""
    return {"category": "", "value": "null", "points": 0, "is_active": True}
