"""Says what a lead's record must be, from the times at which it came, was changed and was answered alone.

Where an answer was told only after a milestone's time, or a part was down, the milestone may be there or not: the
oracle goes through what the lead shows in the order of its times, and refuses what could not be at that moment.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.faults.busy_clocks import Sent
from tests.faults.clock_rules import AT_RISK, BREACHED, ESCALATED, ClockRules, Promise

# Activities by which a person answers.
_ANSWERS = {"note_added", "call", "stage_changed", "lead_disqualified"}
_MILESTONES = (AT_RISK, BREACHED, ESCALATED)
# An answer takes its time when it is asked for, and waits for the lead's lock after that.
_IN_FLIGHT = timedelta(seconds=1)

# Type, when it fell due, and who is told.
Notified = tuple[str, datetime, tuple[str, ...]]


@dataclass(frozen=True)
class ClockRecord:
    """What the product shows of a lead: over REST, its notifications, and the states of its clock's runs."""

    lead: dict[str, Any]
    sla: dict[str, Any]
    activities: list[dict[str, Any]]
    history: list[dict[str, Any]]
    runs: list[str]
    notifications: list[Notified]


def faults_of(sent: Sent, record: ClockRecord, rules: ClockRules, now: datetime) -> list[str]:
    """What is not as it must be; ``now`` is when the record was read."""
    walk = _Walk(sent, rules)
    for at, happened in _in_order(record):
        walk.take(at, happened)
    return [f"{sent.id}: {fault}" for fault in (*walk.faults, *_Ending(walk, record, now).faults())]


def instant(text: str | None) -> datetime | None:
    """An instant of the API."""
    return None if text is None else datetime.fromisoformat(text)


def _in_order(record: ClockRecord) -> list[tuple[datetime, dict[str, Any]]]:
    """Activities and changed priorities; what was recorded at once is in the order in which it fell due."""
    changes = [each | {"occurredAt": each["changedAt"]} for each in record.history if each["field"] == "priority"]
    told = [
        (datetime.fromisoformat(each.get("createdAt") or each["changedAt"]), each)
        for each in record.activities + changes
    ]
    return sorted(told, key=lambda one: (one[0], datetime.fromisoformat(one[1]["occurredAt"])))


@dataclass
class _Walk:
    """Where the lead stands after each thing that happened to it."""

    sent: Sent
    rules: ClockRules
    promise: Promise = field(init=False)
    owner: str | None = field(init=False)
    # What is recorded, by the place in the promise.
    marks: dict[int, datetime] = field(default_factory=dict)
    answered_at: datetime | None = None
    told_at: datetime | None = None
    responses: list[datetime] = field(default_factory=list)
    owners: list[str] = field(default_factory=list)
    notified: Counter[Notified] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.promise = self.rules.promise(self.sent.source, self.sent.priority, self.sent.created_at)
        self.owner = self.sent.owner

    def take(self, at: datetime, happened: dict[str, Any]) -> None:
        """One more thing happened."""
        occurred_at = datetime.fromisoformat(happened["occurredAt"])
        if happened.get("field") == "priority":
            self._promise_anew(at, happened["newValue"])
        elif happened["type"] in _ANSWERS:
            self._answer(at, occurred_at)
        elif happened["type"] in _MILESTONES:
            self._record(at, occurred_at, happened)

    def _promise_anew(self, at: datetime, priority: str) -> None:
        if self.answered_at is not None:
            return
        self.promise = self.rules.promise(self.sent.source, priority, self.sent.created_at)
        instants = [instant for _, instant in self.promise.milestones]
        # What lies ahead again will be recorded when it comes.
        self.marks = {place: mark for place, mark in self.marks.items() if instants[place] <= at}

    def _answer(self, at: datetime, occurred_at: datetime) -> None:
        if self.answered_at is None or occurred_at < self.answered_at:
            self.answered_at = occurred_at
            self.responses.append(occurred_at)
            self.told_at = self.told_at or at

    def _record(self, at: datetime, occurred_at: datetime, activity: dict[str, Any]) -> None:
        kind, said = (
            activity["type"],
            f"{activity['type']} of {activity['occurredAt']}, recorded {activity['createdAt']}",
        )
        place = self._place(kind, occurred_at)
        if place is None:
            self.faults.append(f"{said} is not what was promised: {self.promise.milestones}")
            return
        if place in self.marks:
            self.faults.append(f"{said} is there twice")
        if at < occurred_at:
            self.faults.append(f"{said} is early")
        if any(later in self.marks for later in range(place + 1, len(self.promise.milestones))):
            self.faults.append(f"{said} is out of order")
        if self._was_answered(at, occurred_at, kind):
            self.faults.append(f"{said} was answered at {self.answered_at}, told at {self.told_at}")
        self.marks[place] = at
        self._hand_over(place, kind, occurred_at)

    def _place(self, kind: str, at: datetime) -> int | None:
        places = (place for place, milestone in enumerate(self.promise.milestones) if milestone == (kind, at))
        return next(places, None)

    def _was_answered(self, at: datetime, due: datetime, kind: str) -> bool:
        if self.answered_at is None or self.told_at is None or at - self.told_at < _IN_FLIGHT:
            return False
        return kind == ESCALATED or self.answered_at < due

    def _hand_over(self, place: int, kind: str, due: datetime) -> None:
        before = self.owner
        if kind == ESCALATED:
            self.owner = str(self.rules.escalations[place - 2][1])
            self.owners += [self.owner] if self.owner != before else []
        told = dict.fromkeys(each for each in (self.owner, before) if each is not None)
        self.notified[kind, due, tuple(told)] += 1


