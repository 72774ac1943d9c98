"""The configuration snapshot of the settings service, as the domain works by it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from leadline.settings.v1 import configuration_service_pb2 as pb
from leadline.settings.v1 import lists_pb2, retirement_pb2

from kit import jsontext
from leads_service.domain.conditions import Condition
from leads_service.domain.configuration import (
    LEADS,
    OPPORTUNITIES,
    Configuration,
    FieldVisibility,
    Pipeline,
    Priority,
    Retirement,
    Retiring,
    ScoringRule,
    Stage,
    StageField,
    StageOwnership,
)
from leads_service.domain.settings_document import settings_from_document

_MODULES: Mapping[Any, str] = {lists_pb2.MODULE_LEADS: LEADS, lists_pb2.MODULE_OPPORTUNITIES: OPPORTUNITIES}
_OWNERS: Mapping[Any, str] = {
    lists_pb2.OWNER_TYPE_USER: "user",
    lists_pb2.OWNER_TYPE_TEAM: "team",
    lists_pb2.OWNER_TYPE_ROLE: "role",
}
_STRATEGIES: Mapping[Any, str] = {
    lists_pb2.ASSIGNMENT_STRATEGY_ROUND_ROBIN: "round_robin",
    lists_pb2.ASSIGNMENT_STRATEGY_LEAST_LOADED: "least_loaded",
}
_KINDS: Mapping[Any, str] = {
    retirement_pb2.RETIREMENT_KIND_PIPELINE: Retiring.PIPELINE,
    retirement_pb2.RETIREMENT_KIND_STAGE: Retiring.STAGE,
    retirement_pb2.RETIREMENT_KIND_PRIORITY: Retiring.PRIORITY,
    retirement_pb2.RETIREMENT_KIND_SOURCE: Retiring.SOURCE,
    retirement_pb2.RETIREMENT_KIND_DISQUALIFICATION_REASON: Retiring.DISQUALIFICATION_REASON,
    retirement_pb2.RETIREMENT_KIND_TEAM_ROLE: Retiring.TEAM_ROLE,
}


def configuration_from_proto(received: pb.Configuration) -> Configuration:
    """The configuration of a snapshot.

    Raises:
        ValueError: the snapshot makes no sense to this version of the service.
    """
    configuration = Configuration(
        revision=received.revision,
        pipelines=[_pipeline(each) for each in received.pipelines],
        stages=[_stage(each) for each in received.stages],
        stage_fields=[_stage_field(each) for each in received.stage_fields],
        priorities=[Priority(each.name, each.label, each.position, each.is_default) for each in received.priorities],
        sources=[each.name for each in received.sources if each.is_active],
        disqualification_reasons=[each.name for each in received.disqualification_reasons if each.is_active],
        team_roles=[each.name for each in received.team_roles if each.is_active],
        ownership={each.stage_id: each for each in map(_ownership, received.stage_ownership)},
        visibility={each.stage_id: each for each in map(_visibility, received.field_visibility)},
        retirements=[_retirement(each) for each in received.retirements],
        scoring_revision=received.scoring_revision,
        scoring_rules=[_scoring_rule(each) for each in received.scoring_rules if each.is_active],
        threshold=received.threshold.threshold,
        settings=settings_from_document(jsontext.loads(received.settings.document)),
    )
    configuration.default_pipeline(LEADS)
    configuration.default_pipeline(OPPORTUNITIES)
    configuration.default_priority()
    return configuration


def _pipeline(each: lists_pb2.Pipeline) -> Pipeline:
    movement = "sequential" if each.movement == lists_pb2.MOVEMENT_SEQUENTIAL else "free"
    return Pipeline(UUID(each.id), each.name, _MODULES[each.module], each.is_default, movement)


def _stage(each: lists_pb2.Stage) -> Stage:
    return Stage(UUID(each.id), UUID(each.pipeline_id), each.name, each.position, each.is_won, each.is_lost)


def _stage_field(each: lists_pb2.StageField) -> StageField:
    return StageField(UUID(each.stage_id), each.name, each.label, each.type, each.required, tuple(each.options))


def _scoring_rule(each: lists_pb2.ScoringRule) -> ScoringRule:
    condition = Condition(each.field, each.operator, jsontext.loads(each.value) if each.value else None)
    return ScoringRule(UUID(each.id), each.name, condition, each.points)


def _ownership(each: lists_pb2.StageOwnership) -> StageOwnership:
    return StageOwnership(
        stage_id=UUID(each.stage_id),
        owner_type=_OWNERS.get(each.owner_type),
        owner_id=each.owner_id if each.HasField("owner_id") else None,
        auto_assign=each.auto_assign,
        strategy=_STRATEGIES.get(each.strategy, "none"),
        member_ids=tuple(UUID(member) for member in each.member_ids),
    )


def _visibility(each: lists_pb2.FieldVisibility) -> FieldVisibility:
    def named(access: lists_pb2.FieldAccess.ValueType) -> frozenset[str]:
        return frozenset(name for name, found in each.fields.items() if found == access)

    return FieldVisibility(
        UUID(each.stage_id), named(lists_pb2.FIELD_ACCESS_HIDDEN), named(lists_pb2.FIELD_ACCESS_READ_ONLY)
    )


def _retirement(each: retirement_pb2.Retirement) -> Retirement:
    return Retirement(
        id=UUID(each.id),
        kind=_KINDS[each.kind],
        entry_id=UUID(each.entry_id),
        name=each.name,
        module=_MODULES.get(each.module),
        target_id=UUID(each.target_id) if each.HasField("target_id") else None,
        target_name=each.target_name if each.HasField("target_name") else None,
    )
