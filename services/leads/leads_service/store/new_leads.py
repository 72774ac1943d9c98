"""Writing new leads with all that goes along, one or many in one statement, since nothing is written more often."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from kit.db.database import Writing
from leads_service.domain.lead import Change
from leads_service.domain.stage_assignment import StageAssignment
from leads_service.store.closed_entries import ENTERED_BY, are_open, retiring
from leads_service.store.rows import json_row, row_of, row_of_lead
from leads_service.store.tables import ACTIVITIES, LEADS, STAGE_ASSIGNMENTS


async def insert(tx: Writing, changes: Sequence[Change], held: Sequence[StageAssignment], revision: int) -> None:
    """Write new leads, by a configuration of this revision, their activities and who holds them.

    Raises:
        LeadlineError: RETIRING where one would use an entry that is being deleted; the others are written.
    """
    if not changes:
        return
    rows = {
        "new_leads": [json_row(row_of_lead(change.lead)) for change in changes],
        "held": [json_row(row_of(each)) for each in held],
        "told": [json_row(row_of(each)) for change in changes for each in change.activities],
    }
    if (await tx.execute(_NEW, {**rows, "revision": revision})).scalar_one() != len(changes):
        raise retiring()


def _new() -> sa.Select[int]:
    """Writes those leads whose entries are open, and what goes along with them; says how many.

    Rows come as JSON: to bind the hundred values of a lead takes longer than all else.
    """
    lead = _given(LEADS, "new_leads")
    entries = {kind: sa.cast(lead.c[name], sa.Text) for name, kind in ENTERED_BY.items()}
    condition = are_open(entries, sa.bindparam("revision", type_=sa.BigInteger))
    written = _insert(LEADS, lead, condition).returning(LEADS.c.id).cte("written")
    along = []
    for table, name in ((STAGE_ASSIGNMENTS, "held"), (ACTIVITIES, "told")):
        rows = _given(table, name)
        along.append(_insert(table, rows, rows.c.lead_id.in_(sa.select(written.c.id))).cte(f"{name}_too"))
    return sa.select(sa.func.count()).select_from(written).add_cte(*along)


def _given(table: sa.Table, name: str) -> sa.TableValuedAlias:
    """The rows of a table that the parameter of this name has."""
    rows = sa.func.jsonb_populate_recordset(sa.literal_column(f"NULL::{table.name}"), sa.bindparam(name, type_=JSONB))
    return rows.table_valued(*(sa.column(column.name, column.type) for column in _columns(table)), name=name)


def _insert(table: sa.Table, rows: sa.TableValuedAlias, condition: sa.ColumnElement[bool]) -> sa.Insert:
    return sa.insert(table).from_select(_columns(table), sa.select(*rows.c).where(condition))


def _columns(table: sa.Table) -> list[sa.Column[object]]:
    return [column for column in table.columns if column.computed is None]


_NEW = _new()
