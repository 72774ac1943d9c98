"""Writing new leads with all that goes along: a single one in one statement, since nothing is written more often."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from kit.db.database import Writing
from leads_service.domain.lead import Change
from leads_service.domain.stage_assignment import StageAssignment
from leads_service.store.closed_entries import ENTERED_BY, are_open, retiring
from leads_service.store.rows import json_row, row_of, row_of_lead
from leads_service.store.tables import ACTIVITIES, LEADS, STAGE_ASSIGNMENTS


async def insert(tx: Writing, change: Change, held: StageAssignment, revision: int) -> None:
    """Write a new lead, by a configuration of this revision, its activities and who holds it.

    Raises:
        LeadlineError: RETIRING where the lead would use an entry that is being deleted.
    """
    lead = row_of_lead(change.lead)
    rows = {"lead": lead, "held": row_of(held)}
    rows |= {f"activity{place}": row_of(activity) for place, activity in enumerate(change.activities)}
    given = {f"{prefix}_{name}": value for prefix, row in rows.items() for name, value in row.items()}
    entered = tuple(name for name in ENTERED_BY if lead[name] is not None)
    statement = _statement(entered, len(change.activities))
    if (await tx.execute(statement, {**given, "revision": revision})).one_or_none() is None:
        raise retiring()


async def insert_many(tx: Writing, changes: Sequence[Change], held: Sequence[StageAssignment], revision: int) -> None:
    """Write new leads, by a configuration of this revision, their activities and who holds them.

    Raises:
        LeadlineError: RETIRING where one would use an entry that is being deleted; the others are written.
    """
    if not changes:
        return
    rows = [json_row(row_of_lead(change.lead)) for change in changes]
    if (await tx.execute(_MANY, {"rows": rows, "revision": revision})).rowcount != len(rows):
        raise retiring()
    await tx.execute(sa.insert(STAGE_ASSIGNMENTS), [row_of(each) for each in held])
    await tx.execute(sa.insert(ACTIVITIES), [row_of(each) for change in changes for each in change.activities])


def _many() -> sa.Insert:
    """Writes those leads whose entries are open, as one statement: what follows on each statement follows once."""
    columns = _written(LEADS)
    rows = sa.func.jsonb_populate_recordset(sa.literal_column("NULL::leads"), sa.bindparam("rows", type_=JSONB))
    lead = rows.table_valued(*(sa.column(column.name, column.type) for column in columns), name="lead")
    entries = {kind: sa.cast(lead.c[name], sa.Text) for name, kind in ENTERED_BY.items()}
    condition = are_open(entries, sa.bindparam("revision", type_=sa.BigInteger))
    statement = sa.insert(LEADS).from_select(columns, sa.select(*lead.c).where(condition))
    return statement.execution_options(preserve_rowcount=True)


@lru_cache(maxsize=64)
def _statement(entered: tuple[str, ...], activities: int) -> sa.Insert:
    """The statement for a lead that names these entries and has so many activities: written if the lead is."""
    entries = {ENTERED_BY[name]: sa.cast(_bind(LEADS.c[name], "lead"), sa.Text) for name in entered}
    lead = _insert(LEADS, "lead", are_open(entries, sa.bindparam("revision", type_=sa.BigInteger)))
    written = lead.returning(LEADS.c.id).cte("lead")
    condition = sa.exists(sa.select(written.c.id))
    held = _insert(STAGE_ASSIGNMENTS, "held", condition).returning(STAGE_ASSIGNMENTS.c.id)
    told = (_insert(ACTIVITIES, f"activity{place}", condition).cte(f"activity{place}") for place in range(activities))
    return held.add_cte(written, *told)


def _insert(table: sa.Table, prefix: str, condition: sa.ColumnElement[bool]) -> sa.Insert:
    columns = _written(table)
    query = sa.select(*(_bind(column, prefix) for column in columns)).where(condition)
    return sa.insert(table).from_select(columns, query)


def _bind(column: sa.Column[Any], prefix: str) -> sa.BindParameter[Any]:
    return sa.bindparam(f"{prefix}_{column.name}", type_=column.type)


def _written(table: sa.Table) -> list[sa.Column[Any]]:
    return [column for column in table.columns if column.computed is None]


_MANY = _many()
