"""Leads come in, and people answer them at random: in time, late, told of afterwards, or never."""

import asyncio
import logging
import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx

from tests.faults.clock_rules import ClockRules

LOG = logging.getLogger(__name__)

_OWNERS = [None, "018f4e6e-0000-7000-8000-0000000000a1", "018f4e6e-0000-7000-8000-0000000000a2"]
# How often in a hundred.
_FATES = {"in_time": 30, "late": 25, "never": 17, "disqualified": 10, "told_afterwards": 10, "other_priority": 8}
_SAY_EVERY_SECONDS = 5
_SHORTLY = 0.1


@dataclass
class Sent:
    """A lead as it was sent, and how many answers to it were taken, or may have been."""

    id: str
    source: str
    priority: str
    owner: str | None
    created_at: datetime
    taken: int = 0
    uncertain: int = 0


@dataclass
class BusyClocks:
    """Everybody who creates leads and answers them, and what was seen that nobody should see."""

    api: httpx.AsyncClient
    rules: ClockRules
    chance: random.Random
    leads: dict[str, Sent] = field(default_factory=dict)
    surprises: list[str] = field(default_factory=list)

    async def run(self, count: int, seconds: float) -> None:
        """Have so many leads come in within so many seconds, and wait until they are answered and all has come due."""
        lives = [
            asyncio.create_task(self._live(random.Random(self.chance.random()), self.chance.uniform(0, seconds)))  # noqa: S311 - no secret
            for _ in range(count)
        ]
        saying = asyncio.create_task(self._say(count))
        try:
            await asyncio.gather(*lives)
        finally:
            saying.cancel()

    async def _say(self, count: int) -> None:
        while True:
            taken, uncertain = (sum(getattr(lead, name) for lead in self.leads.values()) for name in _COUNTED)
            LOG.info("%d of %d leads, %d answers taken, %d unknown", len(self.leads), count, taken, uncertain)
            await asyncio.sleep(_SAY_EVERY_SECONDS)

    async def _live(self, chance: random.Random, after: float) -> None:
        """One lead, from the one who sends it to the last thing that comes due."""
        await asyncio.sleep(after)
        lead = await self.create(chance)
        await self._be_answered(lead, chance)
        await self._at(lead, self.rules.seconds_of_all(lead.source))

    async def _be_answered(self, lead: Sent, chance: random.Random) -> None:
        window, more = self.rules.seconds(lead.source, lead.priority), self.rules.seconds_of_escalations
        fate = chance.choices(list(_FATES), list(_FATES.values()))[0]
        last = window if fate == "in_time" else window + more + 1
        moments = {"late": (window, last), "told_afterwards": (window / 2, last)}
        if fate == "other_priority":
            await self._at(lead, chance.uniform(0, window))
            await self._prioritise(lead, chance)
        if fate == "never" or (fate == "other_priority" and chance.random() < 0.5):
            return
        await self._at(lead, chance.uniform(*moments.get(fate, (0, last))))
        deeds = {"disqualified": self._disqualify, "told_afterwards": self._tell_afterwards}
        await deeds.get(fate, self._answer)(lead, chance)
        if chance.random() < 0.2:
            await self._say_more(lead, chance)

    async def _at(self, lead: Sent, seconds: float) -> None:
        """Wait until the lead is so old; it may be older."""
        at = lead.created_at + timedelta(seconds=seconds)
        await asyncio.sleep(max(0.0, (at - datetime.now(at.tzinfo)).total_seconds()))

    async def create(self, chance: random.Random) -> Sent:
        """A lead with any promise."""
        source, priority = chance.choice(self.rules.sources), chance.choice(self.rules.priorities)
        body = {
            "lastName": f"Lead {chance.randrange(10**9)}",
            "pipelineId": self.rules.process.id,
            "source": source,
            "priority": priority,
            "assignedTo": chance.choice(_OWNERS),
        }
        made = (await self._until_answered("/leads", body)).json()
        lead = Sent(made["id"], source, priority, body["assignedTo"], datetime.fromisoformat(made["createdAt"]))
        self.leads[lead.id] = lead
        return lead

    async def _prioritise(self, lead: Sent, chance: random.Random) -> None:
        priority = chance.choice(self.rules.priorities)
        await self._note_surprise(await self.api.put(f"/leads/{lead.id}", json={"priority": priority}))

    async def _answer(self, lead: Sent, chance: random.Random) -> None:
        deeds: list[tuple[str, dict[str, Any]]] = [
            ("notes", {"content": "Answered by mail."}),
            ("activities", {"type": "call", "direction": "outbound"}),
            ("change-stage", {"stageId": self.rules.process.stage("Talk")}),
        ]
        await self._send(lead, chance, *chance.choice(deeds))

    async def _tell_afterwards(self, lead: Sent, chance: random.Random) -> None:
        age = datetime.now(lead.created_at.tzinfo) - lead.created_at
        at = lead.created_at + age * chance.random()
        body = {"type": "call", "direction": "outbound", "occurredAt": at.isoformat()}
        await self._send(lead, chance, "activities", body)

    async def _disqualify(self, lead: Sent, chance: random.Random) -> None:
        await self._send(lead, chance, "disqualify", {"reason": "no_budget"})

    async def _say_more(self, lead: Sent, chance: random.Random) -> None:
        await asyncio.sleep(chance.uniform(0, 1))
        await self._send(lead, chance, "notes", {"content": "And one more thing."})

    async def _send(self, lead: Sent, chance: random.Random, path: str, body: dict[str, Any]) -> None:
        """Half of all callers repeat what is not answered, under one key; the others never know."""
        url = f"/leads/{lead.id}/{path}"
        careful = chance.random() < 0.5
        answer = await (self._until_answered(url, body) if careful else self.api.post(url, json=body))
        lead.taken += answer.is_success
        lead.uncertain += not answer.is_success
        await self._note_surprise(answer)

    async def _until_answered(self, url: str, body: dict[str, Any]) -> httpx.Response:
        headers = {"Idempotency-Key": str(uuid4())}
        while True:
            answer = await self.api.post(url, json=body, headers=headers)
            running = answer.status_code == 409 and answer.json()["code"] == "idempotency_in_progress"
            if answer.status_code != 503 and not running:
                return answer
            await asyncio.sleep(_SHORTLY)

    async def _note_surprise(self, answer: httpx.Response) -> None:
        # A part that has been killed is away; nothing else may go wrong on our side.
        if not answer.is_success and answer.status_code != 503:
            self.surprises.append(f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text}")


_COUNTED = ("taken", "uncertain")
