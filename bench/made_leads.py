"""Leads as a company has them after two years: as lines for COPY, always the same for the same count."""

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import accumulate
from typing import Any
from uuid import UUID

YEARS = timedelta(days=730)
COLUMNS = (
    *("id", "first_name", "last_name", "email", "phone", "phone_e164", "company", "title", "source", "priority"),
    *("pipeline_id", "stage_id", "estimated_value", "description", "custom_fields", "stage_field_values"),
    *("assigned_to", "status", "score", "score_breakdown", "qualified", "version", "created_by", "created_at"),
    *("updated_at", "converted_at", "disqualified_at", "disqualification_reason", "sla_policy", "sla_started_at"),
    *("sla_at_risk_at", "sla_deadline", "first_response_at", "at_risk_recorded_at", "breach_recorded_at"),
    *("clock_version", "clock_closed_by"),
)
OWNERS = tuple(UUID(int=(0x0190C0DE_0000_7000_8000 << 48) + number) for number in range(1, 151))


def _words(text: str) -> list[str]:
    return text.split()


_FIRST = _words(
    "James Mary Robert Patricia John Jennifer Michael Linda David Elizabeth William Barbara Richard Susan "
    "Joseph Jessica Thomas Sarah Charles Karen Maria Ahmed Fatima Wei Ana José Sofía Zoë Jürgen Anaïs François "
    "Søren Łukasz Ayşe Björn Priya Rahul Yuki Chloé Noémie Renée Márta Inês João Nuño Åsa Øystein Siân Daniel "
    "Laura Anna Peter Paul Emma Lucas"
)
_STEMS = _words(
    "John Smith William Brown Jone Garcia Mill Davi Rodrigue Martin Hernande Lope Gonzale Wil Ander Thoma Tayl "
    "Moor Jack Müll Schnei Fisch Web Wagn Beck Hoff Sch Koch Nuñ Ib Castr Vald Søren Niel Hans Berg Lind Ek "
    "Nov Dvoř Kowal Wiś Kar Pet Ivan Popes Rossi Bianch Ferr Russo Khan Patel Singh Kum Chen Wang Li Tana Suzu "
    "Sato Kim Park Nguy Tran"
)
_ENDINGS = _words("son s er ez mann berg ska ski ov ini ton ford ley man field wood well ham by sen stein")
_TRADES = _words(
    "Acme Global Blue North Sun Star Green Bright Nova Prime Vertex Delta Alpha Omega Metro Urban Pacific "
    "Atlantic Alpine Nordic Iberia Gallia Café Société Müller Groß Señor Polar Ocean River Stone Iron Silver "
    "Golden Rapid Smart Open Clear"
)
_FIELDS = _words(
    "Logistics Software Foods Energy Media Motors Health Finance Design Systems Labs Textiles Trading Tours "
    "Security Farms Robotics Paper Optics Plastics Consulting Realty Insurance Studios Steel"
)
_FORMS = _words("Ltd GmbH Inc LLC SA AB Oy BV Pvt Co")
_MAIL = ("gmail.com", "yahoo.com", "outlook.com", "hotmail.com")
_TITLES = ("Founder", "Director", "Head of Sales", "Engineer", "Assistant", "Office Manager", "Buyer", None)
_WORDS = _words("wants a quote for the spring order and asked to be called back before noon about delivery terms")


class Skewed:
    """Picks of a few often and of many seldom, by Zipf's law."""

    def __init__(self, values: Sequence[Any], exponent: float) -> None:
        self._values = values
        self._weights = list(accumulate(1 / (rank + 1) ** exponent for rank in range(len(values))))

    def pick(self, chance: random.Random) -> Any:
        """One of them."""
        return chance.choices(self._values, cum_weights=self._weights)[0]


@dataclass(frozen=True)
class Process:
    """The sales process that the leads are in: the ids of its pipeline and of its stages by name."""

    pipeline_id: UUID
    stages: dict[str, UUID]


