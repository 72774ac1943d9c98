"""The oracle of the clocks' fault test finds no fault with a right record, and each one with a wrong one."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.faults.busy_clocks import Sent
from tests.faults.clock_oracle import ClockRecord, faults_of
from tests.faults.clock_rules import AT_RISK, BREACHED, ESCALATED, FIRST, SECOND, ClockRules
from tests.support.sales import Process

CAME = datetime(2025, 1, 20, 10, tzinfo=UTC)
OWNER = "018f4e6e-0000-7000-8000-0000000000a1"
# High: at risk after 7.2 seconds, overdue after 12, escalated after 15 and 21. Low: 36, 60, 63 and 69.
RULES = ClockRules(
    process=Process(None, {}),  # type: ignore[arg-type] # nobody asks it
    policies={"website": "Quick"},
    minutes={"website": {"high": Decimal("0.2"), "low": Decimal(1)}},
    escalations=((Decimal("0.05"), FIRST), (Decimal("0.15"), SECOND)),
)
DUE = {AT_RISK: 7.2, BREACHED: 12.0, "first": 15.0, "second": 21.0}


def at(seconds: float) -> datetime:
    return CAME + timedelta(seconds=seconds)


def happened(kind: str, seconds: float, *, told: float | None = None) -> dict[str, Any]:
    """An activity that fell due then, and was recorded then or later."""
    recorded = at(seconds if told is None else told)
    return {"type": kind, "occurredAt": at(seconds).isoformat(), "createdAt": recorded.isoformat()}


def owned(seconds: float, by: object) -> dict[str, Any]:
    return {"id": str(seconds), "field": "assignedTo", "newValue": str(by), "changedAt": at(seconds).isoformat()}


def sla(status: str, *, answered: float | None = None, escalated: tuple[float | None, float | None]) -> dict[str, Any]:
    late = status in {"breached", "met_late"}
    return {
        "status": status,
        "slaPolicy": "Quick",
        "atRiskAt": at(DUE[AT_RISK]).isoformat(),
        "responseDeadline": at(DUE[BREACHED]).isoformat(),
        "firstResponseAt": None if answered is None else at(answered).isoformat(),
        "breachedAt": at(DUE[BREACHED]).isoformat() if late else None,
        "escalations": [
            {
                "at": at(due).isoformat(),
                "assignTo": str(user),
                "escalatedAt": None if done is None else at(done).isoformat(),
            }
            for due, user, done in zip((DUE["first"], DUE["second"]), (FIRST, SECOND), escalated, strict=True)
        ],
    }


# Nobody ever answered; the worker was down from before the deadline until after the first escalation.
NEVER = ClockRecord(
    lead={"status": "open", "assignedTo": str(SECOND)},
    sla=sla("breached", escalated=(18, 21.1)),
    activities=[
        happened("lead_created", 0),
        happened(AT_RISK, 7.2, told=7.3),
        happened(BREACHED, 12, told=18),
        happened(ESCALATED, 15, told=18),
        happened(ESCALATED, 21, told=21.1),
    ],
    history=[owned(18, FIRST), owned(21.1, SECOND)],
    runs=["RUNNING"],
    notifications=[
        (AT_RISK, at(7.2), (OWNER,)),
        (BREACHED, at(12), (OWNER,)),
        (ESCALATED, at(15), (str(FIRST), OWNER)),
        (ESCALATED, at(21), (str(SECOND), str(FIRST))),
    ],
)
# Answered late, after the first escalation.
LATE = ClockRecord(
    lead={"status": "open", "assignedTo": str(FIRST)},
    sla=sla("met_late", answered=17, escalated=(15, None)),
    activities=[
        happened("lead_created", 0),
        happened(AT_RISK, 7.2),
        happened(BREACHED, 12),
        happened(ESCALATED, 15),
        happened("note_added", 17),
        happened("first_response", 17),
    ],
    history=[owned(15, FIRST)],
    runs=["COMPLETED"],
    notifications=NEVER.notifications[:3],
)
# Answered in time.
MET = ClockRecord(
    lead={"status": "open", "assignedTo": OWNER},
    sla=sla("met", answered=5, escalated=(None, None)),
    activities=[happened("lead_created", 0), happened("note_added", 5), happened("first_response", 5)],
    history=[],
    runs=["COMPLETED"],
    notifications=[],
)


def faults(record: ClockRecord, *, taken: int) -> list[str]:
    sent = Sent("lead", "website", "high", OWNER, CAME, taken=taken)
    return faults_of(sent, record, RULES, at(3600))


@pytest.mark.parametrize(("record", "taken"), [(NEVER, 0), (LATE, 1), (MET, 1)], ids=["never", "late", "met"])
def test_nothing_is_wrong_with_a_right_record(record: ClockRecord, taken: int) -> None:
    assert faults(record, taken=taken) == []


def without(place: int) -> Callable[[ClockRecord], ClockRecord]:
    return lambda record: replace(record, activities=record.activities[:place] + record.activities[place + 1 :])


def plus(activity: dict[str, Any]) -> Callable[[ClockRecord], ClockRecord]:
    return lambda record: replace(record, activities=[*record.activities, activity])


def showing(**fields: Any) -> Callable[[ClockRecord], ClockRecord]:
    return lambda record: replace(record, sla=record.sla | fields)


@pytest.mark.parametrize(
    ("record", "taken", "spoil", "fault"),
    [
        (NEVER, 0, without(1), "sla_at_risk of .* is not recorded"),
        (NEVER, 0, without(2), "sla_breached of .* is not recorded"),
        (NEVER, 0, without(4), "sla_escalated of .* is not recorded"),
        (NEVER, 0, plus(happened(BREACHED, 12, told=40)), "there twice"),
        (NEVER, 0, plus(happened(BREACHED, 12.1, told=40)), "not what was promised"),
        (MET, 1, plus(happened(AT_RISK, 7.2, told=7)), "early"),
        (MET, 1, plus(happened(BREACHED, 12)), "was answered"),
        (LATE, 1, plus(happened(ESCALATED, 21)), "was answered"),
        (MET, 2, lambda record: record, "1 answers, but 2 were taken"),
        (MET, 1, plus(happened("note_added", 6)), "2 answers, but 1 were taken"),
        (MET, 1, showing(status="on_track"), "SLA status"),
        (MET, 1, showing(firstResponseAt=at(6).isoformat()), "firstResponseAt"),
        (MET, 1, showing(responseDeadline=at(13).isoformat()), "responseDeadline"),
        (NEVER, 0, showing(breachedAt=None), "breachedAt"),
        (NEVER, 0, lambda record: replace(record, runs=["COMPLETED"]), "runs of the clock"),
        (NEVER, 0, lambda record: replace(record, runs=["RUNNING", "RUNNING"]), "runs of the clock"),
        (MET, 1, lambda record: replace(record, runs=["RUNNING"]), "runs of the clock"),
        (NEVER, 0, lambda record: replace(record, history=record.history[1:]), "owners one after the other"),
        (NEVER, 0, lambda record: replace(record, lead=record.lead | {"assignedTo": OWNER}), "owner is"),
        (NEVER, 0, lambda record: replace(record, notifications=record.notifications[1:]), "notifications"),
        (NEVER, 0, lambda record: replace(record, notifications=record.notifications * 2), "notifications"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_wrong_record_is_found_fault_with(
    record: ClockRecord, taken: int, spoil: Callable[[ClockRecord], ClockRecord], fault: str
) -> None:
    found = faults(spoil(record), taken=taken)
    with pytest.raises(AssertionError, match=fault):
        raise AssertionError(found)


def test_what_was_recorded_before_an_earlier_answer_was_told_of_is_right() -> None:
    record = replace(
        LATE,
        sla=sla("met", answered=9, escalated=(15, None)),
        activities=[
            *LATE.activities[:4],
            happened("call", 9, told=17),
            happened("first_response", 9, told=17),
        ],
    )
    assert faults(record, taken=1) == []


def test_another_priority_makes_another_promise() -> None:
    """At 20 seconds, what was recorded by the short promise lies ahead again."""
    record = replace(
        NEVER,
        sla=NEVER.sla
        | {
            "atRiskAt": at(36).isoformat(),
            "responseDeadline": at(60).isoformat(),
            "breachedAt": at(60).isoformat(),
            "escalations": [
                {"at": at(due).isoformat(), "assignTo": str(user), "escalatedAt": at(due).isoformat()}
                for due, user in ((63, FIRST), (69, SECOND))
            ],
        },
        activities=[
            *NEVER.activities[:4],
            happened(AT_RISK, 36),
            happened(BREACHED, 60),
            happened(ESCALATED, 63),
            happened(ESCALATED, 69),
        ],
        history=[
            owned(18, FIRST),
            {"id": "20", "field": "priority", "newValue": "low", "changedAt": at(20).isoformat()},
            owned(69, SECOND),
        ],
        notifications=[
            *NEVER.notifications[:3],
            (AT_RISK, at(36), (str(FIRST),)),
            (BREACHED, at(60), (str(FIRST),)),
            (ESCALATED, at(63), (str(FIRST),)),
            (ESCALATED, at(69), (str(SECOND), str(FIRST))),
        ],
    )
    assert faults(record, taken=0) == []
