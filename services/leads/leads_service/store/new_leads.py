"""Writing a new lead with all that goes along in one statement, since nothing is written more often."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from kit.db.database import Writing
from leads_service.domain.lead import Change
from leads_service.domain.stage_assignment import StageAssignment
from leads_service.store.closed_entries import ENTERED_BY, are_open, retiring
from leads_service.store.rows import row_of, row_of_lead
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


@lru_cache(maxsize=64)
def _statement(entered: Iterable[str], activities: int) -> sa.Insert:
    """The statement for a lead that names these entries and has so many activities: written if the lead is."""
    entries = {ENTERED_BY[name]: sa.cast(_bind(LEADS.c[name], "lead"), sa.Text) for name in entered}
    lead = _insert(LEADS, "lead", are_open(entries, sa.bindparam("revision", type_=sa.BigInteger)))
    written = lead.returning(LEADS.c.id).cte("lead")
    condition = sa.exists(sa.select(written.c.id))
    held = _insert(STAGE_ASSIGNMENTS, "held", condition).returning(STAGE_ASSIGNMENTS.c.id)
    told = (_insert(ACTIVITIES, f"activity{place}", condition).cte(f"activity{place}") for place in range(activities))
    return held.add_cte(written, *told)


def _insert(table: sa.Table, prefix: str, condition: sa.ColumnElement[bool]) -> sa.Insert:
    columns = [column for column in table.columns if column.computed is None]
    query = sa.select(*(_bind(column, prefix) for column in columns)).where(condition)
    return sa.insert(table).from_select(columns, query)


def _bind(column: sa.Column[Any], prefix: str) -> sa.BindParameter[Any]:
    return sa.bindparam(f"{prefix}_{column.name}", type_=column.type)
