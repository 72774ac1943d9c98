"""People convert leads, half of them twice at once, and ask again until each lead is converted."""

import asyncio
import logging
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.support.api import post
from tests.support.converting import a_lead

LOG = logging.getLogger(__name__)

_SHORTLY_SECONDS = 0.2
_ON_THE_WAY = "lead_converting"


@dataclass
class BusyConversions:
    """Everybody who converts, and what was answered."""

    api: httpx.AsyncClient
    chance: random.Random
    leads: list[str] = field(default_factory=list)
    # Which opportunity each lead was said to have been converted to, by whoever was answered.
    told: dict[str, set[str]] = field(default_factory=dict)
    answers: Counter[str] = field(default_factory=Counter)
    surprises: list[str] = field(default_factory=list)

    async def prepare(self, count: int) -> None:
        """Have so many leads, each of a company of its own and with a note."""
        gate = asyncio.Semaphore(8)

        async def one() -> str:
            async with gate:
                lead = str((await a_lead(self.api))["id"])
                await post(self.api, f"/leads/{lead}/notes", {"content": "Wants it."})
                return lead

        self.leads = list(await asyncio.gather(*(one() for _ in range(count))))

    async def run(self, clients: int, seconds: float) -> None:
        """Have so many clients convert all leads, spread over so many seconds."""
        waiting = iter(self.leads)
        pause = seconds * clients / len(self.leads)

        async def client() -> None:
            for lead in waiting:
                await asyncio.sleep(self.chance.uniform(0, 2 * pause))
                times = 1 + (self.chance.random() < 0.5)
                await asyncio.gather(*(self._convert(lead) for _ in range(times)))
                LOG.info("%d of %d leads converted, answers %s", len(self.told), len(self.leads), dict(self.answers))

        await asyncio.gather(*(client() for _ in range(clients)))

    async def _convert(self, lead: str) -> None:
        """Ask until the lead is converted, whoever of us did it."""
        while True:
            try:
                answer = await self.api.post(f"/leads/{lead}/convert", json={})
            except httpx.TransportError as error:
                self.surprises.append(f"{lead}: {error!r}")
                return
            problem = {} if answer.status_code in {200, 202} else answer.json()
            self.answers[str(problem.get("code", answer.status_code))] += 1
            if opportunity := self._opportunity(answer, problem):
                self.told.setdefault(lead, set()).add(opportunity)
                return
            # A part that has been killed is away, and a conversion may wait for it; nothing else may go wrong.
            if answer.status_code not in {202, 503} and problem.get("code") != _ON_THE_WAY:
                self.surprises.append(f"{lead}: {answer.status_code} {answer.text}")
                return
            await asyncio.sleep(_SHORTLY_SECONDS)

    def _opportunity(self, answer: httpx.Response, problem: dict[str, Any]) -> str | None:
        if answer.status_code == 200:
            return str(answer.json()["opportunityId"])
        return problem.get("opportunityId") if problem.get("code") == "lead_already_converted" else None
