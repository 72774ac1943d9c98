"""What a dry run would have made of leads: a later row finds it as it would find the leads themselves."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, insert

from kit.db.database import Reading, Writing
from leads_service.domain.duplicates import Sought, sought_of
from leads_service.domain.imports import ImportState
from leads_service.domain.lead import Lead
from leads_service.store.rows import LEAD_COLUMNS, json_row, lead_from_row, row_of_lead
from leads_service.store.tables import IMPORT_MATCHES, IMPORTS

_MATCHES = IMPORT_MATCHES.c


async def find(connection: Reading, import_id: UUID, wanted: Sequence[Sought]) -> list[Lead]:
    """The leads with any of these e-mails or phones, as they would be by now."""
    matching = sa.or_(
        _matches(_MATCHES.email, [each.email for each in wanted if each.email is not None]),
        _matches(_MATCHES.phone_e164, [each.phone_e164 for each in wanted if each.phone_e164 is not None]),
    )
    lead = sa.func.jsonb_populate_record(sa.literal_column("NULL::leads"), _MATCHES.lead)
    columns = lead.table_valued(*(sa.column(column.name, column.type) for column in LEAD_COLUMNS), name="lead")
    query = sa.select(*columns.c).select_from(IMPORT_MATCHES.join(columns, sa.true()))
    rows = await connection.execute(query.where(_MATCHES.import_id == import_id, matching))
    return [lead_from_row(row) for row in rows.mappings()]


async def changed(connection: Reading, import_id: UUID, lead_ids: Sequence[UUID]) -> set[UUID]:
    """Which of these leads would be others by now."""
    query = sa.select(_MATCHES.lead_id).where(
        _MATCHES.import_id == import_id, _MATCHES.lead_id == sa.any_(sa.literal(list(lead_ids), ARRAY(sa.Uuid)))
    )
    return set((await connection.execute(query)).scalars())


async def keep(tx: Writing, import_id: UUID, leads: Sequence[Lead]) -> None:
    """Keep leads as they would be."""
    if not leads:
        return
    statement = insert(IMPORT_MATCHES)
    names = ("email", "phone_e164", "lead")
    again = statement.on_conflict_do_update(
        index_elements=["import_id", "lead_id"], set_={name: statement.excluded[name] for name in names}
    )
    await tx.execute(again, [_row(import_id, lead) for lead in leads])


async def forget_ended(tx: Writing, limit: int) -> int:
    """Forget some of what is kept for imports that have ended; says how many leads."""
    ended = sa.select(IMPORTS.c.id).where(IMPORTS.c.state != ImportState.RUNNING.value)
    some = sa.select(_MATCHES.import_id, _MATCHES.lead_id).where(_MATCHES.import_id.in_(ended)).limit(limit)
    these = sa.tuple_(_MATCHES.import_id, _MATCHES.lead_id).in_(some.with_for_update(skip_locked=True))
    return int((await tx.execute(sa.delete(IMPORT_MATCHES).where(these))).rowcount)


def _matches(column: sa.ColumnElement[str], values: Sequence[str]) -> sa.ColumnElement[bool]:
    return column == sa.any_(sa.literal(values, ARRAY(sa.Text)))


def _row(import_id: UUID, lead: Lead) -> dict[str, Any]:
    sought = sought_of(lead)
    return {
        "import_id": import_id,
        "lead_id": lead.id,
        "email": sought.email,
        "phone_e164": sought.phone_e164,
        "lead": json_row(row_of_lead(lead)),
    }
