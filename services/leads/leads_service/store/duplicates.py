"""Looking for leads of the same e-mail or phone, and keeping equal ones from coming in at the same moment."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from kit.db.database import Reading, Writing
from leads_service.domain.duplicates import MOST_DUPLICATES, Duplicate, Sought
from leads_service.store.rows import LEAD_COLUMNS, lead_from_row
from leads_service.store.tables import LEADS


async def find(connection: Reading, sought: Sought) -> Sequence[Duplicate]:
    """The newest 25 leads that match, each once, without those that are deleted."""
    matches = _matches(sought)
    field = sa.case(*((matching, sa.literal(name)) for name, matching in matches)).label("match_field")
    which = sa.select(LEADS.c.id, LEADS.c.created_at, field)
    which = which.where(LEADS.c.deleted_at.is_(None), sa.or_(*(matching for _, matching in matches)))
    # On its own, so that it is answered by e-mail and phone, not by going through all leads from the newest on.
    matching = which.cte("matching").prefix_with("MATERIALIZED")
    order = (matching.c.created_at.desc(), matching.c.id.desc())
    newest = sa.select(matching).order_by(*order).limit(MOST_DUPLICATES).cte("newest")
    query = sa.select(*LEAD_COLUMNS, newest.c.match_field).join(newest, newest.c.id == LEADS.c.id)
    rows = (await connection.execute(query.order_by(newest.c.created_at.desc(), newest.c.id.desc()))).mappings()
    return [Duplicate(lead_from_row(row), row["match_field"]) for row in rows]


async def lock(tx: Writing, sought: Sought) -> None:
    """Let one transaction at a time look for these and then write them.

    Everybody takes the lock of the e-mail before that of the phone, so that nobody waits in a circle.
    """
    names: list[sa.ColumnElement[Any]] = []
    if sought.email is not None:
        names.append(sa.literal("duplicate email ") + _lower(sought.email))
    if sought.phone_e164 is not None:
        names.append(sa.literal(f"duplicate phone {sought.phone_e164}"))
    locks = [sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(name, 0)) for name in names]
    await tx.execute(sa.select(*(each.label(f"lock_{place}") for place, each in enumerate(locks))))


def _matches(sought: Sought) -> list[tuple[str, sa.ColumnElement[bool]]]:
    matches: list[tuple[str, sa.ColumnElement[bool]]] = []
    if sought.email is not None:
        matches.append(("email", sa.func.lower(LEADS.c.email) == _lower(sought.email)))
    if sought.phone_e164 is not None:
        matches.append(("phone", LEADS.c.phone_e164 == sought.phone_e164))
    return matches


def _lower(email: str) -> sa.ColumnElement[str]:
    # By the database, as in its index: what is lower case there is so here.
    return sa.func.lower(sa.literal(email, sa.Text))
