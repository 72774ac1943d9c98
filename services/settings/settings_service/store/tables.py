"""The tables of the settings database. What must hold for a list holds in the database too, where it can."""

from typing import get_args

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.schema import SchemaItem

from kit.db.idempotency import idempotency_table
from settings_service.domain.entries import FieldType, LabelList, Module, Movement, OwnerType, Strategy
from settings_service.domain.fields import HIGHEST_THRESHOLD, LONGEST_NAME
from settings_service.domain.retirements import RetirementKind, RetirementState
from settings_service.store.json_text import JsonText

METADATA = sa.MetaData()

_TIMESTAMP = sa.DateTime(timezone=True)


def _list_table(name: str, *parts: SchemaItem, of: sa.Table | None = None) -> sa.Table:
    # Of another table: for each entry there, one with its id here, as long as it is there.
    other = [sa.ForeignKey(of.c.id, ondelete="CASCADE")] if of is not None else []
    return sa.Table(
        name,
        METADATA,
        sa.Column("id", sa.Uuid, *other, primary_key=True),
        *parts,
        sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
        sa.Column("created_at", _TIMESTAMP, nullable=False, server_default=sa.func.now()),
        sa.Column("updated_at", _TIMESTAMP, nullable=False, server_default=sa.func.now()),
    )


def _single_row_table(name: str, *parts: SchemaItem) -> sa.Table:
    return sa.Table(
        name,
        METADATA,
        sa.Column("only_row", sa.Boolean, primary_key=True),
        *parts,
        sa.CheckConstraint("only_row", name=f"{name}_one_row"),
    )


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean, nullable=False)


def _integer(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False)


def _short(table: str, *columns: str) -> list[SchemaItem]:
    limit = f"BETWEEN 1 AND {LONGEST_NAME}"
    return [sa.CheckConstraint(f"char_length({each}) {limit}", name=f"{table}_{each}_length") for each in columns]


def _known(table: str, column: str, type_: object) -> sa.CheckConstraint:
    words = ", ".join(f"'{word}'" for word in get_args(type_))
    return sa.CheckConstraint(f"{column} IN ({words})", name=f"{table}_{column}_known")


def _color(table: str) -> sa.CheckConstraint:
    return sa.CheckConstraint("color ~ '^#[0-9a-f]{6}$'", name=f"{table}_color_format")


def _unique_name(table: str, *scope: str) -> sa.Index:
    # The collation is PostgreSQL's own, so that upper and lower case are the same on every server.
    return sa.Index(f"{table}_name", *scope, sa.text("lower(name COLLATE pg_c_utf8)"), unique=True)


def _unique_position(table: str, *scope: str) -> list[SchemaItem]:
    # Deferrable: a shift passes through states in which two entries share a position.
    return [
        sa.UniqueConstraint(*scope, "position", name=f"{table}_position", deferrable=True, initially="DEFERRED"),
        sa.CheckConstraint("position > 0", name=f"{table}_position_positive"),
    ]


def _one_default(table: str, column: str) -> sa.Index:
    return sa.Index(f"{table}_default", column, unique=True, postgresql_where=sa.text("is_default"))


PIPELINES = _list_table(
    "pipelines",
    _text("name"),
    _text("module"),
    _flag("is_default"),
    _text("movement"),
    *_short("pipelines", "name"),
    _known("pipelines", "module", Module),
    _known("pipelines", "movement", Movement),
    _unique_name("pipelines", "module"),
    _one_default("pipelines", "module"),
)

STAGES = _list_table(
    "stages",
    sa.Column("pipeline_id", sa.Uuid, sa.ForeignKey("pipelines.id", ondelete="CASCADE"), nullable=False),
    _text("name"),
    _integer("position"),
    _text("color"),
    _integer("probability"),
    _flag("is_won"),
    _flag("is_lost"),
    *_short("stages", "name"),
    _color("stages"),
    sa.CheckConstraint("probability BETWEEN 0 AND 100", name="stages_probability_percent"),
    sa.CheckConstraint("NOT (is_won AND is_lost)", name="stages_won_or_lost"),
    _unique_name("stages", "pipeline_id"),
    *_unique_position("stages", "pipeline_id"),
)

