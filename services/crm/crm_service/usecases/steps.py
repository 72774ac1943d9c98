"""The steps of conversions: each is carried out once, and closed for good once it has been released."""

from collections.abc import Awaitable, Callable, Iterable
from uuid import UUID

from crm_service.domain.conversion import Ensured
from crm_service.domain.records import Kind
from crm_service.domain.refusals import conversion_closed
from crm_service.store.locks import lock_conversion
from crm_service.store.steps import add_step, mark_released, steps_of
from kit.db.database import Writing


async def ensure_once(
    tx: Writing, conversion_id: UUID, kind: Kind, work: Callable[[], Awaitable[Ensured]], matches_by: Iterable[str] = ()
) -> Ensured:
    """What ``work`` comes to, or what it came to the first time.

    While it looks, no other conversion looks for or makes a record that matches by the same.

    Raises:
        LeadlineError: CONVERSION_CLOSED for a step that has been released, and whatever ``work`` raises, which
            leaves the step open.
    """
    await lock_conversion(tx, conversion_id, matches_by)
    step = (await steps_of(tx, conversion_id)).get(kind)
    if step and step.released:
        raise conversion_closed()
    if step and step.ensured:
        return step.ensured
    ensured = await work()
    await add_step(tx, conversion_id, kind, ensured)
    return ensured


async def release_step(tx: Writing, conversion_id: UUID, kind: Kind) -> UUID | None:
    """Close a step, whether it has come or not; answers the record that it had ensured."""
    await lock_conversion(tx, conversion_id)
    return await mark_released(tx, conversion_id, kind)
