"""The promises that the clocks' fault test has the product make, and the test's own arithmetic of them."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx

from tests.support.api import get, post, put
from tests.support.sales import Process, in_force, set_up, unique

# Whom the first and the second escalation go to.
FIRST, SECOND = UUID("018f4e6e-0000-7000-8000-0000000000e1"), UUID("018f4e6e-0000-7000-8000-0000000000e2")
AT_RISK, BREACHED, ESCALATED = "sla_at_risk", "sla_breached", "sla_escalated"

_AT_RISK_AFTER_PERCENT = 60
_SECONDS_OF_MINUTE = 60
_STEPS_OF_MINUTE = 2000
# By policy: seconds for priorities from the most urgent to the least. Five to thirty, unless scaled.
_SECONDS = {"Quick": (5, 6, 9, 12), "Patient": (8, 12, 20, 30)}
_ESCALATIONS = ((3, FIRST), (9, SECOND))


@dataclass(frozen=True)
class Promise:
    """When a lead is at risk and overdue, and when each escalation comes; all hours count."""

    at_risk_at: datetime
    deadline: datetime
    escalations: tuple[datetime, ...]

    @property
    def milestones(self) -> list[tuple[str, datetime]]:
        """Type of activity and instant, in their order."""
        return [(AT_RISK, self.at_risk_at), (BREACHED, self.deadline), *((ESCALATED, at) for at in self.escalations)]


@dataclass(frozen=True)
class ClockRules:
    """Policies by source, with minutes by priority, and what happens after a deadline."""

    process: Process
    policies: Mapping[str, str]
    minutes: Mapping[str, Mapping[str, Decimal]]
    escalations: tuple[tuple[Decimal, UUID], ...]

    @property
    def sources(self) -> list[str]:
        """A source for each policy."""
        return list(self.policies)

    @property
    def priorities(self) -> list[str]:
        """From the most urgent to the least."""
        return list(next(iter(self.minutes.values())))

    def seconds(self, source: str, priority: str) -> float:
        """How long a lead may wait."""
        return float(self.minutes[source][priority]) * _SECONDS_OF_MINUTE

    @property
    def seconds_of_escalations(self) -> float:
        """How long after the deadline the last one comes."""
        return float(self.escalations[-1][0]) * _SECONDS_OF_MINUTE

    def seconds_of_all(self, source: str) -> float:
        """After how long everything has come due, whatever the priority."""
        return max(self.seconds(source, each) for each in self.priorities) + self.seconds_of_escalations

    def promise(self, source: str, priority: str, started_at: datetime) -> Promise:
        """What a lead that came then is promised."""
        minutes = self.minutes[source][priority]
        deadline = started_at + _span(minutes)
        return Promise(
            at_risk_at=started_at + _span(minutes * _AT_RISK_AFTER_PERCENT / 100),
            deadline=deadline,
            escalations=tuple(deadline + _span(after) for after, _ in self.escalations),
        )


def _span(minutes: Decimal) -> timedelta:
    return timedelta(microseconds=int(minutes * _SECONDS_OF_MINUTE * 1_000_000))


def _minutes(seconds: float, scale: float) -> Decimal:
    """So that each instant is a whole millisecond, as the API shows them."""
    return Decimal(round(seconds * scale / _SECONDS_OF_MINUTE * _STEPS_OF_MINUTE)) / _STEPS_OF_MINUTE


@asynccontextmanager
async def rules_in_force(api: httpx.AsyncClient, scale: float) -> AsyncIterator[ClockRules]:
    """Have the product promise first responses within 5 to 30 seconds, times ``scale``, while the block runs."""
    rules = await _set_up(api, scale)
    before = (await get(api, "/lead-settings/settings"))["sla"]
    await put(api, "/lead-settings/settings", {"sla": _section(rules, before["policies"])})
    await in_force(api)
    yield rules
    await put(api, "/lead-settings/settings", {"sla": before})
    await in_force(api)


async def _set_up(api: httpx.AsyncClient, scale: float) -> ClockRules:
    process = await set_up(api)
    sources = [(await post(api, "/lead-settings/sources", {"name": unique("source")}))["name"] for _ in _SECONDS]
    names = [unique("priority") for _ in range(4)]
    for name in names:
        await post(api, "/lead-settings/priorities", {"name": name})
    minutes = {
        source: dict(zip(names, (_minutes(each, scale) for each in seconds), strict=True))
        for source, seconds in zip(sources, _SECONDS.values(), strict=True)
    }
    return ClockRules(
        process=process,
        policies=dict(zip(sources, _SECONDS, strict=True)),
        minutes=minutes,
        escalations=tuple((_minutes(after, scale), user) for after, user in _ESCALATIONS),
    )


def _section(rules: ClockRules, others: list[dict[str, Any]]) -> dict[str, Any]:
    mine = [
        {
            "name": name,
            "isDefault": False,
            "match": [{"field": "source", "operator": "equals", "value": source}],
            "responseMinutes": {key: float(value) for key, value in rules.minutes[source].items()} | {"*": 240},
        }
        for source, name in rules.policies.items()
    ]
    escalations = [{"afterMinutes": float(after), "assignTo": str(user)} for after, user in rules.escalations]
    return {
        "policies": [*mine, *others],
        "atRiskAfterPercent": _AT_RISK_AFTER_PERCENT,
        "escalations": escalations,
        "firstResponseOn": ["activity", "note", "stage_change"],
    }