@dataclass
class _Ending:
    """What the lead must show in the end."""

    walk: _Walk
    record: ClockRecord
    now: datetime

    def faults(self) -> Iterator[str]:
        """What it shows otherwise."""
        yield from self._missing()
        for name, is_so, must_be in self._facts():
            if is_so != must_be:
                yield f"{name} is {is_so!r}, not {must_be!r}"
        counted = sum(each["type"] in _ANSWERS for each in self.record.activities)
        sent = self.walk.sent
        if not sent.taken <= counted <= sent.taken + sent.uncertain:
            yield f"{counted} answers, but {sent.taken} were taken and {sent.uncertain} may have been"

    def _missing(self) -> Iterator[str]:
        answered_at = self.walk.answered_at
        for place, (kind, at) in enumerate(self.walk.promise.milestones):
            # At the same millisecond, either may have been first.
            had_to_come = answered_at is None or (kind != ESCALATED and at < answered_at)
            if had_to_come and at <= self.now and place not in self.walk.marks:
                yield f"{kind} of {at} is not recorded"

    def _facts(self) -> Iterator[tuple[str, object, object]]:
        """What something is called, what it is and what it must be."""
        walk, lead, sla = self.walk, self.record.lead, self.record.sla
        types = Counter(each["type"] for each in self.record.activities)
        status = self._status()
        yield "lead_created", types["lead_created"], 1
        yield "status of the lead", lead["status"], "disqualified" if types["lead_disqualified"] else "open"
        yield "SLA status", sla["status"], status
        yield "policy", sla["slaPolicy"], walk.rules.policies[walk.sent.source]
        yield "atRiskAt", instant(sla["atRiskAt"]), walk.promise.at_risk_at
        yield "responseDeadline", instant(sla["responseDeadline"]), walk.promise.deadline
        yield "firstResponseAt", instant(sla["firstResponseAt"]), walk.answered_at
        yield (
            "breachedAt",
            instant(sla["breachedAt"]),
            walk.promise.deadline if status in {"breached", "met_late"} else None,
        )
        yield "first responses", self._responses(), walk.responses
        shown = [(instant(each["at"]), each["assignTo"], instant(each["escalatedAt"])) for each in sla["escalations"]]
        yield "escalations", shown, self._escalations()
        yield "owner", lead["assignedTo"], walk.owner
        yield "owners one after the other", self._owners(), walk.owners
        yield "runs of the clock", self.record.runs, ["COMPLETED" if walk.answered_at else "RUNNING"]
        yield "notifications", Counter(self.record.notifications), walk.notified

    def _status(self) -> str:
        answered_at, promise = self.walk.answered_at, self.walk.promise
        if answered_at is not None:
            either = self.record.sla["status"] == "met" and answered_at == promise.deadline
            return "met" if answered_at < promise.deadline or either else "met_late"
        if self.now >= promise.deadline:
            return "breached"
        return "at_risk" if self.now >= promise.at_risk_at else "on_track"

    def _responses(self) -> list[datetime]:
        said = [(at, each) for at, each in _in_order(self.record) if each.get("type") == "first_response"]
        return [datetime.fromisoformat(each["occurredAt"]) for _, each in said]

    def _owners(self) -> list[str]:
        changes = [each for each in self.record.history if each["field"] == "assignedTo"]
        return [each["newValue"] for each in sorted(changes, key=lambda each: (each["changedAt"], each["id"]))]

    def _escalations(self) -> list[tuple[datetime, str, datetime | None]]:
        escalations = zip(self.walk.promise.escalations, self.walk.rules.escalations, strict=True)
        marks = self.walk.marks
        return [(at, str(user), marks.get(place)) for place, (at, (_, user)) in enumerate(escalations, start=2)]
