"""What operators see of a lead-sla run: its current details and its search attributes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from temporalio.common import SearchAttributeKey, SearchAttributeUpdate, TypedSearchAttributes

from leadline_workflows.contracts import search_attributes as names
from leadline_workflows.contracts.sla import Clock, LeadSlaInput
from leadline_workflows.definitions import milestones
from leadline_workflows.definitions.markdown import joined, plain

_DEADLINE = SearchAttributeKey.for_datetime(names.SLA_DEADLINE)
_ENDED = {"met": ", in time", "met_late": ", after the deadline"}


@dataclass(frozen=True, slots=True)
class View:
    """What is known of a run when operators are shown it.

    ``day`` is the run's first: instants of other days are shown with their date. ``held_by`` says who has it stand
    still, and why, where the run knows. ``recording`` is what the leads service is being asked to record.
    """

    start: LeadSlaInput
    clock: Clock
    recorded: Mapping[str, str]
    day: date
    held_by: str = ""
    recording: str = ""


def details(view: View) -> str:
    """Who waits, for how long, what happens next and when; markdown."""
    clock = view.clock
    owner = f"owner {plain(clock.owner)}" if clock.owner else "no owner"
    now = f"Recording **{view.recording}** now." if view.recording else ""
    where = joined(f"stage {plain(clock.stage)}" if clock.stage else "", owner)
    return "\n\n".join(part for part in (_sentence(view), now, where, _table(view)) if part)


def _sentence(view: View) -> str:
    clock = view.clock
    status = milestones.status(clock, view.recorded)
    about = (f"**{plain(view.start.who)}**", plain(clock.priority), plain(clock.policy or view.start.policy))
    if clock.closed_by:
        return joined(f"Over: **{plain(clock.closed_by)}**{_ENDED.get(status, '')}", *about)
    waiting = joined(f"Waiting for the first response to {about[0]}", *about[1:])
    if clock.paused:
        return joined(_standing(view), waiting)
    if status == "breached":
        return joined(f"**Overdue** since {_deadline(view)}", waiting, _next(view))
    return joined(waiting, _ahead(view, status))


def _standing(view: View) -> str:
    if view.clock.held:
        return f"**Paused** by {plain(view.held_by or 'an operator')}"
    stage = f"the stage {plain(view.clock.stage)}" if view.clock.stage else "this stage"
    return f"**Paused** while the lead is at {stage}"


def _ahead(view: View, status: str) -> str:
    """At risk 12:24, due 14:00 UTC."""
    clock = view.clock
    if not clock.deadline:
        return ""
    at_risk = f"at risk {'since ' if status == 'at_risk' else ''}{shown(clock.at_risk_at, view.day)}, "
    return f"{at_risk if clock.at_risk_at else ''}due {_deadline(view)}"


def _next(view: View) -> str:
    milestone = milestones.next_open(view.clock, view.recorded)
    return f"next: {milestone.title} at {shown(milestone.instant, view.day)} UTC" if milestone else ""


def _deadline(view: View) -> str:
    return f"{shown(view.clock.deadline, view.day)} UTC"


def shown(instant: str, day: date) -> str:
    """An instant for people, in UTC: with its date unless it is of that day."""
    at = datetime.fromisoformat(instant).astimezone(UTC)
    time = f"{at:%H:%M:%S}" if at.second else f"{at:%H:%M}"
    return time if at.date() == day else f"{at:%Y-%m-%d} {time}"


def _table(view: View) -> str:
    lines = ["| milestone | instant | recorded |", "| --- | --- | --- |"]
    for milestone in milestones.milestones(view.clock):
        done = "yes" if view.recorded.get(milestone.name) == milestone.instant else ""
        lines.append(f"| {milestone.title} | {milestone.at:%Y-%m-%d %H:%M:%S}Z | {done} |")
    return "\n".join(lines)


def changes(
    start: LeadSlaInput, clock: Clock, recorded: Mapping[str, str], known: TypedSearchAttributes
) -> list[SearchAttributeUpdate[Any]]:
    """The updates that bring the run's search attributes from what is known of them to what is so now."""
    updates: list[SearchAttributeUpdate[Any]] = []
    for name, value in clock.labels(start.lead_id, milestones.status(clock, recorded)).items():
        key = SearchAttributeKey.for_keyword(name)
        if (known.get(key) or "") != value:
            updates.append(key.value_set(value) if value else key.value_unset())
    if start.has_deadline:
        deadline = None if clock.closed_by or not clock.deadline else datetime.fromisoformat(clock.deadline)
        if known.get(_DEADLINE) != deadline:
            updates.append(_DEADLINE.value_set(deadline) if deadline else _DEADLINE.value_unset())
    return updates
