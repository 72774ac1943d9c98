"""The next rows of an import, by the rules for single leads, with how far it is, in one transaction (spec: leads)."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from kit.db.database import Writing
from kit.errors import ErrorKind, LeadlineError, unavailable
from leads_service.domain import import_rows as rules
from leads_service.domain.drafts import Draft
from leads_service.domain.duplicates import Duplicate, Sought
from leads_service.domain.import_rows import ImportRow, Refusal
from leads_service.domain.imports import Counts, DuplicatePolicy, Import, advanced, completed
from leads_service.domain.lead import Lead
from leads_service.domain.settling import Situation
from leads_service.store import closed_entries, duplicates, import_matches, imports, leads
from leads_service.usecases.assigning import assigned_in_turn
from leads_service.usecases.import_files import Batch
from leads_service.usecases.imports import found, write_ended
from leads_service.usecases.saving import knowing_what_is_closed, save_many, save_many_new

# The lead that each row is about, nothing where there is none.
_Matches = Sequence[Lead | None]
_Found = Mapping[Sought, Sequence[Duplicate]]

# So many rows are decided before somebody else's call gets its turn.
_AT_ONCE = 25


@dataclass(slots=True)
class _Outcome:
    """What becomes of the rows up to ``rows``."""

    rows: int = 0
    drafts: list[Draft] = field(default_factory=list)
    skipped: int = 0
    refusals: list[Refusal] = field(default_factory=list)

    @property
    def counts(self) -> Counts:
        """How many of each."""
        created = sum(draft.before is None for draft in self.drafts)
        return Counts(
            created=created,
            updated=len(self.drafts) - created,
            skipped=self.skipped,
            refused=len(self.refusals),
        )


async def take(tx: Writing, batch: Batch, situation: Situation) -> Import:
    """The import after these rows; as it is where somebody else has taken them or has ended it.

    What rows are refused for is kept with them. A dry run keeps that alone, and what later rows must know.

    Raises:
        LeadlineError: IMPORT_NOT_FOUND; PART_UNAVAILABLE where the same rows are to be tried again.
    """
    current = found(await imports.lock(tx, batch.of.id), batch.of.id)
    if not current.is_running or current.processed_bytes != batch.of.processed_bytes:
        return current
    matches = await _matches(tx, current, batch.rows, situation)
    carry_out = _tried if current.options.dry_run else _carried_out
    outcome = await carry_out(tx, current, batch.rows, matches, situation)
    await imports.add_refusals(tx, current.id, outcome.refusals)
    return await _advance(tx, current, batch, outcome, situation)


async def _carried_out(
    tx: Writing, current: Import, rows: Sequence[ImportRow], matches: _Matches, situation: Situation
) -> _Outcome:
    async def attempt(situation: Situation) -> _Outcome:
        async with tx.begin_nested():
            outcome = await _decide(current, rows, matches, situation)
            await _write(tx, outcome.drafts, situation)
        return outcome

    return await knowing_what_is_closed(tx, situation, attempt)


async def _tried(
    tx: Writing, current: Import, rows: Sequence[ImportRow], matches: _Matches, situation: Situation
) -> _Outcome:
    """The same as it would be: no lead is written, no turn is taken."""
    closed = await closed_entries.closed_to(tx, situation.configuration.revision)
    situation = replace(situation, configuration=replace(situation.configuration, closed=closed))
    outcome = await _decide(current, rows, matches, situation)
    async with tx.begin_nested() as turns:
        changes = await assigned_in_turn(tx, outcome.drafts)
        await turns.rollback()
    if rules.is_matched(current, situation.configuration):
        await import_matches.keep(tx, current.id, [change.lead for change in changes])
    return outcome


async def _advance(tx: Writing, current: Import, batch: Batch, outcome: _Outcome, situation: Situation) -> Import:
    is_whole = outcome.rows == len(batch.rows)
    after = advanced(current, outcome.counts, batch.end if is_whole else batch.rows[outcome.rows - 1].end)
    if batch.is_last and is_whole:
        return await write_ended(tx, completed(after, situation.now), situation.now)
    await imports.write(tx, after)
    return after


async def _matches(tx: Writing, current: Import, rows: Sequence[ImportRow], situation: Situation) -> _Matches:
    """The lead that each row is about, if there is one. Nobody makes or changes another one until this has ended."""
    wanted = [row.sought for row in rows if row.sought]
    if not wanted or not rules.is_matched(current, situation.configuration):
        return [None] * len(rows)
    await duplicates.lock_many(tx, wanted)
    found_by = await _found(tx, current, wanted)
    matches = [rules.match_of(*_by_key(row.sought, found_by)) if row.sought else None for row in rows]
    return await _locked(tx, current, rows, matches)


def _by_key(sought: Sought, found_by: _Found) -> tuple[Sequence[Duplicate], Sequence[Duplicate]]:
    return found_by.get(Sought(sought.email, None), ()), found_by.get(Sought(None, sought.phone_e164), ())


async def _found(tx: Writing, current: Import, wanted: Sequence[Sought]) -> _Found:
    """By e-mail and by phone on its own, the leads that have it, newest first."""
    keys = [Sought(each.email, None) for each in wanted] + [Sought(None, each.phone_e164) for each in wanted]
    keys = [each for each in dict.fromkeys(keys) if each]
    found_by = dict(zip(keys, await duplicates.find_many(tx, keys), strict=True))
    return await _as_it_would_be(tx, current, found_by) if current.options.dry_run else found_by


async def _as_it_would_be(tx: Writing, current: Import, found_by: _Found) -> _Found:
    """The same with what the dry run has come to so far."""
    there = {each.lead.id for matching in found_by.values() for each in matching}
    changed = await import_matches.changed(tx, current.id, list(there))
    would_be = [Duplicate(lead, "") for lead in await import_matches.find(tx, current.id, list(found_by))]
    return {
        key: sorted(
            [each for each in matching if each.lead.id not in changed]
            + [each for each in would_be if rules.has(each.lead, key)],
            key=lambda each: (each.lead.created_at, each.lead.id),
            reverse=True,
        )
        for key, matching in found_by.items()
    }


async def _locked(tx: Writing, current: Import, rows: Sequence[ImportRow], matches: _Matches) -> _Matches:
    """The leads that are to be changed, as they are now that nobody else can change them."""
    options = current.options
    ids = {lead.id for lead in matches if lead is not None}
    if options.dry_run or options.duplicates is not DuplicatePolicy.UPDATE or not ids:
        return list(matches)
    locked: dict[UUID, Lead] = await leads.lock_many(tx, ids)
    now_so = [locked.get(lead.id) if lead is not None else None for lead in matches]
    for row, lead in zip(rows, now_so, strict=True):
        if lead is not None and not rules.still_matches(row, lead):
            raise unavailable("Somebody has just changed a lead that a row is about. Try again.")
    return now_so


async def _decide(current: Import, rows: Sequence[ImportRow], matches: _Matches, situation: Situation) -> _Outcome:
    """What becomes of the rows, up to the first one that is about the same lead as an earlier one."""
    outcome, taken = _Outcome(), set[UUID]()
    for row, match in zip(rows, matches, strict=True):
        if match is not None and match.id in taken:
            break
        try:
            draft = rules.decide(row, match, current, situation)
        except LeadlineError as error:
            if error.kind is ErrorKind.UNAVAILABLE:
                raise
            outcome.refusals.append(rules.refusal(row, error))
        else:
            _note(outcome, draft)
            taken |= {match.id} if draft is not None and match is not None else set()
        outcome.rows += 1
        if outcome.rows % _AT_ONCE == 0:
            await asyncio.sleep(0)
    return outcome


def _note(outcome: _Outcome, draft: Draft | None) -> None:
    if draft is None:
        outcome.skipped += 1
    else:
        outcome.drafts.append(draft)


async def _write(tx: Writing, drafts: Sequence[Draft], situation: Situation) -> None:
    changes = await assigned_in_turn(tx, drafts)
    pairs = [(draft.before, change) for draft, change in zip(drafts, changes, strict=True)]
    await save_many_new(tx, [change for before, change in pairs if before is None], situation)
    await save_many(tx, [(before, change) for before, change in pairs if before is not None], situation)
