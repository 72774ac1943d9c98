"""The oracle of conversions finds fault with each record that is not whole; without a product."""

from collections.abc import Callable
from copy import deepcopy
from functools import partial
from typing import Any

import pytest

from tests.faults.conversion_records import faults_of

Found = dict[str, list[dict[str, Any]]]

STAGES: dict[str, dict[str, Any]] = {
    "new": {"name": "New", "module": "leads", "pipeline_id": "sales", "is_won": False, "is_lost": False},
    "won": {"name": "Won", "module": "leads", "pipeline_id": "sales", "is_won": True, "is_lost": False},
    "deal": {"name": "Deal", "module": "opportunities", "pipeline_id": "deals", "is_won": False, "is_lost": False},
}
IDS = {"account_id": "a", "contact_id": "c", "opportunity_id": "o"}
NONE = dict.fromkeys(IDS)
STEPS = ("account", "contact", "opportunity")


def step(kind: str, conversion: str, released: str | None = None) -> dict[str, Any]:
    return {"kind": kind, "conversion_id": conversion, "released_at": released}


def copied(name: str) -> dict[str, Any]:
    return {"id": name, "conversion_id": "second", "record_id": "o"}


# Converted at the second try; the first was undone.
CONVERTED: Found = {
    "leads": [{"status": "converted", "stage_id": "won", "conversion_id": None, **IDS}],
    "conversions": [
        {"id": "first", "state": "failed", "waits": None, **NONE},
        {"id": "second", "state": "completed", "waits": None, **IDS},
    ],
    "orders": [{"kind": "sla_clock"}],
    "notes": [{"id": "note"}],
    "documents": [{"id": "document"}],
    "team": [{"id": "user"}],
    "lines": [{"id": "line", "total": 5}],
    "accounts": [{"id": "a"}],
    "contacts": [{"id": "c", "account_id": "a"}],
    "opportunities": [{"id": "o", "account_id": "a", "contact_id": "c", "stage_id": "deal", "pipeline_id": "deals"}],
    "crm_lines": [{"id": "line", "total": 5}],
    "crm_notes": [copied("note")],
    "crm_documents": [copied("document")],
    "crm_team": [copied("user")],
    "steps": [*(step(each, "first", "then") for each in STEPS), *(step(each, "second") for each in STEPS)],
}
OPEN: Found = {
    **{name: [] for name in CONVERTED},
    **{name: CONVERTED[name] for name in ("notes", "documents", "team", "lines", "orders")},
    "leads": [{"status": "open", "stage_id": "new", "conversion_id": None, **NONE}],
    "conversions": [
        {"id": "first", "state": "failed", "waits": None, **NONE},
        {"id": "second", "state": "unconverted", "waits": None, **IDS},
    ],
    "steps": [*(step(each, "first", "then") for each in STEPS), *(step(each, "second", "then") for each in STEPS)],
}

Change = Callable[[Found], Any]


def left_over(name: str, found: Found) -> None:
    found[name].append(CONVERTED[name][0])


WRONG_WHEN_CONVERTED: dict[str, Change] = {
    "locked": lambda found: found["leads"][0].update(conversion_id="second"),
    "ordered": lambda found: found["orders"].append({"kind": "conversion"}),
    "waits": lambda found: found["conversions"][1].update(waits={"step": "ensure contact"}),
    "disqualified": lambda found: found["leads"][0].update(status="disqualified"),
    "still running": lambda found: found["conversions"][1].update(state="running"),
    "converted twice": lambda found: found["conversions"][0].update(state="completed"),
    "another account": lambda found: found["leads"][0].update(account_id="b"),
    "two accounts": lambda found: found["accounts"].append({"id": "b"}),
    "no contact": lambda found: found["contacts"].clear(),
    "another opportunity": lambda found: found["conversions"][1].update(opportunity_id="p"),
    "contact elsewhere": lambda found: found["contacts"][0].update(account_id="b"),
    "opportunity of nobody": lambda found: found["opportunities"][0].update(contact_id=None),
    "stage of leads": lambda found: found["opportunities"][0].update(stage_id="won"),
    "unknown stage": lambda found: found["opportunities"][0].update(stage_id="gone"),
    "note lost": lambda found: found["crm_notes"].clear(),
    "note twice": lambda found: found["crm_notes"].append(copied("note")),
    "document at the account": lambda found: found["crm_documents"][0].update(record_id="a"),
    "member of the first try": lambda found: found["crm_team"][0].update(conversion_id="first"),
    "line of another total": lambda found: found["crm_lines"][0].update(total=6),
    "step missing": lambda found: found["steps"].pop(),
    "step released": lambda found: found["steps"][3].update(released_at="then"),
    "step of the first try": lambda found: found["steps"][0].update(released_at=None),
}
WRONG_WHEN_OPEN: dict[str, Change] = {
    "locked": lambda found: found["leads"][0].update(conversion_id="second"),
    "at the won stage": lambda found: found["leads"][0].update(stage_id="won"),
    "account kept": lambda found: found["leads"][0].update(account_id="a"),
    "completed": lambda found: found["conversions"][1].update(state="completed"),
    "step not released": lambda found: found["steps"][4].update(released_at=None),
    **{
        f"{name} left over": partial(left_over, name)
        for name in ("accounts", "contacts", "opportunities", "crm_lines", "crm_notes", "crm_documents", "crm_team")
    },
}


@pytest.mark.parametrize("found", [CONVERTED, OPEN], ids=["converted", "open"])
def test_nothing_is_wrong_with_a_lead_that_is_whole(found: Found) -> None:
    assert faults_of(found, STAGES) == []


@pytest.mark.parametrize("change", WRONG_WHEN_CONVERTED.values(), ids=WRONG_WHEN_CONVERTED)
def test_whatever_is_wrong_with_a_converted_lead_is_found(change: Change) -> None:
    found = deepcopy(CONVERTED)
    change(found)
    assert faults_of(found, STAGES)


@pytest.mark.parametrize("change", WRONG_WHEN_OPEN.values(), ids=WRONG_WHEN_OPEN)
def test_whatever_is_left_at_an_open_lead_is_found(change: Change) -> None:
    found = deepcopy(OPEN)
    change(found)
    assert faults_of(found, STAGES)
