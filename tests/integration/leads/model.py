"""A lead in the simplest words: what the real service is compared with. It knows no I/O and no time.

Four stages that a lead may be in, of which Contacted keeps titles as they are, Qualified gives its leads to one user,
and Proposal asks for the estimated value; and Disqualified. Two scoring rules, and a promise by priority.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

STAGES = ("New", "Contacted", "Qualified", "Proposal")
LOST = "Disqualified"
OWNER = "0190c0de-0000-7000-8000-00000000f001"
PRIORITIES = ("low", "medium", "high")
SOURCES = ("website", "referral")
REASONS = ("no_budget", "no_need")
ROLES = ("sales_rep", "technical_advisor")
HIGH_MINUTES, OTHER_MINUTES = 60, 240
POINTS_OF_WEBSITE, POINTS_OF_COMPANY, THRESHOLD = 40, 30, 60

# A value that is taken away.
Given = Mapping[str, Any]
_NAMES = {"last_name": "lastName", "estimated_value": "estimatedValue", "assigned_to": "assignedTo"}
_CLOSING = ("disqualificationReason", "disqualificationNotes")


class RefusedError(Exception):
    """What the service must refuse, for this reason."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass
class ModelLine:
    """A product that the lead may buy."""

    quantity: Decimal
    price: Decimal
    discount: Decimal = Decimal(0)
    version: int = 1

    @property
    def total(self) -> Fraction:
        """Half a cent is rounded up."""
        exact = Fraction(self.quantity) * Fraction(self.price) * (1 - Fraction(self.discount) / 100)
        return Fraction((exact * 100 + Fraction(1, 2)).__floor__(), 100)


@dataclass
class Held:
    """A time during which stage and owner stayed the same."""

    stage: str
    owner: str | None
    ended: bool = False


