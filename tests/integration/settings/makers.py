"""Making entries of every list for tests, and looking at the list then."""

from collections.abc import Awaitable, Callable
from typing import Any

from leadline.settings.v1 import lists_pb2
from leadline.settings.v1 import settings_service_pb2 as pb

from tests.integration.settings.door import Door

SOURCES, REASONS, ROLES = (
    pb.LABEL_LIST_SOURCES,
    pb.LABEL_LIST_DISQUALIFICATION_REASONS,
    pb.LABEL_LIST_TEAM_ROLES,
)
Make = Callable[..., Awaitable[Any]]


async def stage_id_of(door: Door) -> str:
    return (await door.lead_stages())[0].id


async def make_pipeline(door: Door, name: str, **fields: Any) -> Any:
    return await door.create("Pipeline", name=name, **fields)


async def make_stage(door: Door, name: str, **fields: Any) -> Any:
    return await door.create("Stage", name=name, pipeline_id=(await door.pipelines())[0].id, **fields)


async def make_field(door: Door, name: str, **fields: Any) -> Any:
    return await door.create("StageField", name=name, stage_id=await stage_id_of(door), **fields)


async def make_priority(door: Door, name: str, **fields: Any) -> Any:
    return await door.create("Priority", name=name, **fields)


async def make_source(door: Door, name: str, **fields: Any) -> Any:
    return await door.create("Label", name=name, list=SOURCES, **fields)


async def make_rule(door: Door, name: str, **fields: Any) -> Any:
    return await door.create("ScoringRule", name=name, **{"field": "title", "operator": "is_empty", **fields})


MAKERS: list[Make] = [make_pipeline, make_stage, make_field, make_priority, make_source, make_rule]
POSITIONED: list[Make] = [make_stage, make_field, make_priority, make_rule]
LISTS: dict[Make, str] = {
    make_pipeline: "pipelines",
    make_stage: "stages",
    make_field: "stage_fields",
    make_priority: "priorities",
    make_source: "sources",
    make_rule: "scoring_rules",
}


def name_of(make: object) -> str:
    return getattr(make, "__name__", "")


async def listed(door: Door, make: Make) -> list[Any]:
    """The entries among which the new one is, in the order of their list."""
    entries: list[Any] = list(getattr(await door.snapshot(), LISTS[make]))
    if make is make_stage:
        return [entry for entry in entries if entry.pipeline_id == (await door.pipelines())[0].id]
    return [entry for entry in entries if make is not make_pipeline or entry.module == lists_pb2.MODULE_LEADS]
