"""Who gets a lead that enters a stage: the stage's owner, or one of its members (spec: stages)."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from leads_service.domain.configuration import Configuration, StageOwnership

ROUND_ROBIN = "round_robin"
LEAST_LOADED = "least_loaded"
_USER = "user"


def assigning(stage_id: UUID, configuration: Configuration) -> StageOwnership | None:
    """The stage's ownership where it gives an owner to each lead that enters, else nothing."""
    ownership = configuration.ownership.get(stage_id)
    if ownership is None or not ownership.auto_assign:
        return None
    if ownership.strategy in {ROUND_ROBIN, LEAST_LOADED}:
        return ownership if ownership.member_ids else None
    return ownership if fixed_owner(ownership) else None


def fixed_owner(ownership: StageOwnership) -> UUID | None:
    """The user who gets every lead, where the stage is owned by one."""
    if ownership.owner_type != _USER or not ownership.owner_id:
        return None
    try:
        return UUID(ownership.owner_id)
    except ValueError:
        return None


def by_turns(members: Sequence[UUID], last_turn: int, count: int) -> list[UUID]:
    """Whose the last ``count`` turns are; the first of all is turn 1."""
    return [members[(turn - 1) % len(members)] for turn in range(last_turn - count + 1, last_turn + 1)]


def by_load(members: Sequence[UUID], loads: Mapping[UUID, int], held_by: Iterable[UUID | None]) -> list[UUID]:
    """For each lead the member with the fewest other open leads, the first of the list among equals.

    ``held_by`` says whose each lead is so far: it does not count for its own holder.
    """
    counts = {member: loads.get(member, 0) for member in members}
    chosen = []
    for holder in held_by:
        if holder in counts:
            counts[holder] -= 1
        chosen.append(min(members, key=lambda member: counts[member]))
        counts[chosen[-1]] += 1
    return chosen
