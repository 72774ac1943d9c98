"""A sales process of a test's own, set up as an administrator does it, so that tests do not disturb each other."""

from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

from tests.support.api import ask, get, post, put
from tests.support.waiting import eventually

STAGES = ("New", "Talk", "Offer")


def unique(name: str) -> str:
    """A name that no other test uses."""
    return f"{name}_{uuid4().hex[:12]}"


async def in_force(api: httpx.AsyncClient) -> None:
    """Wait until everything that was set so far is in force.

    The configuration comes as a whole, so what was set last stands for all.
    """
    marker = unique("marker")
    source = await post(api, "/lead-settings/sources", {"name": marker})

    async def known() -> httpx.Response:
        return await api.post("/leads", json={"lastName": "Marker", "source": marker})

    taken = await eventually(known, lambda answer: answer.status_code == 201)
    await ask(api, "DELETE", f"/leads/{taken.json()['id']}", expect=204)
    # Put out of use rather than deleted: the deleted lead could come back.
    await put(api, f"/lead-settings/sources/{source['id']}", {"isActive": False})


@dataclass
class Process:
    """A pipeline with its stages, by name."""

    api: httpx.AsyncClient
    pipeline: dict[str, Any]
    stages: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The pipeline's id."""
        return str(self.pipeline["id"])

    def stage(self, name: str) -> str:
        """A stage's id."""
        return str(self.stages[name]["id"])

    async def add_stage(self, name: str, **more: Any) -> str:
        """Add a stage at the end."""
        body = {"pipelineId": self.id, "name": name, **more}
        self.stages[name] = await post(self.api, "/lead-settings/stages", body)
        return self.stage(name)

    async def asks(self, stage: str, name: str, type_: str, **more: Any) -> dict[str, Any]:
        """Have a stage ask for a value."""
        body = {"name": name, "type": type_, **more}
        made: dict[str, Any] = await post(self.api, f"/lead-settings/stages/{self.stage(stage)}/fields", body)
        return made

    async def lead(self, *, expect: int = 201, **fields: Any) -> Any:
        """A lead of this pipeline."""
        body = {"lastName": unique("Lead"), "pipelineId": self.id, **fields}
        return await post(self.api, "/leads", body, expect=expect)

    async def move(self, lead: dict[str, Any], stage: str, *, expect: int = 200, **values: Any) -> Any:
        """Move a lead to a stage."""
        body = {"stageId": self.stage(stage), "stageFieldValues": values}
        return await ask(self.api, "POST", f"/leads/{lead['id']}/change-stage", body, expect=expect)


async def set_up(api: httpx.AsyncClient, *stages: str, movement: str = "free") -> Process:
    """A pipeline of one's own, in force."""
    pipeline = await post(api, "/lead-settings/pipelines", {"name": unique("Pipeline"), "movement": movement})
    process = Process(api, pipeline)
    for name in stages or STAGES:
        await process.add_stage(name)
    await process.add_stage("Won", isWon=True)
    await process.add_stage("Lost", isLost=True)
    await in_force(api)
    return process


async def read(api: httpx.AsyncClient, lead: dict[str, Any]) -> Any:
    """The lead as it is now."""
    return await get(api, f"/leads/{lead['id']}")