class MadeLeads:
    """So many leads up to a moment."""

    def __init__(self, count: int, process: Process, now: datetime) -> None:
        self._count, self._process, self._now = count, process, now
        self._chance = random.Random(2024)  # noqa: S311 - nothing is to be guessed

    def lines(self) -> Iterator[str]:
        """A line for each, in the order of their creation; ever more a day."""
        for number in range(self._count):
            age = 1 - math.sqrt((number + self._chance.random()) / self._count)
            created = self._now - age * YEARS
            yield "\t".join(map(_written, self._row(number, created).values())) + "\n"

    @cached_property
    def _companies(self) -> Skewed:
        names = [f"{trade} {field}" for trade in _TRADES for field in _FIELDS]
        numbered = [f"{name} {number} {form}" for number, form in enumerate(_FORMS * 15, 1) for name in names]
        self._chance.shuffle(numbered)
        return Skewed(numbered, 0.4)

    @cached_property
    def _last_names(self) -> Skewed:
        names = [stem + ending for ending in _ENDINGS for stem in _STEMS]
        doubles = [f"{first}-{second}" for first in names[:150] for second in names[200:220]]
        return Skewed([*names, *doubles], 0.75)

    _first_names = Skewed(_FIRST, 0.6)
    _sources = Skewed(
        ("website", "referral", "email_campaign", "event", "social", None, "cold_call", "partner", "other"), 0.8
    )
    _priorities = Skewed(("medium", "high", "low", "critical"), 1.0)
    _owners = Skewed(OWNERS, 0.7)

    def _row(self, number: int, created: datetime) -> dict[str, Any]:
        chance, age = self._chance, self._now - created
        stage = self._stage(age)
        priority = self._priorities.pick(chance)
        row = self._person() | self._worth(priority)
        moved = created + age * chance.random() ** 3
        row |= {
            "id": _id(number, created, chance),
            "source": self._sources.pick(chance),
            "priority": priority,
            "pipeline_id": self._process.pipeline_id,
            "stage_id": self._process.stages[stage],
            "assigned_to": None if chance.random() < (0.3 if stage == "New" else 0.05) else self._owners.pick(chance),
            "status": {"Converted": "converted", "Disqualified": "disqualified"}.get(stage, "open"),
            "created_by": OWNERS[0],
            "created_at": created,
            "updated_at": moved,
            "converted_at": moved if stage == "Converted" else None,
            "disqualified_at": moved if stage == "Disqualified" else None,
            "disqualification_reason": chance.choice(("no_budget", "no_need", "no_response"))
            if stage == "Disqualified"
            else None,
            **self._promise(priority, created, is_touched=stage != "New"),
        }
        return {name: row[name] for name in COLUMNS}

    def _stage(self, age: timedelta) -> str:
        """The older, the more likely it is over."""
        over = min(0.9, 0.05 + age / YEARS * 1.6)
        if self._chance.random() < over:
            return "Converted" if self._chance.random() < 0.3 else "Disqualified"
        return str(self._chance.choices(("New", "Contacted", "Qualified", "Proposal"), (45, 30, 15, 10))[0])

    def _person(self) -> dict[str, Any]:
        chance = self._chance
        first = self._first_names.pick(chance) if chance.random() < 0.92 else None
        last = self._last_names.pick(chance)
        company = self._companies.pick(chance) if chance.random() < 0.75 else None
        domain = (
            "".join(company.split()[:3]).lower() + ".com"
            if company and chance.random() < 0.6
            else chance.choices(_MAIL, (60, 20, 12, 8))[0]
        )
        email = f"{first or 'info'}.{last}{chance.randrange(1000)}@{domain}".lower() if chance.random() < 0.9 else None
        phone = f"+1212{chance.randrange(2_000_000, 9_999_999)}" if chance.random() < 0.7 else None
        return {
            "first_name": first,
            "last_name": last,
            "email": email,
            "phone": phone,
            "phone_e164": phone,
            "company": company,
            "title": chance.choice(_TITLES),
            "description": " ".join(chance.choices(_WORDS, k=20)) if chance.random() < 0.4 else None,
            "custom_fields": f'{{"employees": {chance.randrange(1000)}, "region": "{chance.choice("NSEW")}"}}',
            "stage_field_values": "{}",
        }

    def _worth(self, priority: str) -> dict[str, Any]:
        chance = self._chance
        value = f"{chance.lognormvariate(9, 1.2):.2f}" if chance.random() < 0.65 else None
        score = min(100, max(0, int(chance.gauss(42, 18) + (25 if priority == "critical" else 0))))
        parts = f'[{{"ruleId": "{OWNERS[1]}", "name": "Title", "points": {score}}}]'
        return {
            "estimated_value": value,
            "score": score,
            "score_breakdown": parts,
            "qualified": score >= 60,
            "version": chance.randrange(1, 9),
        }

    def _promise(self, priority: str, created: datetime, *, is_touched: bool) -> dict[str, Any]:
        chance = self._chance
        window = timedelta(hours={"critical": 2, "high": 8}.get(priority, 24))
        if chance.random() < 0.03:
            return dict.fromkeys(COLUMNS[-9:-2]) | {"clock_version": 0, "clock_closed_by": ""}
        first = created + window * chance.lognormvariate(-1, 1.1)
        is_answered = first <= self._now and (is_touched or chance.random() > 0.6)
        answered = first if is_answered else None
        at_risk, deadline, seen = created + window * 0.6, created + window, answered or self._now
        return {
            "sla_policy": "Standard Response",
            "sla_started_at": created,
            "sla_at_risk_at": at_risk,
            "sla_deadline": deadline,
            "first_response_at": answered,
            "at_risk_recorded_at": at_risk if at_risk <= seen else None,
            "breach_recorded_at": deadline if deadline <= seen else None,
            "clock_version": 2 if answered else 1,
            "clock_closed_by": "first_response" if answered else "",
        }


def _id(number: int, created: datetime, chance: random.Random) -> UUID:
    """A UUIDv7 of that time."""
    milliseconds = int((created - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=1))
    rest = chance.getrandbits(12) << 64 | 0b10 << 62 | chance.getrandbits(30) << 32 | number
    return UUID(int=milliseconds << 80 | 0x7 << 76 | rest)


def _written(value: Any) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, bool):
        return "t" if value else "f"
    return value.isoformat() if isinstance(value, datetime) else str(value)
