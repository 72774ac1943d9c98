"""Changing and deleting many leads: each whole or not at all, by the rules for single ones (spec: leads)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from kit.db.database import Writing
from kit.errors import ErrorKind, FieldViolation, LeadlineError
from leads_service.domain import life_cycle
from leads_service.domain.drafts import Draft
from leads_service.domain.lead import Change, Lead
from leads_service.domain.settling import Situation
from leads_service.domain.standing import lead_not_found
from leads_service.store import leads
from leads_service.store.closed_entries import RETIRING
from leads_service.usecases.assigning import assigned_in_turn
from leads_service.usecases.saving import save_many

Result = TypeVar("Result", Draft, Change)

# An error travels in trailers, which are small.
_MOST_NAMED = 100
_LONGEST_MESSAGE = 150


@dataclass(frozen=True, slots=True)
class Failure:
    """A lead that was not changed, and why."""

    lead_id: UUID
    error: LeadlineError


@dataclass(frozen=True, slots=True)
class _Decided(Generic[Result]):
    leads: list[Lead]
    results: list[Result]
    failures: list[Failure]


async def update_leads(
    tx: Writing, lead_ids: Sequence[UUID], given: Mapping[str, Any], situation: Situation
) -> list[Failure]:
    """Change these leads, but for those that are answered. Given custom fields join those that a lead has.

    Leads that enter a stage have their turns there in the order of ``lead_ids``.

    Raises:
        LeadlineError: RETIRING where a deletion has just closed what they would enter; none is changed then.
    """
    decided = await _decide(tx, lead_ids, _updated(given, situation))
    await _write(tx, decided, situation)
    return decided.failures


async def update_all(tx: Writing, lead_ids: Sequence[UUID], given: Mapping[str, Any], situation: Situation) -> None:
    """Change all of these leads or, where one of them cannot be changed, none.

    Raises:
        LeadlineError: BULK_REFUSED naming the leads at fault, the first hundred of them.
    """
    decided = await _decide(tx, lead_ids, _updated(given, situation))
    _require_all(lead_ids, decided.failures)
    try:
        await _write(tx, decided, situation)
    except LeadlineError as error:
        if error.reason != RETIRING:
            raise
        raise _bulk_refused(lead_ids, [Failure(lead_id, error) for lead_id in lead_ids]) from error


async def delete_leads(tx: Writing, lead_ids: Sequence[UUID], situation: Situation) -> list[Failure]:
    """Delete these leads, but for those that are answered."""
    decided = await _decide(tx, lead_ids, _deleted(situation))
    await save_many(tx, list(zip(decided.leads, decided.results, strict=True)), situation)
    return decided.failures


async def delete_all(tx: Writing, lead_ids: Sequence[UUID], situation: Situation) -> None:
    """Delete all of these leads or, where one of them cannot be deleted, none.

    Raises:
        LeadlineError: BULK_REFUSED naming the leads at fault, the first hundred of them.
    """
    decided = await _decide(tx, lead_ids, _deleted(situation))
    _require_all(lead_ids, decided.failures)
    await save_many(tx, list(zip(decided.leads, decided.results, strict=True)), situation)


def _updated(given: Mapping[str, Any], situation: Situation) -> Callable[[Lead], Draft]:
    return lambda lead: life_cycle.update(lead, given, situation, merging=True)


def _deleted(situation: Situation) -> Callable[[Lead], Change]:
    return lambda lead: life_cycle.delete(lead, situation)


async def _decide(tx: Writing, lead_ids: Sequence[UUID], rule: Callable[[Lead], Result]) -> _Decided[Result]:
    found = await leads.lock_many(tx, lead_ids)
    decided: _Decided[Result] = _Decided([], [], [])
    for lead_id in lead_ids:
        try:
            lead = _alive(found.get(lead_id), lead_id)
            decided.results.append(rule(lead))
            decided.leads.append(lead)
        except LeadlineError as error:
            decided.failures.append(Failure(lead_id, error))
    return decided


async def _write(tx: Writing, decided: _Decided[Draft], situation: Situation) -> None:
    changes = await assigned_in_turn(tx, decided.results)
    await save_many(tx, list(zip(decided.leads, changes, strict=True)), situation)


def _alive(lead: Lead | None, lead_id: UUID) -> Lead:
    if lead is None or lead.deleted_at is not None:
        raise lead_not_found(lead_id)
    return lead


def _require_all(lead_ids: Sequence[UUID], failures: Sequence[Failure]) -> None:
    if failures:
        raise _bulk_refused(lead_ids, failures)


def _bulk_refused(lead_ids: Sequence[UUID], failures: Sequence[Failure]) -> LeadlineError:
    places = {lead_id: place for place, lead_id in enumerate(lead_ids)}
    message = f"{len(failures)} of {len(lead_ids)} leads are refused, so that nothing was changed."
    violations = [
        FieldViolation(f"ids[{places[each.lead_id]}]", each.error.reason, _short(each.error.message))
        for each in failures[:_MOST_NAMED]
    ]
    return LeadlineError(ErrorKind.INVALID, "BULK_REFUSED", message, violations=violations)


def _short(message: str) -> str:
    return message if len(message) <= _LONGEST_MESSAGE else f"{message[: _LONGEST_MESSAGE - 1]}…"
