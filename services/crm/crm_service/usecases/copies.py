"""Copying what a lead has to what its conversion ensured."""

from collections.abc import Sequence
from uuid import UUID

from crm_service.domain.records import Kind
from crm_service.domain.refusals import conversion_closed
from crm_service.store.copies import C, Copies
from crm_service.store.locks import lock_conversion
from crm_service.store.steps import steps_of
from crm_service.usecases.steps import release_step
from kit.db.database import Writing
from kit.errors import not_found

_TARGETS = (Kind.OPPORTUNITY, Kind.CONTACT, Kind.ACCOUNT)


async def copy(tx: Writing, copies: Copies[C], conversion_id: UUID, copied: Sequence[C]) -> None:
    """Put them on the opportunity, else the contact, else the account. One that is there stays.

    Raises:
        LeadlineError: CONVERSION_CLOSED once a step of the conversion has been released, CONVERSION_NOT_FOUND where it
            has ensured nothing.
    """
    await lock_conversion(tx, conversion_id)
    steps = await steps_of(tx, conversion_id)
    if any(step.released for step in steps.values()):
        raise conversion_closed()
    target = next((steps[kind] for kind in _TARGETS if kind in steps), None)
    if target is None or target.ensured is None:
        raise not_found("CONVERSION_NOT_FOUND", "This conversion has ensured nothing that could take anything.")
    await copies.insert(tx, conversion_id, target.kind, target.ensured.record_id, copied)


async def remove(tx: Writing, copies: Copies[C], conversion_id: UUID) -> None:
    """Undo ``copy``, or keep it from happening."""
    await release_step(tx, conversion_id, copies.step)
    await copies.delete(tx, conversion_id)
