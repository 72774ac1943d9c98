"""What operators see of a lead-sla run: its current details and its search attributes."""

from collections.abc import Mapping
from datetime import UTC, datetime

from temporalio.common import SearchAttributeKey, SearchAttributeUpdate, TypedSearchAttributes

from leadline_workflows.contracts import search_attributes as names
from leadline_workflows.contracts.sla import Clock, LeadSlaInput
from leadline_workflows.definitions import milestones
from leadline_workflows.definitions.markdown import joined, plain


def details(start: LeadSlaInput, clock: Clock, recorded: Mapping[str, str]) -> str:
    """Who, which policy, what happens next and when; markdown."""
    return "\n\n".join(
        [
            joined(f"**{plain(start.who)}**", plain(clock.policy or start.policy), *_labels(clock)),
            _next(clock, recorded),
            _table(clock, recorded),
        ]
    )


def _labels(clock: Clock) -> list[str]:
    labels = {"priority": clock.priority, "stage": clock.stage, "owner": clock.owner}
    return [f"{name} {plain(value)}" for name, value in labels.items() if value]


def _next(clock: Clock, recorded: Mapping[str, str]) -> str:
    if clock.closed_by:
        return f"Over: **{plain(clock.closed_by)}**."
    if clock.paused:
        return "**Paused** while the lead is at this stage."
    milestone = milestones.next_open(clock, recorded)
    overdue = milestones.status(clock, recorded) == "breached"
    waiting = "**Overdue**, waiting for the first response." if overdue else "Waiting for the first response."
    if milestone is None:
        return waiting
    return f"{waiting} Next: **{milestone.name}** at {_shown(milestone.at)}."


def _table(clock: Clock, recorded: Mapping[str, str]) -> str:
    lines = ["| milestone | instant | recorded |", "| --- | --- | --- |"]
    for milestone in milestones.milestones(clock):
        done = "yes" if recorded.get(milestone.name) == milestone.instant else ""
        lines.append(f"| {milestone.name} | {_shown(milestone.at)} | {done} |")
    return "\n".join(lines)


def _shown(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z"


def changes(
    start: LeadSlaInput, clock: Clock, recorded: Mapping[str, str], known: TypedSearchAttributes
) -> list[SearchAttributeUpdate[str]]:
    """The updates that bring the run's search attributes from what is known of them to what is so now."""
    wanted = {
        names.LEAD_ID: start.lead_id,
        names.SLA_STATUS: milestones.status(clock, recorded),
        names.PRIORITY: clock.priority,
        names.STAGE: clock.stage,
        names.OWNER: clock.owner,
    }
    updates: list[SearchAttributeUpdate[str]] = []
    for name, value in wanted.items():
        key = SearchAttributeKey.for_keyword(name)
        if (known.get(key) or "") != value:
            updates.append(key.value_set(value) if value else key.value_unset())
    return updates
