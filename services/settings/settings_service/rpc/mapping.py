"""Entries as protos."""

from leadline.settings.v1 import configuration_service_pb2, lists_pb2, settings_service_pb2

from kit import jsontext
from kit.errors import invalid_field
from kit.rpc.times import to_timestamp
from settings_service.domain.entries import (
    Label,
    LabelList,
    Module,
    Movement,
    Pipeline,
    Priority,
    ScoringRule,
    SettingsDocument,
    Stage,
    StageField,
    Threshold,
)
from settings_service.usecases.configuration import Snapshot

_MODULES: dict[Module, lists_pb2.Module.ValueType] = {
    "leads": lists_pb2.MODULE_LEADS,
    "opportunities": lists_pb2.MODULE_OPPORTUNITIES,
}
_MODULE_NAMES: dict[int, Module] = {number: name for name, number in _MODULES.items()}
_MOVEMENTS: dict[Movement, lists_pb2.Movement.ValueType] = {
    "free": lists_pb2.MOVEMENT_FREE,
    "sequential": lists_pb2.MOVEMENT_SEQUENTIAL,
}
_MOVEMENT_NAMES: dict[int, Movement] = {number: name for name, number in _MOVEMENTS.items()}
_LABEL_LISTS: dict[int, LabelList] = {
    settings_service_pb2.LABEL_LIST_SOURCES: "sources",
    settings_service_pb2.LABEL_LIST_DISQUALIFICATION_REASONS: "disqualification_reasons",
    settings_service_pb2.LABEL_LIST_TEAM_ROLES: "team_roles",
}


def module_name(number: int) -> Module | None:
    """The module; None for unspecified.

    Raises:
        LeadlineError: VALIDATION_FAILED for one that is not known.
    """
    if number and number not in _MODULE_NAMES:
        raise invalid_field("module", "NOT_ALLOWED", f"Use one of {', '.join(_MODULES)}.")
    return _MODULE_NAMES.get(number)


def movement_name(number: int) -> Movement | None:
    """The movement; None for unspecified and for one that is not known."""
    return _MOVEMENT_NAMES.get(number)


def label_list_name(number: int) -> LabelList:
    """Which of the plain lists.

    Raises:
        LeadlineError: VALIDATION_FAILED for unspecified and for one that is not known.
    """
    if number not in _LABEL_LISTS:
        raise invalid_field("list", "REQUIRED", f"Use one of {', '.join(_LABEL_LISTS.values())}.")
    return _LABEL_LISTS[number]


def pipeline_message(entry: Pipeline) -> lists_pb2.Pipeline:
    """A pipeline as a proto."""
    return lists_pb2.Pipeline(
        id=str(entry.id),
        name=entry.name,
        module=_MODULES[entry.module],
        is_default=entry.is_default,
        movement=_MOVEMENTS[entry.movement],
        version=entry.version,
        created_at=to_timestamp(entry.created_at),
        updated_at=to_timestamp(entry.updated_at),
    )


def stage_message(entry: Stage) -> lists_pb2.Stage:
    """A stage as a proto."""
    return lists_pb2.Stage(
        id=str(entry.id),
        pipeline_id=str(entry.pipeline_id),
        name=entry.name,
        position=entry.position,
        color=entry.color,
        probability=entry.probability,
        is_won=entry.is_won,
        is_lost=entry.is_lost,
        version=entry.version,
        created_at=to_timestamp(entry.created_at),
        updated_at=to_timestamp(entry.updated_at),
    )


def stage_field_message(entry: StageField) -> lists_pb2.StageField:
    """A stage field as a proto."""
    return lists_pb2.StageField(
        id=str(entry.id),
        stage_id=str(entry.stage_id),
        name=entry.name,
        label=entry.label,
        type=entry.type,
        required=entry.required,
        options=entry.options,
        position=entry.position,
        version=entry.version,
        created_at=to_timestamp(entry.created_at),
        updated_at=to_timestamp(entry.updated_at),
    )


def priority_message(entry: Priority) -> lists_pb2.Priority:
    """A priority as a proto."""
    return lists_pb2.Priority(
        id=str(entry.id),
        name=entry.name,
        label=entry.label,
        color=entry.color,
        position=entry.position,
        is_default=entry.is_default,
        version=entry.version,
        created_at=to_timestamp(entry.created_at),
        updated_at=to_timestamp(entry.updated_at),
    )


def label_message(entry: Label) -> lists_pb2.Label:
    """An entry of a plain list as a proto."""
    return lists_pb2.Label(
        id=str(entry.id),
        name=entry.name,
        label=entry.label,
        is_active=entry.is_active,
        version=entry.version,
        created_at=to_timestamp(entry.created_at),
        updated_at=to_timestamp(entry.updated_at),
    )


def scoring_rule_message(entry: ScoringRule) -> lists_pb2.ScoringRule:
    """A scoring rule as a proto."""
    return lists_pb2.ScoringRule(
        id=str(entry.id),
        name=entry.name,
        category=entry.category,
        field=entry.field,
        operator=entry.operator,
        value=jsontext.dumps(entry.value),
        points=entry.points,
        is_active=entry.is_active,
        position=entry.position,
        version=entry.version,
        created_at=to_timestamp(entry.created_at),
        updated_at=to_timestamp(entry.updated_at),
    )


def threshold_message(threshold: Threshold) -> lists_pb2.Threshold:
    """The threshold as a proto."""
    return lists_pb2.Threshold(
        threshold=threshold.threshold, version=threshold.version, updated_at=to_timestamp(threshold.updated_at)
    )


def document_message(settings: SettingsDocument) -> lists_pb2.SettingsDocument:
    """The settings document as a proto."""
    return lists_pb2.SettingsDocument(
        document=jsontext.dumps(settings.document),
        version=settings.version,
        updated_at=to_timestamp(settings.updated_at),
    )


def configuration_message(snapshot: Snapshot) -> configuration_service_pb2.Configuration:
    """The whole configuration as a proto."""
    return configuration_service_pb2.Configuration(
        revision=snapshot.revision.revision,
        changed_at=to_timestamp(snapshot.revision.changed_at),
        pipelines=map(pipeline_message, snapshot.pipelines),
        stages=map(stage_message, snapshot.stages),
        stage_fields=map(stage_field_message, snapshot.stage_fields),
        priorities=map(priority_message, snapshot.priorities),
        sources=map(label_message, snapshot.sources),
        disqualification_reasons=map(label_message, snapshot.disqualification_reasons),
        team_roles=map(label_message, snapshot.team_roles),
        scoring_rules=map(scoring_rule_message, snapshot.scoring_rules),
        threshold=threshold_message(snapshot.threshold),
        settings=document_message(snapshot.settings),
    )
