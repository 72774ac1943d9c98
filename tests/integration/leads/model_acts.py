"""What may be done in a random sequence: each act is the name of a method of ``ModelWorld`` and what it is given.

An act is chosen by how the lead stands, so that sequences get on, and is wrong often enough: what is refused must
change nothing.
"""

from typing import Any, TypeAlias

from hypothesis import strategies as st

from tests.integration.leads.model import OWNER, PRIORITIES, REASONS, ROLES, SOURCES, STAGES

Act: TypeAlias = tuple[str, dict[str, Any]]

USERS = (OWNER, "0190c0de-0000-7000-8000-00000000f002", "0190c0de-0000-7000-8000-00000000f003")

# Of the version that the caller has seen: none is said, the one that is there, or the one before.
_SEEN = st.sampled_from(("", "", "", "this", "this", "before"))
_SELDOM = st.sampled_from((False, False, False, True))
_SAID = st.booleans()
_STAGE = st.sampled_from(STAGES)
_OTHER_STAGE = st.sampled_from((None, None, *STAGES))
_VALUE = st.sampled_from((None, None, None, 100))
_FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "last_name": st.sampled_from(("Johnson", "Lee", None)),
    "company": st.sampled_from(("StartupIO", "Acme", None)),
    "title": st.sampled_from(("Founder", "Buyer", None)),
    "source": st.sampled_from((*SOURCES, *SOURCES, None, "fax")),
    "priority": st.sampled_from((*PRIORITIES, *PRIORITIES, None, "urgent")),
    "estimated_value": st.sampled_from((50000, 20, None)),
    "assigned_to": st.sampled_from((*USERS, None)),
}
_MANY = {
    **{name: _FIELDS[name] for name in ("company", "title", "priority", "assigned_to")},
    "customFields.size": st.sampled_from(("10", "20", None)),
}
# Two that the catalogue offers, one that it does not any more, one that it does not have.
_PRODUCT = st.sampled_from((0, 0, 1, 1, 2, 3))
_QUANTITY = st.sampled_from(("1", "2.5", "0.3333", "0"))
_LINE = {"quantity": _QUANTITY, "discount": st.sampled_from(("0", "12.5", "101"))}


def _some(fields: dict[str, st.SearchStrategy[Any]], most: int = 3) -> st.SearchStrategy[dict[str, Any]]:
    """Values for one to ``most`` of the fields."""
    names = st.lists(st.sampled_from(sorted(fields)), min_size=1, max_size=most, unique=True)
    return names.flatmap(lambda chosen: st.fixed_dictionaries({name: fields[name] for name in chosen}))


_GIVEN: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "create": {"given": _some(_FIELDS), "stage": _OTHER_STAGE, "twice": _SELDOM},
    "update": {"given": _some(_FIELDS), "seen": _SEEN},
    "change_stage": {"stage": _STAGE, "value": _VALUE, "seen": _SEEN, "twice": _SELDOM},
    "disqualify": {
        "reason": st.sampled_from((*REASONS, *REASONS, "whatever")),
        "notes": st.sampled_from(("", "Not this year.")),
        "seen": _SEEN,
        "twice": _SELDOM,
    },
    "reopen": {"stage": _OTHER_STAGE, "value": _VALUE, "seen": _SEEN, "twice": _SELDOM},
    "delete": {"seen": _SEEN},
    "restore": {"seen": _SEEN, "twice": _SELDOM},
    "update_many": {"given": _some(_MANY), "stage": _OTHER_STAGE, "unknown": _SELDOM, "atomic": _SAID},
    "delete_many": {"unknown": _SELDOM, "atomic": _SAID, "twice": _SELDOM},
    "note": {"content": st.sampled_from(("Called.", "Wrote.", " ")), "twice": _SELDOM},
    "log": {
        "direction": st.sampled_from(("inbound", "outbound", "outbound", "sideways")),
        "backdated": _SAID,
        "twice": _SELDOM,
    },
    "join": {"user": st.sampled_from(USERS), "role": st.sampled_from((*ROLES, *ROLES, "chief")), "twice": _SELDOM},
    "leave": {"user": st.sampled_from(USERS)},
    "add_line": {"product": _PRODUCT, "quantity": _QUANTITY, "twice": _SELDOM},
    "change_line": {"product": _PRODUCT, "given": _some(_LINE, 2), "seen": _SEEN, "by_own_id": _SAID},
    "remove_line": {"product": _PRODUCT, "seen": _SEEN, "by_own_id": _SAID},
    "keep": {"file_name": st.sampled_from(("offer.pdf", "order.pdf")), "twice": _SELDOM},
    "take_away": {"place": st.integers(0, 1)},
}
_OF_ALL = ("update_many", "delete_many")
_AROUND = ("note", "log", "log", "join", "join", "leave", "add_line", "add_line", "change_line", "remove_line", "keep")
_EVERY = tuple(name for name in _GIVEN if name != "create")
_LIKELY: dict[str, tuple[str, ...]] = {
    "open": ("update", "update", "change_stage", "change_stage", "disqualify", "update_many", *_AROUND, *_EVERY),
    "disqualified": (*("reopen",) * 10, "note", "log", "log", "keep", *_EVERY),
    "deleted": (*("restore",) * 12, *_EVERY),
}


def create() -> st.SearchStrategy[Act]:
    """Making a lead."""
    return st.tuples(st.just("create"), st.fixed_dictionaries(_GIVEN["create"]))


def acts_on(lead: int, standing: str) -> st.SearchStrategy[Act]:
    """What may be done with a lead that is open, disqualified or deleted."""

    def with_given(name: str) -> st.SearchStrategy[Act]:
        which = {} if name in _OF_ALL else {"lead": st.just(lead)}
        return st.tuples(st.just(name), st.fixed_dictionaries(which | _GIVEN[name]))

    return st.sampled_from(_LIKELY[standing]).flatmap(with_given)
