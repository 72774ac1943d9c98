"""Changing many leads alike: each whole or not at all, by the rules for single ones (spec: leads)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from kit.db.database import Writing
from kit.errors import ErrorKind, FieldViolation, LeadlineError
from leads_service.domain import life_cycle
from leads_service.domain.drafts import Draft
from leads_service.domain.lead import Lead
from leads_service.domain.settling import Situation
from leads_service.domain.standing import lead_not_found
from leads_service.store import leads
from leads_service.store.closed_entries import RETIRING
from leads_service.usecases.assigning import assigned_in_turn
from leads_service.usecases.saving import save_many

# An error travels in trailers, which are small.
_MOST_NAMED = 100
_LONGEST_MESSAGE = 150


@dataclass(frozen=True, slots=True)
class Failure:
    """A lead that was not changed, and why."""

    lead_id: UUID
    error: LeadlineError


@dataclass(frozen=True, slots=True)
class _Decided:
    leads: list[Lead]
    drafts: list[Draft]
    failures: list[Failure]


async def update_leads(
    tx: Writing, lead_ids: Sequence[UUID], given: Mapping[str, Any], situation: Situation
) -> list[Failure]:
    """Change these leads, but for those that are answered. Given custom fields join those that a lead has.

    Leads that enter a stage have their turns there in the order of ``lead_ids``.

    Raises:
        LeadlineError: RETIRING where a deletion has just closed what they would enter; none is changed then.
    """
    decided = await _decide(tx, lead_ids, given, situation)
    await _write(tx, decided, situation)
    return decided.failures


async def update_all(tx: Writing, lead_ids: Sequence[UUID], given: Mapping[str, Any], situation: Situation) -> None:
    """Change all of these leads or, where one of them cannot be changed, none.

    Raises:
        LeadlineError: BULK_REFUSED naming the leads at fault, the first hundred of them.
    """
    decided = await _decide(tx, lead_ids, given, situation)
    if decided.failures:
        raise _bulk_refused(lead_ids, decided.failures)
    try:
        await _write(tx, decided, situation)
    except LeadlineError as error:
        if error.reason != RETIRING:
            raise
        raise _bulk_refused(lead_ids, [Failure(lead_id, error) for lead_id in lead_ids]) from error


async def _decide(tx: Writing, lead_ids: Sequence[UUID], given: Mapping[str, Any], situation: Situation) -> _Decided:
    found = await leads.lock_many(tx, lead_ids)
    decided = _Decided([], [], [])
    for lead_id in lead_ids:
        try:
            lead = _alive(found.get(lead_id), lead_id)
            decided.drafts.append(life_cycle.update(lead, given, situation, merging=True))
            decided.leads.append(lead)
        except LeadlineError as error:
            decided.failures.append(Failure(lead_id, error))
    return decided


async def _write(tx: Writing, decided: _Decided, situation: Situation) -> None:
    changes = await assigned_in_turn(tx, decided.drafts)
    await save_many(tx, list(zip(decided.leads, changes, strict=True)), situation)


def _alive(lead: Lead | None, lead_id: UUID) -> Lead:
    if lead is None or lead.deleted_at is not None:
        raise lead_not_found(lead_id)
    return lead


def _bulk_refused(lead_ids: Sequence[UUID], failures: Sequence[Failure]) -> LeadlineError:
    places = {lead_id: place for place, lead_id in enumerate(lead_ids)}
    message = f"{len(failures)} of {len(lead_ids)} leads cannot be changed, so that none was."
    violations = [
        FieldViolation(f"ids[{places[each.lead_id]}]", each.error.reason, _short(each.error.message))
        for each in failures[:_MOST_NAMED]
    ]
    return LeadlineError(ErrorKind.INVALID, "BULK_REFUSED", message, violations=violations)


def _short(message: str) -> str:
    return message if len(message) <= _LONGEST_MESSAGE else f"{message[: _LONGEST_MESSAGE - 1]}…"
