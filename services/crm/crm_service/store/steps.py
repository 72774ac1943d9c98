"""What each conversion has ensured and released, and which records nobody uses any more."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from crm_service.domain.conversion import Ensured
from crm_service.domain.records import Kind
from crm_service.store.tables import CONTACTS, CONVERSION_RECORDS, OPPORTUNITIES
from kit.db.database import Reading, Writing

_STEPS = CONVERSION_RECORDS.c
_REFERRING: dict[Kind, tuple[sa.Column[Any], ...]] = {
    Kind.ACCOUNT: (CONTACTS.c.account_id, OPPORTUNITIES.c.account_id),
    Kind.CONTACT: (OPPORTUNITIES.c.contact_id,),
}


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a conversion, as it stands. Without ``ensured`` it was released before it came."""

    kind: Kind
    ensured: Ensured | None
    released: bool


async def steps_of(connection: Reading, conversion_id: UUID) -> dict[Kind, Step]:
    """All steps of a conversion so far."""
    query = sa.select(
        _STEPS.kind,
        _STEPS.record_id,
        _STEPS.made,
        _STEPS.record_version,
        _STEPS.account_given_at,
        _STEPS.released_at.is_not(None),
    ).where(_STEPS.conversion_id == conversion_id)
    return {step.kind: step for step in map(_step, await connection.execute(query))}


async def add_step(tx: Writing, conversion_id: UUID, kind: Kind, ensured: Ensured) -> None:
    """Remember what a step came to."""
    values = {"conversion_id": conversion_id, "kind": kind, "ensured_at": sa.func.now(), **asdict(ensured)}
    await tx.execute(sa.insert(CONVERSION_RECORDS).values(values))


async def mark_released(tx: Writing, conversion_id: UUID, kind: Kind) -> UUID | None:
    """Close a step for good; answers the record that it had ensured."""
    row = {"conversion_id": conversion_id, "kind": kind, "made": False, "released_at": sa.func.now()}
    released_first = sa.func.coalesce(_STEPS.released_at, sa.func.now())
    statement = (
        insert(CONVERSION_RECORDS)
        .values(row)
        .on_conflict_do_update(index_elements=["conversion_id", "kind"], set_={"released_at": released_first})
        .returning(_STEPS.record_id)
    )
    record_id: UUID | None = (await tx.execute(statement)).scalar_one()
    return record_id


async def is_left_over(tx: Writing, kind: Kind, record_id: UUID) -> bool:
    """Whether a conversion made the record, every conversion that used it has let go, and nothing refers to it."""
    used = sa.func.bool_or(_STEPS.released_at.is_(None))
    let_go = sa.func.coalesce(sa.and_(sa.func.bool_or(_STEPS.made), ~used), sa.false())
    query = sa.select(sa.and_(let_go, *_unreferenced(kind, record_id)))
    query = query.where(_STEPS.record_id == record_id, _STEPS.kind == kind)
    return bool((await tx.execute(query)).scalar_one())


async def account_is_due_back(tx: Writing, contact_id: UUID, version: int) -> bool:
    """Whether a contact's account, unchanged since, came from a conversion that let go, and nobody used it later."""
    later = CONVERSION_RECORDS.alias("later")
    used_later = sa.exists().where(
        later.c.record_id == contact_id,
        later.c.kind == Kind.CONTACT,
        later.c.released_at.is_(None),
        later.c.position > _STEPS.position,
    )
    gift = sa.exists().where(
        _STEPS.record_id == contact_id,
        _STEPS.kind == Kind.CONTACT,
        _STEPS.released_at.is_not(None),
        _STEPS.account_given_at == version,
        ~used_later,
    )
    return bool((await tx.execute(sa.select(gift))).scalar_one())


async def is_used_by_others(connection: Reading, kind: Kind, record_id: UUID, conversion_id: UUID) -> bool:
    """Whether another conversion uses the record, or another record than one that this conversion made refers to it."""
    other = sa.exists().where(
        _STEPS.record_id == record_id,
        _STEPS.kind == kind,
        _STEPS.conversion_id != conversion_id,
        _STEPS.released_at.is_(None),
    )
    own = sa.select(_STEPS.record_id).where(_STEPS.conversion_id == conversion_id, _STEPS.record_id.is_not(None))
    gift = own.where(_STEPS.account_given_at == CONTACTS.c.version).correlate(CONTACTS)
    # What goes with the conversion, and a contact that gives the account back.
    going = {
        CONTACTS: sa.or_(CONTACTS.c.id.in_(own.where(_STEPS.made)), CONTACTS.c.id.in_(gift)),
        OPPORTUNITIES: OPPORTUNITIES.c.id.in_(own.where(_STEPS.made)),
    }
    referred = [sa.exists().where(column == record_id, ~going[column.table]) for column in _REFERRING.get(kind, ())]
    return bool((await connection.execute(sa.select(sa.or_(other, *referred)))).scalar_one())


def _step(row: Sequence[Any]) -> Step:
    kind, record_id, made, version, given_at, released = row
    # The version before did not keep the version; what it made or gave an account has it elsewhere.
    known = version or given_at or 1
    return Step(Kind(kind), Ensured(record_id, made, known, given_at) if record_id else None, released)


def _unreferenced(kind: Kind, record_id: UUID) -> Sequence[sa.ColumnElement[bool]]:
    return [~sa.exists().where(column == record_id) for column in _REFERRING.get(kind, ())]
