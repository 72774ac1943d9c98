"""Scoring all open leads anew: asking for a run, and carrying it out in batches (spec: scoring)."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from kit.db.database import Reading, Writing
from kit.errors import unavailable
from leadline_workflows.contracts.outbox import RESCORE
from leads_service.domain import rescoring as rules
from leads_service.domain.configuration import Configuration
from leads_service.domain.lead import Change, Lead
from leads_service.domain.settling import Situation
from leads_service.store import leads, rescore
from leads_service.store.rescore import COMPLETED, REQUESTED, RUNNING, Rescore
from leads_service.usecases.saving import save_many

# All orders of a run have one key, so that they are delivered one after the other.
_KEY: Final = UUID("0190c0de-0000-7000-8000-00000000005c")
# So many leads are scored before somebody else's call gets its turn.
_AT_ONCE = 50

Changes = list[tuple[Lead, Change]]


async def get_rescore(connection: Reading) -> Rescore:
    """How the newest run stands."""
    return await rescore.get(connection)


async def request_if_newer(tx: Writing, configuration: Configuration, now: datetime) -> None:
    """Ask for a run if nobody has asked for one by these rules."""
    # First without a lock: what changes no score is not to wait for a batch that is under way.
    if configuration.scoring_revision <= (await rescore.get(tx)).scoring_revision:
        return
    current = await rescore.lock(tx)
    if configuration.scoring_revision > current.scoring_revision:
        await _request(tx, current, configuration, now)


async def request_rescore(tx: Writing, situation: Situation) -> Rescore:
    """Ask for a run. One that is under way begins again."""
    return await _request(tx, await rescore.lock(tx), situation.configuration, situation.now)


async def request_daily_rescore(tx: Writing, situation: Situation) -> bool:
    """Ask for a run if a rule depends on time; says whether one does."""
    if not rules.depends_on_time(situation.configuration):
        return False
    await request_rescore(tx, situation)
    return True


async def request_if_left_behind(tx: Writing, situation: Situation) -> None:
    """Ask for a run if somebody wrote a lead by older rules when the newest run was over already."""
    run = await rescore.lock(tx)
    if run.state == COMPLETED and await rescore.left_behind(tx, run, 1):
        await _request(tx, run, situation.configuration, situation.now)


async def _request(tx: Writing, current: Rescore, configuration: Configuration, now: datetime) -> Rescore:
    newest = max(current.scoring_revision, configuration.scoring_revision)
    requested = Rescore(state=REQUESTED, scoring_revision=newest, requested_at=now)
    await rescore.write(tx, requested)
    await leads.outbox.add(tx, key=_KEY, kind=RESCORE, payload={})
    return requested


async def rescore_leads(tx: Writing, limit: int, situation: Situation) -> Rescore:
    """Score the next leads and keep how far the run is; repeated, it goes on behind them.

    Behind the last lead those are looked for that somebody wrote meanwhile by older rules. The run is completed when
    there are none.

    Raises:
        LeadlineError: PART_UNAVAILABLE while the rules that were asked for are not known here.
    """
    run = await rescore.lock(tx)
    if situation.configuration.scoring_revision < run.scoring_revision:
        raise unavailable("The newest scoring rules have not arrived here yet. Try again soon.")
    if run.state not in {REQUESTED, RUNNING}:
        return run
    if run.state == REQUESTED:
        total = await rescore.count_open(tx)
        run = replace(run, state=RUNNING, total=total, started_at=situation.now)
    run = await _go_on(tx, run, limit, situation)
    await rescore.write(tx, run)
    return run


async def _go_on(tx: Writing, run: Rescore, limit: int, situation: Situation) -> Rescore:
    batch = await rescore.next_leads(tx, run.cursor, limit)
    if batch:
        changed = await _write(tx, await _different(batch, situation), situation)
        processed = run.processed + len(batch)
        total = max(run.total, processed)
        return replace(run, cursor=batch[-1].id, processed=processed, total=total, changed=run.changed + changed)
    left_behind = await rescore.left_behind(tx, run, limit)
    if left_behind:
        return replace(run, changed=run.changed + await _see_to(tx, left_behind, situation))
    return replace(run, state=COMPLETED, ended_at=situation.now)


async def _different(batch: Sequence[Lead], situation: Situation) -> Changes:
    """The leads that need another score, as they were read: nobody has locked them."""
    found: Changes = []
    for start in range(0, len(batch), _AT_ONCE):
        some = batch[start : start + _AT_ONCE]
        found += [(lead, change) for lead in some if (change := rules.rescored(lead, situation))]
        await asyncio.sleep(0)
    return found


async def _write(tx: Writing, changes: Changes, situation: Situation) -> int:
    """Write the scores of the leads that are still as they were read, and of the others as they are now."""
    versions = await rescore.lock_open(tx, [lead.id for lead, _ in changes]) if changes else {}
    now_so = [(lead, change) for lead, change in changes if versions.get(lead.id) == lead.version]
    others = [lead.id for lead, _ in changes if versions.get(lead.id, lead.version) != lead.version]
    if others:
        now_so += await _as_they_are(tx, others, situation)
    await save_many(tx, now_so, situation)
    return len(now_so)


async def _as_they_are(tx: Writing, lead_ids: Sequence[UUID], situation: Situation) -> Changes:
    locked = [lead for lead in (await leads.lock_many(tx, lead_ids)).values() if rules.is_scored(lead)]
    return [(lead, change) for lead in locked if (change := rules.rescored(lead, situation))]


async def _see_to(tx: Writing, left_behind: Sequence[UUID], situation: Situation) -> int:
    """Score the leads that were left behind, and mark those whose score is right all the same."""
    locked = [lead for lead in (await leads.lock_many(tx, left_behind)).values() if rules.is_scored(lead)]
    changes = [(lead, rules.rescored(lead, situation)) for lead in locked]
    await save_many(tx, [(lead, change or rules.looked_at(lead, situation)) for lead, change in changes], situation)
    return sum(change is not None for _, change in changes)
