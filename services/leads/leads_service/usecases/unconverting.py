"""Undoing a conversion that somebody asks for, and ordering conversions anew whose run is gone."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from kit.db.database import Writing
from leadline_workflows.contracts.conversion import UnconversionInput
from leadline_workflows.contracts.outbox import UNCONVERSION
from leads_service.domain import life_cycle
from leads_service.domain import unconverting as rules
from leads_service.domain.lead import Lead
from leads_service.domain.settling import Situation
from leads_service.domain.standing import Deed, require
from leads_service.store import conversions, leads, timeline
from leads_service.store.conversions import COMPLETED, UNCONVERTED, UNCONVERTING, Conversion
from leads_service.usecases.conversion import closed, locked, newest_conversion, order_of
from leads_service.usecases.saving import knowing_what_is_closed, load_locked, save, who

_NO_FAILURE: dict[str, Any] = {"failure_reason": None, "failure_message": None, "obstacles": []}


async def start_unconversion(
    tx: Writing, lead_id: UUID, asked_by: UUID, expected_version: int | None, situation: Situation
) -> Conversion:
    """Reserve the lead and order the workflow, all at once.

    Raises:
        LeadlineError: LEAD_NOT_FOUND, VERSION_STALE, LEAD_NOT_CONVERTED, LEAD_CONVERTING, UNDO_TIME_OVER.
    """
    lead = await load_locked(tx, lead_id)
    life_cycle.require_version(lead, expected_version)
    require(lead, Deed.UNCONVERT)
    newest = await newest_conversion(tx, lead_id)
    await save(tx, lead, rules.reserve(lead, newest.id, newest.ended_at or newest.started_at, situation), situation)
    begun: dict[str, Any] = {"state": UNCONVERTING, "unconverted_by": asked_by, "ordered_at": situation.now}
    started = await conversions.change(tx, newest.id, begun | _NO_FAILURE)
    await leads.outbox.add_many(tx, [_order(started, lead)])
    return started


async def complete_unconversion(tx: Writing, conversion_id: UUID, situation: Situation) -> Conversion:
    """Open the lead again. Repeated, it answers the same again.

    Raises:
        LeadlineError: CONVERSION_NOT_FOUND; CONVERSION_CLOSED for one that nobody asked to undo.
    """
    conversion, lead = await locked(tx, conversion_id)
    if conversion.state == UNCONVERTED:
        return conversion
    _require_unconverting(conversion)

    counted = situation.configuration.settings.first_response_on
    answered_at = await timeline.first_answer(tx, lead.id, conversion.started_at, counted)

    async def attempt(situation: Situation) -> None:
        await save(tx, lead, rules.complete(lead, conversion.started_at, answered_at, situation), situation)

    await knowing_what_is_closed(tx, situation, attempt)
    return await conversions.end(tx, conversion_id, {"state": UNCONVERTED, "unconverted_at": situation.now})


async def fail_unconversion(
    tx: Writing, conversion_id: UUID, failure: dict[str, Any], situation: Situation
) -> Conversion:
    """Leave the lead converted, and free it. ``failure``: its reason, message and obstacles.

    Raises:
        LeadlineError: CONVERSION_NOT_FOUND; CONVERSION_CLOSED for one that nobody asked to undo.
    """
    conversion, lead = await locked(tx, conversion_id)
    if conversion.state == COMPLETED:
        return conversion
    _require_unconverting(conversion)
    change = rules.fail(lead, failure["failure_reason"], failure["failure_message"], situation)
    await save(tx, lead, change, situation)
    return await conversions.end(tx, conversion_id, {"state": COMPLETED, "unconverted_by": None, **failure})


async def order_anew(tx: Writing, conversion_ids: Sequence[UUID], situation: Situation) -> int:
    """Order the workflows of unfinished conversions once more, and say of how many."""
    lost = await conversions.lock_without_order(tx, conversion_ids)
    known = await leads.get_many(tx, [each.lead_id for each in lost])
    await leads.outbox.add_many(tx, [_order(each, known[each.lead_id]) for each in lost])
    await conversions.keep_ordered(tx, [each.id for each in lost], situation.now)
    return len(lost)


def _order(conversion: Conversion, lead: Lead) -> tuple[UUID, str, dict[str, Any]]:
    if conversion.state == UNCONVERTING:
        undoing = UnconversionInput(lead_id=str(lead.id), conversion_id=str(conversion.id), who=who(lead))
        return lead.id, UNCONVERSION, asdict(undoing)
    return order_of(conversion, lead)


def _require_unconverting(conversion: Conversion) -> None:
    if conversion.state != UNCONVERTING:
        raise closed(conversion)
