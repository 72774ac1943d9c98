"""Who gets the leads that enter a stage: the one path for single leads and for many."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from kit.db.database import Writing
from leads_service.domain import ownership as rules
from leads_service.domain.configuration import StageOwnership
from leads_service.domain.drafts import Draft
from leads_service.domain.lead import Change
from leads_service.store import assignment_turns


async def assigned(tx: Writing, draft: Draft) -> Change:
    """The whole change of a draft, with the owner whom the entered stage gives the lead."""
    (change,) = await assigned_in_turn(tx, [draft])
    return change


async def assigned_in_turn(tx: Writing, drafts: Sequence[Draft]) -> list[Change]:
    """The whole changes of drafts. Those that enter the same stage have their turns there in their order."""
    asking: defaultdict[StageOwnership, list[int]] = defaultdict(list)
    for place, draft in enumerate(drafts):
        if draft.asks is not None:
            asking[draft.asks].append(place)
    owners: dict[int, UUID | None] = {}
    for ownership, places in asking.items():
        chosen = await _owners(tx, ownership, [drafts[place] for place in places])
        owners |= zip(places, chosen, strict=True)
    return [draft.settled(owners.get(place)) for place, draft in enumerate(drafts)]


async def _owners(tx: Writing, ownership: StageOwnership, drafts: Sequence[Draft]) -> Sequence[UUID | None]:
    members = ownership.member_ids
    if ownership.strategy == rules.ROUND_ROBIN:
        last_turn = await assignment_turns.take(tx, ownership.stage_id, len(drafts))
        return rules.by_turns(members, last_turn, len(drafts))
    if ownership.strategy == rules.LEAST_LOADED:
        loads = await assignment_turns.count_open_leads(tx, members)
        return rules.by_load(members, loads, [draft.before.assigned_to if draft.before else None for draft in drafts])
    return [rules.fixed_owner(ownership)] * len(drafts)
