"""A change that is decided but for the owner whom the entered stage gives the lead."""

from dataclasses import dataclass, replace
from uuid import UUID

from leads_service.domain.configuration import StageOwnership
from leads_service.domain.lead import Activity, Change, Lead
from leads_service.domain.settling import Situation, settle


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to become of a lead. Nothing refuses it any more: whoever takes a turn for it does not take it in vain.

    ``asks`` is the ownership of the entered stage where that gives the lead an owner. No ``before``: a new lead.
    """

    before: Lead | None
    after: Lead
    activities: tuple[Activity, ...]
    situation: Situation
    asks: StageOwnership | None = None

    def settled(self, owner: UUID | None = None) -> Change:
        """The whole change; ``owner`` is whom the stage gives the lead to, nobody where it does not ask."""
        after, activities = self.after, list(self.activities)
        if owner is not None:
            after = replace(after, assigned_to=owner)
        held_by = self.before.assigned_to if self.before else None
        if after.assigned_to != held_by and (self.before is not None or owner is not None):
            activities.append(self._assigned(after, by_stage=owner is not None))
        return settle(self.before, after, activities, self.situation)

    def _assigned(self, after: Lead, *, by_stage: bool) -> Activity:
        facts: dict[str, object] = {"assignedTo": str(after.assigned_to) if after.assigned_to else None}
        if by_stage:
            facts["by"] = "stage"
        # A title says no values: some may not see them.
        return self.situation.activity(after, "assigned", "Owner changed", metadata=facts)
