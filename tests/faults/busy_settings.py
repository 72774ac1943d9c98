"""An administrator and a sales team at their busiest: settings change under leads that come in and move."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.support.sales import unique

_SETTINGS = "/lead-settings"
_MEMBERS = ["018f4e6e-0000-7000-8000-00000000000a", "018f4e6e-0000-7000-8000-00000000000b"]
_MOST_PIPELINES = 6

Entry = dict[str, Any]
Step = Callable[[], Awaitable[object]]


@dataclass
class BusySettings:
    """Does something at random, again and again, and remembers the leads that were taken and what nobody should see."""

    api: httpx.AsyncClient
    chance: random.Random
    leads: list[str] = field(default_factory=list)
    surprises: list[str] = field(default_factory=list)

    async def run(self, seconds: float) -> None:
        """Be busy for so long."""
        async with asyncio.timeout(seconds + 60):
            end = asyncio.get_running_loop().time() + seconds
            admins = [self._again(self._admin_steps(), end) for _ in range(4)]
            sellers = [self._again(self._seller_steps(), end) for _ in range(6)]
            await asyncio.gather(*admins, *sellers)

    async def _again(self, steps: list[Step], end: float) -> None:
        while asyncio.get_running_loop().time() < end:
            await self.chance.choice(steps)()

    def _admin_steps(self) -> list[Step]:
        return [
            self._add_pipeline,
            self._add_stage,
            self._make_default,
            self._reorder,
            self._own,
            self._add_priority,
            self._add_rule,
            *[lambda: self._remove("stages", "moveTo")] * 3,
            lambda: self._remove("pipelines", "moveTo"),
            lambda: self._remove("priorities", "replaceWith"),
        ]

    def _seller_steps(self) -> list[Step]:
        return [self._new_lead, self._new_lead, self._placed_lead, self._move, self._move_many, self._disqualify]

    async def all(self, path: str) -> list[Entry]:
        """A list, asked for until its service is there."""
        while True:
            answer = await self.api.get(f"{_SETTINGS}/{path}", params=_of_leads(path))
            if answer.status_code == 200:
                found: list[Entry] = answer.json()
                return found
            await asyncio.sleep(0.1)

    async def _one(self, path: str) -> Entry:
        return self.chance.choice(await self.all(path))

    async def _send(self, method: str, path: str, body: Any = None, **query: str) -> httpx.Response:
        answer = await self.api.request(method, path, json=body, params=query)
        # A part that is being killed is away; nothing else may go wrong on our side.
        if answer.status_code >= 500 and answer.status_code != 503:
            self.surprises.append(f"{method} {path} {body}: {answer.status_code} {answer.text}")
        return answer

    async def _add_pipeline(self) -> None:
        if len(await self.all("pipelines")) < _MOST_PIPELINES:
            movement = self.chance.choice(["free", "sequential"])
            await self._send("POST", f"{_SETTINGS}/pipelines", {"name": unique("Pipeline"), "movement": movement})

    async def _add_stage(self) -> None:
        pipeline = await self._one("pipelines")
        body = {"pipelineId": pipeline["id"], "name": unique("Stage"), "isWon": self.chance.random() < 0.1}
        await self._send("POST", f"{_SETTINGS}/stages", body)

    async def _make_default(self) -> None:
        pipeline = await self._one("pipelines")
        await self._send("PUT", f"{_SETTINGS}/pipelines/{pipeline['id']}", {"isDefault": True})

    async def _reorder(self) -> None:
        stages = await self.all("stages")
        ids = [each["id"] for each in stages if each["pipelineId"] == self.chance.choice(stages)["pipelineId"]]
        await self._send("PUT", f"{_SETTINGS}/stages/reorder", {"orderedIds": self.chance.sample(ids, len(ids))})

    async def _own(self) -> None:
        stage, strategy = await self._one("stages"), self.chance.choice(["round_robin", "least_loaded"])
        body = {"autoAssign": True, "strategy": strategy, "memberIds": _MEMBERS}
        await self._send("PUT", f"{_SETTINGS}/stage-ownership/{stage['id']}", body)

    async def _add_priority(self) -> None:
        default = self.chance.random() < 0.2
        await self._send("POST", f"{_SETTINGS}/priorities", {"name": unique("p"), "isDefault": default})

    async def _add_rule(self) -> None:
        value, points = self.chance.choice(["medium", "high"]), self.chance.randint(-5, 20)
        condition = {"field": "priority", "operator": "equals", "value": value}
        await self._send("POST", f"{_SETTINGS}/scoring-rules", {"name": unique("Rule"), "points": points, **condition})

    async def _remove(self, path: str, target: str) -> None:
        entry, other = await self._one(path), await self._one(path)
        query = {target: other["id"]} if self.chance.random() < 0.8 else {}
        await self._send("DELETE", f"{_SETTINGS}/{path}/{entry['id']}", **query)

    async def _new_lead(self) -> None:
        """A lead that names nothing is taken whatever is being changed."""
        answer = await self._send("POST", "/leads", {"lastName": unique("Lead")})
        if answer.status_code == 201:
            self.leads.append(answer.json()["id"])
        elif answer.status_code != 503:
            self.surprises.append(f"a lead was not taken: {answer.status_code} {answer.text}")

    async def _placed_lead(self) -> None:
        stage, priority = await self._one("stages"), await self._one("priorities")
        place = {"pipelineId": stage["pipelineId"], "stageId": stage["id"], "priority": priority["name"]}
        answer = await self._send("POST", "/leads", {"lastName": unique("Lead"), **place})
        if answer.status_code == 201:
            self.leads.append(answer.json()["id"])

    async def _move(self) -> None:
        if self.leads:
            stage = await self._one("stages")
            place = {"pipelineId": stage["pipelineId"], "stageId": stage["id"]}
            await self._send("PUT", f"/leads/{self.chance.choice(self.leads)}", place)

    async def _move_many(self) -> None:
        if self.leads:
            stage, some = await self._one("stages"), self.chance.sample(self.leads, min(5, len(self.leads)))
            await self._send("PUT", "/leads/bulk-update", {"ids": some, "changes": {"stageId": stage["id"]}})

    async def _disqualify(self) -> None:
        if self.leads and self.chance.random() < 0.3:
            await self._send("POST", f"/leads/{self.chance.choice(self.leads)}/disqualify", {"reason": "no_need"})


def _of_leads(path: str) -> dict[str, str]:
    return {"module": "leads"} if path in {"pipelines", "stages"} else {}