STAGE_FIELDS = _list_table(
    "stage_fields",
    sa.Column("stage_id", sa.Uuid, sa.ForeignKey("stages.id", ondelete="CASCADE"), nullable=False),
    _text("name"),
    _text("label"),
    _text("type"),
    _flag("required"),
    sa.Column("options", ARRAY(sa.Text, as_tuple=True), nullable=False),
    _integer("position"),
    *_short("stage_fields", "name", "label"),
    _known("stage_fields", "type", FieldType),
    _unique_name("stage_fields", "stage_id"),
    *_unique_position("stage_fields", "stage_id"),
)

STAGE_OWNERSHIP = _list_table(
    "stage_ownership",
    sa.Column("owner_type", sa.Text),
    sa.Column("owner_id", sa.Text),
    _flag("auto_assign"),
    _text("strategy"),
    sa.Column("member_ids", ARRAY(sa.Uuid, as_tuple=True), nullable=False),
    *_short("stage_ownership", "owner_id"),
    _known("stage_ownership", "owner_type", OwnerType),
    _known("stage_ownership", "strategy", Strategy),
    sa.CheckConstraint("(owner_type IS NULL) = (owner_id IS NULL)", name="stage_ownership_owner_whole"),
    of=STAGES,
)

FIELD_VISIBILITY = _list_table(
    "field_visibility",
    sa.Column("fields", JSONB, nullable=False),
    of=STAGES,
)

PRIORITIES = _list_table(
    "priorities",
    _text("name"),
    _text("label"),
    _text("color"),
    _integer("position"),
    _flag("is_default"),
    *_short("priorities", "name", "label"),
    _color("priorities"),
    _unique_name("priorities"),
    *_unique_position("priorities"),
    _one_default("priorities", "is_default"),
)

LABELS = _list_table(
    "labels",
    _text("list"),
    _text("name"),
    _text("label"),
    _flag("is_active"),
    *_short("labels", "name", "label"),
    _known("labels", "list", LabelList),
    _unique_name("labels", "list"),
)

SCORING_RULES = _list_table(
    "scoring_rules",
    _text("name"),
    _text("category"),
    _text("field"),
    _text("operator"),
    sa.Column("value", JsonText, nullable=False),
    _integer("points"),
    _flag("is_active"),
    _integer("position"),
    *_short("scoring_rules", "name"),
    _unique_name("scoring_rules"),
    *_unique_position("scoring_rules"),
)

THRESHOLD = _single_row_table(
    "qualification_threshold",
    _integer("threshold"),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("updated_at", _TIMESTAMP, nullable=False),
    sa.CheckConstraint(f"threshold BETWEEN 0 AND {HIGHEST_THRESHOLD}", name="qualification_threshold_range"),
)

SETTINGS_DOCUMENT = _single_row_table(
    "settings_document",
    # json, not jsonb: people read the document in the order of its sections.
    sa.Column("document", sa.JSON, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("updated_at", _TIMESTAMP, nullable=False),
)

CONFIGURATION_REVISION = _single_row_table(
    "configuration_revision",
    sa.Column("revision", sa.BigInteger, nullable=False),
    sa.Column("changed_at", _TIMESTAMP, nullable=False),
    # The revision by which scores may have become other ones.
    sa.Column("scoring_revision", sa.BigInteger, nullable=False, server_default="0"),
)

RETIREMENTS = sa.Table(
    "retirements",
    METADATA,
    sa.Column("id", sa.Uuid, primary_key=True),
    _text("kind"),
    sa.Column("entry_id", sa.Uuid, nullable=False),
    _text("name"),
    sa.Column("module", sa.Text),
    sa.Column("target_id", sa.Uuid),
    sa.Column("target_name", sa.Text),
    _text("state"),
    sa.Column("total", sa.BigInteger, nullable=False),
    sa.Column("moved", sa.BigInteger, nullable=False),
    sa.Column("failure_reason", sa.Text),
    sa.Column("failure_message", sa.Text),
    sa.Column("revision", sa.BigInteger),
    sa.Column("requested_by", sa.Uuid, nullable=False),
    sa.Column("started_at", _TIMESTAMP, nullable=False),
    sa.Column("ended_at", _TIMESTAMP),
    _known("retirements", "kind", RetirementKind),
    _known("retirements", "state", RetirementState),
    sa.CheckConstraint("(state = 'running') = (ended_at IS NULL)", name="retirements_ended"),
    sa.CheckConstraint("(state = 'completed') = (revision IS NOT NULL)", name="retirements_revision"),
    sa.Index("retirements_running", "entry_id", unique=True, postgresql_where=sa.text("state = 'running'")),
)

IDEMPOTENCY_KEYS = idempotency_table(METADATA)
