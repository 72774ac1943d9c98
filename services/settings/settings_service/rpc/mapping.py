"""Entries as protos."""

from leadline.settings.v1 import configuration_service_pb2, lists_pb2, retirement_pb2

from kit import jsontext
from kit.rpc.times import to_timestamp
from settings_service.domain.entries import (
    FieldVisibility,
    Label,
    Pipeline,
    Priority,
    ScoringRule,
    SettingsDocument,
    Stage,
    StageField,
    StageOwnership,
    Threshold,
)
from settings_service.domain.retirements import Retirement
from settings_service.rpc.words import (
    ACCESSES,
    MODULES,
    MOVEMENTS,
    OWNER_TYPES,
    RETIREMENT_KINDS,
    RETIREMENT_STATES,
    STRATEGIES,
)
from settings_service.usecases.configuration import Snapshot


def pipeline_message(entry: Pipeline) -> lists_pb2.Pipeline:
    """A pipeline as a proto."""
    return lists_pb2.Pipeline(
        id=str(entry.id),
        name=entry.name,
        module=MODULES[entry.module],
        is_default=entry.is_default,
        movement=MOVEMENTS[entry.movement],
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


def ownership_message(entry: StageOwnership) -> lists_pb2.StageOwnership:
    """A stage's ownership as a proto."""
    return lists_pb2.StageOwnership(
        stage_id=str(entry.id),
        owner_type=OWNER_TYPES[entry.owner_type] if entry.owner_type else lists_pb2.OWNER_TYPE_UNSPECIFIED,
        owner_id=entry.owner_id,
        auto_assign=entry.auto_assign,
        strategy=STRATEGIES[entry.strategy],
        member_ids=map(str, entry.member_ids),
        version=entry.version,
        updated_at=to_timestamp(entry.updated_at),
    )


def visibility_message(entry: FieldVisibility) -> lists_pb2.FieldVisibility:
    """A stage's field visibility as a proto."""
    return lists_pb2.FieldVisibility(
        stage_id=str(entry.id),
        fields={name: ACCESSES[access] for name, access in entry.fields.items()},
        version=entry.version,
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
        value=entry.value,
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


def retirement_message(retirement: Retirement) -> retirement_pb2.Retirement:
    """A deletion as a proto."""
    return retirement_pb2.Retirement(
        id=str(retirement.id),
        kind=RETIREMENT_KINDS[retirement.kind],
        entry_id=str(retirement.entry_id),
        name=retirement.name,
        module=MODULES[retirement.module] if retirement.module else lists_pb2.MODULE_UNSPECIFIED,
        target_id=str(retirement.target_id) if retirement.target_id else None,
        target_name=retirement.target_name,
        state=RETIREMENT_STATES[retirement.state],
        total=retirement.total,
        moved=retirement.moved,
        failure_reason=retirement.failure_reason,
        failure_message=retirement.failure_message,
        requested_by=str(retirement.requested_by),
        started_at=to_timestamp(retirement.started_at),
        ended_at=to_timestamp(retirement.ended_at),
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
        stage_ownership=map(ownership_message, snapshot.stage_ownership),
        field_visibility=map(visibility_message, snapshot.field_visibility),
        scoring_revision=snapshot.revision.scoring_revision,
        retirements=map(retirement_message, snapshot.retirements),
    )
