"""Pipelines that a test has to itself, and deletions in them."""

from dataclasses import dataclass
from typing import Any, TypeAlias

from leadline.leads.v1 import lead_pb2
from leadline.settings.v1 import configuration_service_pb2 as pb
from leadline.settings.v1 import lists_pb2, retirement_pb2

from kit.ids import new_id
from tests.integration.leads.pushing import Edit, House

Kind: TypeAlias = retirement_pb2.RetirementKind.ValueType
PIPELINE, STAGE = retirement_pb2.RETIREMENT_KIND_PIPELINE, retirement_pb2.RETIREMENT_KIND_STAGE


@dataclass(frozen=True)
class Process:
    """A pipeline for leads that a test has to itself."""

    id: str
    name: str
    stages: dict[str, str]

    async def lead(self, house: House, stage: str | None = None, **given: Any) -> lead_pb2.Lead:
        """A new lead at a stage, the first one unless said."""
        place = {"stage_id": self.stages[stage]} if stage else {}
        return await house.door.create(last_name="Johnson", pipeline_id=self.id, **place, **given)


async def new_process(house: House, *names: str) -> Process:
    """A pipeline with stages of these names. ``Won`` and ``Lost`` are what they say."""
    pipeline_id = str(new_id())
    process = Process(pipeline_id, f"Process {pipeline_id}", {name: str(new_id()) for name in names})

    def edit(configuration: pb.Configuration) -> None:
        configuration.pipelines.add(
            id=pipeline_id, name=process.name, module=lists_pb2.MODULE_LEADS, movement=lists_pb2.MOVEMENT_FREE
        )
        for position, (name, stage_id) in enumerate(process.stages.items(), start=1):
            configuration.stages.add(
                id=stage_id,
                pipeline_id=pipeline_id,
                name=name,
                position=position,
                is_won=name == "Won",
                is_lost=name == "Lost",
            )

    await house.push(edit)
    return process


def deletion(
    kind: Kind, entry: tuple[str, str], target: tuple[str, str] | None = None, module: int = 1
) -> retirement_pb2.Retirement:
    """A deletion that is running; entry and target by id and name."""
    return retirement_pb2.Retirement(
        id=str(new_id()),
        kind=kind,
        entry_id=entry[0],
        name=entry[1],
        module=lists_pb2.Module.ValueType(module) if kind in {PIPELINE, STAGE} else lists_pb2.MODULE_UNSPECIFIED,
        target_id=target[0] if target else None,
        target_name=target[1] if target else None,
        state=retirement_pb2.RETIREMENT_STATE_RUNNING,
    )


async def retire(
    house: House, kind: Kind, entry: tuple[str, str], target: tuple[str, str] | None = None, module: int = 1
) -> str:
    """Have an entry deleted, and answer the deletion's id."""
    running = deletion(kind, entry, target, module)
    await house.push(lambda configuration: configuration.retirements.append(running))
    return running.id


async def retire_stage(house: House, process: Process, name: str, target: str | None = None) -> str:
    """Have a stage of a process deleted."""
    named = (process.stages[target], target) if target else None
    return await retire(house, STAGE, (process.stages[name], name), named)


def gone(retirement_id: str) -> Edit:
    """The configuration does not tell of a deletion any more."""

    def edit(configuration: pb.Configuration) -> None:
        left = [each for each in configuration.retirements if each.id != retirement_id]
        del configuration.retirements[:]
        configuration.retirements.extend(left)

    return edit
