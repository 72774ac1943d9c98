"""The first tables: the lists, the threshold, the settings document and the configuration's revision."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "configuration_revision",
        sa.Column("only_row", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("only_row", name="configuration_revision_one_row"),
        sa.PrimaryKeyConstraint("only_row"),
    )
    op.create_table(
        "labels",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("list", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("list IN ('sources', 'disqualification_reasons', 'team_roles')", name="labels_list_known"),
        sa.CheckConstraint("char_length(label) BETWEEN 1 AND 100", name="labels_label_length"),
        sa.CheckConstraint("char_length(name) BETWEEN 1 AND 100", name="labels_name_length"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("labels_name", "labels", ["list", sa.literal_column("lower(name COLLATE pg_c_utf8)")], unique=True)
    op.create_table(
        "pipelines",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("module", sa.Text(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("movement", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("module IN ('leads', 'opportunities')", name="pipelines_module_known"),
        sa.CheckConstraint("movement IN ('free', 'sequential')", name="pipelines_movement_known"),
        sa.CheckConstraint("char_length(name) BETWEEN 1 AND 100", name="pipelines_name_length"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("pipelines_default", "pipelines", ["module"], unique=True, postgresql_where=sa.text("is_default"))
    op.create_index(
        "pipelines_name", "pipelines", ["module", sa.literal_column("lower(name COLLATE pg_c_utf8)")], unique=True
    )
    op.create_table(
        "priorities",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("color", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("color ~ '^#[0-9a-f]{6}$'", name="priorities_color_format"),
        sa.CheckConstraint("char_length(label) BETWEEN 1 AND 100", name="priorities_label_length"),
        sa.CheckConstraint("char_length(name) BETWEEN 1 AND 100", name="priorities_name_length"),
        sa.CheckConstraint("position > 0", name="priorities_position_positive"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("position", deferrable=True, initially="DEFERRED", name="priorities_position"),
    )
    op.create_index(
        "priorities_default", "priorities", ["is_default"], unique=True, postgresql_where=sa.text("is_default")
    )
    op.create_index("priorities_name", "priorities", [sa.literal_column("lower(name COLLATE pg_c_utf8)")], unique=True)
    op.create_table(
        "qualification_threshold",
        sa.Column("only_row", sa.Boolean(), nullable=False),
        sa.Column("threshold", sa.Integer(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("only_row", name="qualification_threshold_one_row"),
        sa.CheckConstraint("threshold BETWEEN 0 AND 1000000", name="qualification_threshold_range"),
        sa.PrimaryKeyConstraint("only_row"),
    )
    op.create_table(
        "scoring_rules",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("value", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("char_length(name) BETWEEN 1 AND 100", name="scoring_rules_name_length"),
        sa.CheckConstraint("position > 0", name="scoring_rules_position_positive"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("position", deferrable=True, initially="DEFERRED", name="scoring_rules_position"),
    )
    op.create_index(
        "scoring_rules_name", "scoring_rules", [sa.literal_column("lower(name COLLATE pg_c_utf8)")], unique=True
    )
    op.create_table(
        "settings_document",
        sa.Column("only_row", sa.Boolean(), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("only_row", name="settings_document_one_row"),
        sa.PrimaryKeyConstraint("only_row"),
    )
    op.create_table(
        "stages",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pipeline_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("color", sa.Text(), nullable=False),
        sa.Column("probability", sa.Integer(), nullable=False),
        sa.Column("is_won", sa.Boolean(), nullable=False),
        sa.Column("is_lost", sa.Boolean(), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("color ~ '^#[0-9a-f]{6}$'", name="stages_color_format"),
        sa.CheckConstraint("NOT (is_won AND is_lost)", name="stages_won_or_lost"),
        sa.CheckConstraint("char_length(name) BETWEEN 1 AND 100", name="stages_name_length"),
        sa.CheckConstraint("position > 0", name="stages_position_positive"),
        sa.CheckConstraint("probability BETWEEN 0 AND 100", name="stages_probability_percent"),
        sa.ForeignKeyConstraint(
            ["pipeline_id"],
            ["pipelines.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("pipeline_id", "position", deferrable=True, initially="DEFERRED", name="stages_position"),
    )
    op.create_index(
        "stages_name", "stages", ["pipeline_id", sa.literal_column("lower(name COLLATE pg_c_utf8)")], unique=True
    )
    op.create_table(
        "stage_fields",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("stage_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.Column("options", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "type IN ('text', 'number', 'date', 'datetime', 'boolean', 'select', 'email', 'phone', 'url')",
            name="stage_fields_type_known",
        ),
        sa.CheckConstraint("char_length(label) BETWEEN 1 AND 100", name="stage_fields_label_length"),
        sa.CheckConstraint("char_length(name) BETWEEN 1 AND 100", name="stage_fields_name_length"),
        sa.CheckConstraint("position > 0", name="stage_fields_position_positive"),
        sa.ForeignKeyConstraint(
            ["stage_id"],
            ["stages.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint(
            "stage_id", "position", deferrable=True, initially="DEFERRED", name="stage_fields_position"
        ),
    )
    op.create_index(
        "stage_fields_name",
        "stage_fields",
        ["stage_id", sa.literal_column("lower(name COLLATE pg_c_utf8)")],
        unique=True,
    )


def downgrade() -> None:
    for table in (
        "stage_fields",
        "stages",
        "settings_document",
        "scoring_rules",
        "qualification_threshold",
        "priorities",
        "pipelines",
        "labels",
        "configuration_revision",
    ):
        op.drop_table(table)
