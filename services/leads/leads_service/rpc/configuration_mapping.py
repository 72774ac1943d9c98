"""The configuration snapshot of the settings service, as the domain works by it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from leadline.settings.v1 import configuration_service_pb2 as pb
from leadline.settings.v1 import lists_pb2

from kit import jsontext
from leads_service.domain.conditions import Condition
from leads_service.domain.configuration import (
    LEADS,
    OPPORTUNITIES,
    Configuration,
    Pipeline,
    Priority,
    ScoringRule,
    Stage,
    StageField,
)
from leads_service.domain.settings_document import settings_from_document

_MODULES: Mapping[Any, str] = {lists_pb2.MODULE_LEADS: LEADS, lists_pb2.MODULE_OPPORTUNITIES: OPPORTUNITIES}


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
