"""The run that scores all open leads anew: what was asked for, how far it is, and which leads are next."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from kit.db.database import Reading, Writing
from leads_service.domain.lead import Lead
from leads_service.store.rows import LEAD_COLUMNS, lead_from_row
from leads_service.store.tables import LEADS, RESCORE

NONE, REQUESTED, RUNNING, COMPLETED = "none", "requested", "running", "completed"
_OPEN = sa.and_(LEADS.c.status == "open", LEADS.c.deleted_at.is_(None))
_COLUMNS = [column for column in RESCORE.columns if column.name != "only_row"]
# A call may have begun so long before it writes, on a machine whose clock is a little behind.
_LONGEST_CALL = timedelta(minutes=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rescore:
    """How the newest run stands. Leads up to ``cursor`` have been scored by ``scoring_revision``."""

    state: str
    scoring_revision: int
    cursor: UUID | None = None
    processed: int = 0
    total: int = 0
    changed: int = 0
    requested_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None


async def get(connection: Reading) -> Rescore:
    """The run as it is."""
    return Rescore(**(await connection.execute(sa.select(*_COLUMNS))).mappings().one())


async def lock(tx: Writing) -> Rescore:
    """The run as it is, and nobody else asks for one or goes on with it until this transaction ends."""
    return Rescore(**(await tx.execute(sa.select(*_COLUMNS).with_for_update())).mappings().one())


async def write(tx: Writing, rescore: Rescore) -> None:
    """Write the locked run."""
    await tx.execute(sa.update(RESCORE).values(asdict(rescore)))


async def count_open(connection: Reading) -> int:
    """How many leads there are to score."""
    query = sa.select(sa.func.count()).select_from(LEADS).where(_OPEN)
    return int((await connection.execute(query)).scalar_one())


async def next_leads(connection: Reading, cursor: UUID | None, limit: int) -> list[Lead]:
    """The next open leads behind the cursor."""
    query = sa.select(*LEAD_COLUMNS).where(_OPEN).order_by(LEADS.c.id).limit(limit)
    if cursor is not None:
        query = query.where(LEADS.c.id > cursor)
    return [lead_from_row(row) for row in (await connection.execute(query)).mappings()]


async def left_behind(connection: Reading, run: Rescore, limit: int) -> list[UUID]:
    """Open leads that somebody who did not know the run's rules yet has written since it began."""
    if run.started_at is None:
        return []
    older = LEADS.c.score_revision < run.scoring_revision
    query = sa.select(LEADS.c.id).where(_OPEN, LEADS.c.updated_at >= run.started_at - _LONGEST_CALL, older)
    rows = await connection.execute(query.order_by(LEADS.c.updated_at, LEADS.c.id).limit(limit))
    return list(rows.scalars())


async def lock_open(tx: Writing, lead_ids: Sequence[UUID]) -> dict[UUID, int]:
    """The versions of those of the leads that are still open, locked in the order of their ids."""
    wanted = LEADS.c.id == sa.any_(sa.literal(list(lead_ids), sa.ARRAY(sa.Uuid)))
    query = sa.select(LEADS.c.id, LEADS.c.version).where(wanted, _OPEN).order_by(LEADS.c.id).with_for_update()
    return {row.id: row.version for row in await tx.execute(query)}
