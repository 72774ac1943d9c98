"""Converting a lead: checking, reserving, and what the workflow has recorded at its end."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from kit.db.database import Reading, Writing
from kit.errors import LeadlineError, not_found, refused
from kit.ids import new_id
from leadline_workflows.contracts.conversion import LeadConversionInput
from leadline_workflows.contracts.outbox import CONVERSION
from leads_service.domain import conversion as rules
from leads_service.domain import life_cycle
from leads_service.domain.configuration import Retiring
from leads_service.domain.conversion import ConversionRequest
from leads_service.domain.lead import Lead
from leads_service.domain.settling import Situation
from leads_service.store import closed_entries, conversions, leads
from leads_service.store.conversions import COMPLETED, FAILED, RUNNING, Conversion
from leads_service.usecases.saving import knowing_what_is_closed, load, load_locked, save, who


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be converted: by whom, into what, and with which values for the won stage."""

    lead_id: UUID
    request: ConversionRequest
    stage_values: Mapping[str, Any]
    started_by: UUID
    expected_version: int | None = None


async def check_order(connection: Reading, order: Order, situation: Situation) -> None:
    """Refuse what can be refused before others are asked.

    Raises:
        LeadlineError: LEAD_NOT_FOUND, and whatever keeps the lead from being converted.
    """
    rules.check_request(order.request, situation.configuration)
    rules.prepared(await load(connection, order.lead_id), order.stage_values, situation)


async def start_conversion(tx: Writing, order: Order, situation: Situation) -> Conversion:
    """Reserve the lead, fix the plan and order the workflow, all at once.

    Raises:
        LeadlineError: LEAD_NOT_FOUND, VERSION_STALE, and whatever keeps the lead from being converted.
    """
    lead = await load_locked(tx, order.lead_id)
    life_cycle.require_version(lead, order.expected_version)
    return await knowing_what_is_closed(tx, situation, lambda situation: _start(tx, lead, order, situation))


async def _start(tx: Writing, lead: Lead, order: Order, situation: Situation) -> Conversion:
    configuration = situation.configuration
    ready = rules.prepared(lead, order.stage_values, situation)
    place = rules.check_request(order.request, configuration)
    owner = order.request.owner_id or lead.assigned_to or order.started_by
    around = await conversions.surroundings(tx, lead.id)
    started = Conversion(
        id=new_id(),
        lead_id=lead.id,
        state=RUNNING,
        plan=rules.plan(ready, around, order.request, place, owner, configuration),
        started_by=order.started_by,
        started_at=situation.now,
        ordered_at=situation.now,
    )
    if "opportunity" in started.plan:
        await closed_entries.require_open(tx, {Retiring.STAGE: place[1]}, configuration.revision)
    await save(tx, lead, rules.reserve(lead, ready, started.id, situation), situation)
    await conversions.insert(tx, started)
    await leads.outbox.add_many(tx, [order_of(started, ready)])
    return started


def order_of(conversion: Conversion, lead: Lead) -> tuple[UUID, str, dict[str, Any]]:
    """The order of the workflow that carries a conversion out: its key, kind and payload."""
    workflow = LeadConversionInput(
        lead_id=str(lead.id), conversion_id=str(conversion.id), who=who(lead), leads_decide=True
    )
    return lead.id, CONVERSION, asdict(workflow)


async def get_conversion(connection: Reading, conversion_id: UUID) -> Conversion:
    """The conversion of this id.

    Raises:
        LeadlineError: CONVERSION_NOT_FOUND.
    """
    return _found(await conversions.get(connection, conversion_id))


async def newest_conversion(connection: Reading, lead_id: UUID) -> Conversion:
    """The lead's newest conversion.

    Raises:
        LeadlineError: CONVERSION_NOT_FOUND.
    """
    return _found(await conversions.newest_of_lead(connection, lead_id))


async def complete_conversion(
    tx: Writing, conversion_id: UUID, ids: Mapping[str, UUID | None], situation: Situation
) -> Conversion:
    """Mark the lead converted. Repeated, it answers the same again.

    Raises:
        LeadlineError: CONVERSION_NOT_FOUND; CONVERSION_CLOSED for one that has failed or is being undone.
    """
    conversion, lead = await locked(tx, conversion_id)
    if conversion.state == COMPLETED:
        return conversion
    if conversion.is_being_undone or conversion.state != RUNNING or lead.conversion_id != conversion_id:
        raise closed(conversion)

    async def attempt(situation: Situation) -> None:
        change = rules.complete(lead, ids, conversion.started_by, situation, started_at=conversion.started_at)
        await save(tx, lead, change, situation)

    await knowing_what_is_closed(tx, situation, attempt)
    return await conversions.end(tx, conversion_id, {"state": COMPLETED, "ended_at": situation.now, **ids})


async def start_undoing(
    tx: Writing, conversion_id: UUID, reason: str, message: str, situation: Situation
) -> Conversion:
    """Let a conversion only go back from here on. One that is over, or goes back already, stays as it is.

    Raises:
        LeadlineError: CONVERSION_NOT_FOUND.
    """
    conversion, _ = await locked(tx, conversion_id)
    if conversion.state != RUNNING or conversion.is_being_undone:
        return conversion
    why = {"failure_reason": reason, "failure_message": message[:500]}
    return await conversions.change(tx, conversion_id, {"undoing_since": situation.now, **why})


async def fail_conversion(
    tx: Writing, conversion_id: UUID, reason: str, message: str, situation: Situation
) -> Conversion:
    """Free the lead of a conversion that has been undone. Repeated, it answers the same again.

    Raises:
        LeadlineError: CONVERSION_NOT_FOUND; CONVERSION_CLOSED for one that is completed.
    """
    conversion, lead = await locked(tx, conversion_id)
    if conversion.state == FAILED:
        return conversion
    if conversion.state != RUNNING:
        raise closed(conversion)
    # Why it has been undone, and not why a later run of it ended.
    reason, message = conversion.failure_reason or reason, conversion.failure_message or message[:500]
    await save(tx, lead, rules.fail(lead, reason, message, situation), situation)
    why = {"failure_reason": reason, "failure_message": message}
    return await conversions.end(tx, conversion_id, {"state": FAILED, "ended_at": situation.now, **why})


async def locked(tx: Writing, conversion_id: UUID) -> tuple[Conversion, Lead]:
    """The conversion with its lead locked. The lead's lock is the one that everybody takes, and takes first."""
    found = _found(await conversions.get(tx, conversion_id))
    lead = await leads.lock(tx, found.lead_id)
    if lead is None:
        raise _missing()
    return _found(await conversions.get(tx, conversion_id)), lead


def closed(conversion: Conversion) -> LeadlineError:
    """The refusal to end a conversion that is in another state."""
    stands = "being undone" if conversion.is_being_undone else conversion.state
    return refused("CONVERSION_CLOSED", f"The conversion is {stands}.")


def _found(conversion: Conversion | None) -> Conversion:
    if conversion is None:
        raise _missing()
    return conversion


def _missing() -> LeadlineError:
    return not_found("CONVERSION_NOT_FOUND", "There is no such conversion.")