@dataclass
class ModelLead:
    """A lead and all that is around it. ``record`` has its fields by the names that history has for them."""

    record: dict[str, Any]
    version: int = 1
    deleted: bool = False
    closed_from: str | None = None
    # Nobody has answered; somebody has; somebody had just when the lead came in.
    response: str = ""
    was_reopened: bool = False
    # The priority by which the deadline was promised.
    promised_by: str = "medium"
    qualified: bool = False
    notes: list[str] = field(default_factory=list)
    team: dict[str, str] = field(default_factory=dict)
    lines: dict[int, ModelLine] = field(default_factory=dict)
    documents: list[str] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    # Of each thing that was done: the sorted types of its activities; how it came and which fields changed.
    happened: list[list[str]] = field(default_factory=list)
    history: list[tuple[str, dict[str, tuple[Any, Any]]]] = field(default_factory=list)

    @classmethod
    def create(cls, given: Given, stage: str | None) -> "ModelLead":
        """A new lead."""
        record = {"priority": "medium", "stageId": stage or "New", "status": "open", **_cleaned(given)}
        if stage == "Contacted" and "title" in given:
            raise RefusedError("FIELD_NOT_EDITABLE")
        if stage == "Proposal" and record.get("estimatedValue") is None:
            raise RefusedError("STAGE_FIELDS_MISSING")
        told = ["lead_created"]
        if stage == "Qualified" and "assigned_to" not in given:
            record["assignedTo"] = OWNER
            told.append("assigned")
        lead = cls({}, version=0, promised_by=record["priority"])
        lead._settle(record, told, "single")
        lead.history.clear()
        return lead

    @property
    def stage(self) -> str:
        """Where it is."""
        return str(self.record["stageId"])

    @property
    def status(self) -> str:
        """Open or disqualified."""
        return str(self.record["status"])

    @property
    def score(self) -> int:
        """What the two rules give."""
        website, company = self.record.get("source") == "website", bool(self.record.get("company"))
        return website * POINTS_OF_WEBSITE + company * POINTS_OF_COMPANY

    @property
    def clock_closed_by(self) -> str:
        """Why nobody waits for a first response any more; nothing while somebody does."""
        if self.deleted:
            return "deleted"
        return self.status if self.status != "open" else "answered" if self.response else ""

    @property
    def promised_minutes(self) -> int:
        """From the lead's coming in, or from its being reopened, to its deadline."""
        return HIGH_MINUTES if self.promised_by == "high" else OTHER_MINUTES

    def update(
        self,
        given: Given,
        *,
        stage: str | None = None,
        value: int | None = None,
        version: int | None = None,
        origin: str = "single",
    ) -> None:
        """Change fields, and the stage where one is given, with a value that came for it."""
        self._require_seen(version)
        if self.stage == "Contacted" and "title" in given:
            raise RefusedError("FIELD_NOT_EDITABLE")
        self._require_open()
        target = stage or self.stage
        moves = target != self.stage
        changes = _cleaned(given) | self._entered(target, value, _cleaned(given), moves=moves)
        if moves and target == "Qualified" and "assigned_to" not in given:
            changes["assignedTo"] = OWNER
        told = ["stage_changed"] if moves else []
        self._settle(changes, told, origin, answers=moves)

    def disqualify(self, reason: str, notes: str, version: int | None) -> None:
        """Close it."""
        self._require_seen(version)
        self._require_open()
        if reason not in REASONS:
            raise RefusedError("VALIDATION_FAILED")
        self.closed_from = self.stage
        changes = {
            "status": "disqualified",
            "stageId": LOST,
            **dict(zip(_CLOSING, (reason, notes or None), strict=True)),
        }
        self._settle(changes, ["lead_disqualified"], "single", answers=True)

    def reopen(self, stage: str | None, value: int | None, version: int | None) -> None:
        """Open it again, with a clock that starts anew."""
        self._require_seen(version)
        if self.status != "disqualified":
            raise RefusedError("LEAD_NOT_DISQUALIFIED")
        target = stage or self.closed_from or ""
        changes = {"status": "open", **dict.fromkeys(_CLOSING), **self._entered(target, value, {}, moves=True)}
        if target == "Qualified" and self.record.get("assignedTo") is None:
            changes["assignedTo"] = OWNER
        self.closed_from, self.response, self.was_reopened = None, "", True
        self.promised_by = self.record["priority"]
        self._settle(changes, ["lead_reopened"], "single")

    def delete(self, version: int | None = None) -> None:
        """Take it out of every answer."""
        self._require_seen(version)
        self._require_open()
        self._turn("lead_deleted", deleted=True)

    def restore(self, version: int | None) -> None:
        """Bring it back."""
        if version is not None and version != self.version:
            raise RefusedError("VERSION_STALE")
        if not self.deleted:
            raise RefusedError("LEAD_NOT_DELETED")
        self._turn("lead_restored", deleted=False)

    def note(self, content: str) -> None:
        """Keep a note, also on a closed lead."""
        self._require_seen(None)
        if not content.strip():
            raise RefusedError("VALIDATION_FAILED")
        self.notes.append(content)
        self._settle({}, ["note_added"], "single", answers=True)

    def log(self, direction: str, *, backdated: bool) -> None:
        """Keep that somebody called, also on a closed lead. ``backdated``: it was when the lead came in."""
        self._require_seen(None)
        if direction not in {"inbound", "outbound"}:
            raise RefusedError("VALIDATION_FAILED")
        told = ["call"]
        if backdated and direction == "outbound" and not self.was_reopened and self.response != "at once":
            self.response = "at once"
            told.append("first_response")
        self._settle({}, told, "single", answers=direction == "outbound" and not backdated)

    def join(self, user: str, role: str) -> None:
        """Take a user into the team."""
        self._require_seen(None)
        self._require_open()
        if role not in ROLES:
            raise RefusedError("VALIDATION_FAILED")
        if user in self.team:
            raise RefusedError("ALREADY_IN_TEAM")
        self.team[user] = role
        self._settle({}, ["team_member_added"], "single")

    def leave(self, user: str) -> None:
        """Take a user out of the team."""
        self._require_seen(None)
        self._require_open()
        if self.team.pop(user, None) is None:
            raise RefusedError("TEAM_MEMBER_NOT_FOUND")
        self._settle({}, ["team_member_removed"], "single")

    def add_line(self, product: int, price: Decimal | None, quantity: str) -> None:
        """Add a product. No price: the catalogue does not offer it."""
        self._require_seen(None)
        self._require_open()
        if product in self.lines:
            raise RefusedError("PRODUCT_ALREADY_ADDED")
        if price is None or not Decimal(quantity):
            raise RefusedError("VALIDATION_FAILED")
        self.lines[product] = ModelLine(Decimal(quantity), price)
        self._settle({}, ["product_added"], "single")

    def change_line(self, product: int, given: Mapping[str, str], version: int | None) -> None:
        """Change a line's quantity or discount."""
        line = self._line(product, version)
        numbers = {name: Decimal(text) for name, text in given.items()}
        if not numbers.get("quantity", 1) or numbers.get("discount", 0) > 100:
            raise RefusedError("VALIDATION_FAILED")
        if any(getattr(line, name) != number for name, number in numbers.items()):
            vars(line).update(numbers, version=line.version + 1)
            self._settle({}, ["product_changed"], "single")

    def remove_line(self, product: int, version: int | None) -> None:
        """Take a line out."""
        self._line(product, version)
        del self.lines[product]
        self._settle({}, ["product_removed"], "single")

    def keep(self, name: str) -> None:
        """Keep a document, also of a closed lead."""
        self._require_seen(None)
        self.documents.append(name)
        self._settle({}, ["document_added"], "single")

    def take_away(self, place: int) -> None:
        """Take a document away."""
        self._require_seen(None)
        if place >= len(self.documents):
            raise RefusedError("DOCUMENT_NOT_FOUND")
        del self.documents[place]
        self._settle({}, ["document_removed"], "single")

    def _line(self, product: int, version: int | None) -> ModelLine:
        self._require_seen(None)
        self._require_open()
        if product not in self.lines:
            raise RefusedError("PRODUCT_LINE_NOT_FOUND")
        if version is not None and version != self.lines[product].version:
            raise RefusedError("VERSION_STALE")
        return self.lines[product]

    def _require_seen(self, version: int | None) -> None:
        if self.deleted:
            raise RefusedError("LEAD_NOT_FOUND")
        if version is not None and version != self.version:
            raise RefusedError("VERSION_STALE")

    def _require_open(self) -> None:
        if self.status != "open":
            raise RefusedError("LEAD_CLOSED")

    def _entered(self, target: str, value: int | None, changes: Given, *, moves: bool) -> dict[str, Any]:
        """What entering a stage changes, with a value that came for it."""
        if value is not None and target != "Proposal":
            raise RefusedError("VALIDATION_FAILED")
        own = {} if value is None else {"estimatedValue": value}
        if moves and target == "Proposal" and (self.record | dict(changes) | own).get("estimatedValue") is None:
            raise RefusedError("STAGE_FIELDS_MISSING")
        return {"stageId": target, **own}

    def _settle(self, changes: Given, told: list[str], origin: str, *, answers: bool = False) -> None:
        """Bring everything into line that follows from what changes, and tell of it."""
        differing = {
            name: (self.record.get(name), value) for name, value in changes.items() if self.record.get(name) != value
        }
        self.record |= changes
        if answers and not self.response:
            self.response = "given"
            told = [*told, "first_response"]
        if differing:
            self.version += 1
            self.history.append((origin, differing))
            if "assignedTo" in differing and "lead_created" not in told:
                told = [*told, "assigned"]
            told = told + self._follow(differing)
        self._keep_held()
        if told:
            self.happened.append(sorted(told))

    def _follow(self, differing: Given) -> list[str]:
        if self.status != "open":
            return []
        if not self.response and not {"priority", "source"}.isdisjoint(differing):
            self.promised_by = self.record["priority"]
        was, self.qualified = self.qualified, self.score >= THRESHOLD
        return [] if was == self.qualified else ["qualified" if self.qualified else "unqualified"]

    def _turn(self, told: str, *, deleted: bool) -> None:
        self.deleted = deleted
        self.version += 1
        self._settle({}, [told], "single")

    def _keep_held(self) -> None:
        now = None if self.deleted else (self.stage, self.record.get("assignedTo"))
        last = self.held[-1] if self.held and not self.held[-1].ended else None
        if last is not None and (last.stage, last.owner) != now:
            last.ended, last = True, None
        if last is None and now is not None:
            self.held.append(Held(*now))


def _cleaned(given: Given) -> dict[str, Any]:
    """What is given, by the names of history: no priority is the default one."""
    if given.get("priority") not in {None, *PRIORITIES} or given.get("source") not in {None, *SOURCES}:
        raise RefusedError("VALIDATION_FAILED")
    cleaned = {_NAMES.get(name, name): value for name, value in given.items()}
    return cleaned | ({"priority": "medium"} if "priority" in given and given["priority"] is None else {})
