"""Deleting what leads use: what is closed, and what becomes of the leads that have it (spec: stages)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypedDict
from uuid import UUID

from kit.errors import FieldViolation, LeadlineError, invalid_field
from leads_service.domain import stage_gate
from leads_service.domain.configuration import OPPORTUNITIES, Configuration, Retirement, Retiring, Stage
from leads_service.domain.lead import Activity, Change, Lead, LeadStatus
from leads_service.domain.settling import Situation, settle

# What a lead carries of an entry that it names, by kind.
_NAMED_BY = {
    Retiring.PRIORITY: "priority",
    Retiring.SOURCE: "source",
    Retiring.DISQUALIFICATION_REASON: "disqualification_reason",
}
_STAGES = {Retiring.PIPELINE, Retiring.STAGE}
_PLACE = ("pipeline_id", "stage_id")
_MOVED = (*_PLACE, *_NAMED_BY.values())


class Moved(TypedDict):
    """What a deletion made of a lead's attribute; ids are text."""

    was: str
    became: str


def of_opportunities(retirement: Retirement) -> bool:
    """Whether the entry is a place of opportunities, which are not kept here."""
    return retirement.kind in _STAGES and retirement.module == OPPORTUNITIES


def stages_closed(retirement: Retirement, configuration: Configuration) -> list[Stage]:
    """The stages that nothing enters any more."""
    if retirement.kind == Retiring.PIPELINE:
        return list(configuration.stages_of(retirement.entry_id))
    stage = configuration.stage(retirement.entry_id) if retirement.kind == Retiring.STAGE else None
    return [stage] if stage else []


def closed_by(retirement: Retirement, configuration: Configuration) -> list[tuple[Retiring, str]]:
    """What nothing may be written into any more: stages by id, everything else by name."""
    if retirement.kind in _STAGES:
        return [(Retiring.STAGE, str(stage.id)) for stage in stages_closed(retirement, configuration)]
    return [(Retiring(retirement.kind), retirement.name)]


def opportunity_moves(retirement: Retirement, configuration: Configuration) -> Iterator[tuple[Stage, Stage]]:
    """From which stage to which one opportunities go; from none that the target has no place for."""
    for stage in stages_closed(retirement, configuration):
        target = _opportunity_target(stage, retirement, configuration)
        if target is not None:
            yield stage, target


def _opportunity_target(stage: Stage, retirement: Retirement, configuration: Configuration) -> Stage | None:
    """An opportunity's stage says whether it is won or lost."""
    if retirement.target_id is None:
        return None
    if retirement.kind == Retiring.STAGE:
        return configuration.stage(retirement.target_id)
    won = configuration.won_stage(retirement.target_id) if stage.is_won else None
    lost = configuration.lost_stage(retirement.target_id) if stage.is_lost else None
    return won or lost or _counterpart(stage.name, retirement.target_id, configuration)


def moved(lead: Lead, retirement: Retirement, situation: Situation) -> Change:
    """The lead with the target instead of the entry. Only an open one passes the gate of its new stage.

    Neither the rules of movement nor those of assignment apply, and it answers nobody.

    Raises:
        LeadlineError: STAGE_FIELDS_MISSING; VALIDATION_FAILED where the target has no stage to enter.
    """
    if retirement.kind in _STAGES:
        stage = _target_stage(lead, retirement, situation.configuration)
        after = _entered(lead, stage, situation.configuration)
        return settle(lead, after, _stage_changed(lead, stage, situation), situation)
    given: dict[str, Any] = {_NAMED_BY[Retiring(retirement.kind)]: retirement.target_name}
    return settle(lead, replace(lead, **given), [], situation)


def _entered(lead: Lead, stage: Stage, configuration: Configuration) -> Lead:
    if lead.status is LeadStatus.OPEN and lead.deleted_at is None:
        return stage_gate.enter(lead, stage, {}, configuration)
    return replace(lead, pipeline_id=stage.pipeline_id, stage_id=stage.id)


def _target_stage(lead: Lead, retirement: Retirement, configuration: Configuration) -> Stage:
    """The stage that is the target, or the one of the target pipeline that stands for the lead's."""
    stage = None
    if retirement.target_id is not None:
        is_stage = retirement.kind == Retiring.STAGE
        find = configuration.stage if is_stage else partial(_stage_by_status, lead, configuration)
        stage = find(retirement.target_id)
    if stage is None:
        raise invalid_field("targetId", "WITHOUT_STAGES", "There is no stage that these leads could enter.")
    return stage


def _stage_by_status(lead: Lead, configuration: Configuration, pipeline_id: UUID) -> Stage | None:
    closed = {
        LeadStatus.CONVERTED: configuration.won_stage(pipeline_id),
        LeadStatus.DISQUALIFIED: configuration.lost_stage(pipeline_id),
    }
    name = configuration.stage_name(lead.stage_id)
    return closed.get(lead.status) or _counterpart(name, pipeline_id, configuration)


def _counterpart(name: str, pipeline_id: UUID, configuration: Configuration) -> Stage | None:
    """The stage of the same name, without case, else the first one, of those that can be entered."""
    stages = configuration.enterable_stages(pipeline_id)
    same = (stage for stage in stages if stage.name.casefold() == name.casefold())
    first = next((stage for stage in stages if not (stage.is_won or stage.is_lost)), next(iter(stages), None))
    return next(same, first)


def what_moved(before: Lead, after: Lead) -> dict[str, Moved]:
    """What a deletion has made of a lead, to be kept until it is over."""
    differing = [name for name in _MOVED if getattr(before, name) != getattr(after, name)]
    return {name: Moved(was=str(getattr(before, name)), became=str(getattr(after, name))) for name in differing}


def restored(lead: Lead, kept: Mapping[str, Moved], situation: Situation) -> Change | None:
    """The lead as it was before a deletion moved it; nothing where somebody has changed since what it was given."""
    if any(str(getattr(lead, name)) != each["became"] for name, each in kept.items()):
        return None
    was: dict[str, Any] = {name: _value(name, each["was"]) for name, each in kept.items()}
    after = replace(lead, **was)
    stage = situation.configuration.stage(after.stage_id)
    return settle(lead, after, _stage_changed(lead, stage, situation) if stage else [], situation)


def _value(name: str, text: str) -> UUID | str:
    return UUID(text) if name in _PLACE else text


def _stage_changed(lead: Lead, stage: Stage, situation: Situation) -> list[Activity]:
    if stage.id == lead.stage_id:
        return []
    names = {"from": situation.configuration.stage_name(lead.stage_id), "to": stage.name}
    return [situation.activity(lead, "stage_changed", f"Moved to {stage.name}", metadata=names)]


def roles_changed(lead: Lead, users: Sequence[UUID], roles: tuple[str, str], situation: Situation) -> Change:
    """The lead whose team's members have got the second role instead of the first. The lead itself stays as it is."""
    old, new = roles
    activities = [
        situation.activity(
            lead, "team_member_changed", "Team role changed", metadata={"userId": str(user), "from": old, "to": new}
        )
        for user in users
    ]
    return settle(lead, lead, activities, situation)


def of_lead(lead: Lead, error: LeadlineError) -> list[FieldViolation]:
    """What keeps a lead from being moved, naming it by its id: who it is, is not told outside of this service."""
    return [FieldViolation(f"leads.{lead.id}.{each.field}", each.reason, each.message) for each in error.violations]
