"""Reading and writing what there is one of: the threshold, the settings document, the configuration's revision."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from kit.db.database import Reading, Writing
from settings_service.domain.entries import SettingsDocument, Threshold
from settings_service.store.tables import CONFIGURATION_REVISION, SETTINGS_DOCUMENT, THRESHOLD

CHANNEL = "configuration"

_NOW = sa.func.clock_timestamp()
_THRESHOLD = (THRESHOLD.c.threshold, THRESHOLD.c.version, THRESHOLD.c.updated_at)
_DOCUMENT = (SETTINGS_DOCUMENT.c.document, SETTINGS_DOCUMENT.c.version, SETTINGS_DOCUMENT.c.updated_at)
_REVISION = (
    CONFIGURATION_REVISION.c.revision,
    CONFIGURATION_REVISION.c.changed_at,
    CONFIGURATION_REVISION.c.scoring_revision,
)


@dataclass(frozen=True, slots=True)
class Revision:
    """How often the configuration has changed, when it last did (UTC), and by which change scores may have."""

    revision: int
    changed_at: datetime
    scoring_revision: int


async def read_threshold(connection: Reading) -> Threshold:
    """The threshold."""
    row = (await connection.execute(sa.select(*_THRESHOLD))).one()
    return Threshold(threshold=row.threshold, version=row.version, updated_at=row.updated_at)


async def save_threshold(tx: Writing, threshold: int) -> Threshold:
    """Store a changed threshold."""
    values = {"threshold": threshold, "version": THRESHOLD.c.version + 1, "updated_at": _NOW}
    row = (await tx.execute(sa.update(THRESHOLD).values(values).returning(*_THRESHOLD))).one()
    return Threshold(threshold=row.threshold, version=row.version, updated_at=row.updated_at)


async def read_document(connection: Reading) -> SettingsDocument:
    """The settings document."""
    row = (await connection.execute(sa.select(*_DOCUMENT))).one()
    return SettingsDocument(document=row.document, version=row.version, updated_at=row.updated_at)


async def save_document(tx: Writing, document: dict[str, object]) -> SettingsDocument:
    """Store a changed settings document."""
    values = {"document": document, "version": SETTINGS_DOCUMENT.c.version + 1, "updated_at": _NOW}
    row = (await tx.execute(sa.update(SETTINGS_DOCUMENT).values(values).returning(*_DOCUMENT))).one()
    return SettingsDocument(document=row.document, version=row.version, updated_at=row.updated_at)


async def read_revision(connection: Reading) -> Revision:
    """The configuration's revision."""
    row = (await connection.execute(sa.select(*_REVISION))).one()
    return Revision(row.revision, row.changed_at, row.scoring_revision)


async def lock_configuration(tx: Writing) -> None:
    """Let one change happen at a time: what a transaction reads after this stays true until it commits."""
    await tx.execute(sa.select(CONFIGURATION_REVISION.c.revision).with_for_update())


async def advance_revision(tx: Writing, *, scores: bool = False) -> int:
    """Raise the revision, answer it, and notify every replica of it when this transaction commits.

    ``scores`` says that leads may have other scores by this change.
    """
    columns = CONFIGURATION_REVISION.c
    values: dict[str, Any] = {"revision": columns.revision + 1, "changed_at": _NOW}
    if scores:
        values["scoring_revision"] = columns.revision + 1
    notify = sa.func.pg_notify(CHANNEL, sa.cast(columns.revision, sa.Text))
    statement = sa.update(CONFIGURATION_REVISION).values(values).returning(columns.revision, notify)
    return int((await tx.execute(statement)).one().revision)


async def read_one_moment(tx: Writing) -> None:
    """Have every statement of this transaction, which has made none yet, see the same moment, and write nothing."""
    await tx.execute(sa.text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
