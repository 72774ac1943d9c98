"""No path lets a lead into a stage without what the stage asks for, or into one that is being deleted."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from kit.errors import LeadlineError
from kit.ids import new_id
from leads_service.domain import conversion, disqualifying, life_cycle, reopening
from leads_service.domain.configuration import (
    FIELD_TYPES,
    Configuration,
    FieldVisibility,
    Pipeline,
    Retiring,
    Stage,
    StageField,
    StageOwnership,
)
from leads_service.domain.disqualifying import Disqualification
from leads_service.domain.drafts import Draft
from leads_service.domain.lead import Lead, LeadStatus
from leads_service.domain.ownership import fixed_owner
from leads_service.domain.reopening import Reopening
from tests.unit.leads.building import (
    ALICE,
    BOB,
    CONFIGURATION,
    MINUTE,
    NOW,
    SALES,
    STEPS,
    by_leadline,
    by_person,
    configured,
    make_lead,
    retiring,
)

PLACES = [stage for stage in CONFIGURATION.stages if stage.pipeline_id in {SALES.id, STEPS.id}]
OWN = {
    "firstName": "first_name",
    "lastName": "last_name",
    "email": "email",
    "phone": "phone",
    "company": "company",
    "title": "title",
    "source": "source",
    "priority": "priority",
    "estimatedValue": "estimated_value",
    "description": "description",
    "assignedTo": "assigned_to",
}
# Each stage may want another type of value under the same name.
OTHERS = ("one", "two")
REFUSALS = {
    "STAGE_FIELDS_MISSING",
    "VALIDATION_FAILED",
    "STAGE_MOVE_NOT_ALLOWED",
    "RETIRING",
    "FIELD_NOT_EDITABLE",
    "LEAD_CLOSED",
    "LEAD_CONVERTING",
    "LEAD_ALREADY_CONVERTED",
    "CONVERSION_NOT_ALLOWED",
}


def is_of_type(value: Any, kind: str, options: tuple[str, ...]) -> bool:
    """Read naively: whether a value that a lead has is one of the type."""
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    text = value if isinstance(value, str) else ""
    naive: dict[str, Callable[[], object]] = {
        "text": text.strip,
        "date": lambda: re.fullmatch(r"\d{4}-\d\d-\d\d", text) and date.fromisoformat(text),
        "datetime": lambda: re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)", text),
        "select": lambda: text in options,
        "email": lambda: re.fullmatch(r"[^@ ]+@[^@ ]+\.[^@ ]+", text),
        "phone": lambda: re.fullmatch(r"\+?[\d -]{7,}", text),
        "url": lambda: re.fullmatch(r"https?://\S+", text),
    }
    return bool(naive[kind]())


def missing(lead: Lead, configuration: Configuration) -> set[str]:
    """What the stage where the lead is asks for and the lead has not."""
    asked_for = [each for each in configuration.stage_fields if each.stage_id == lead.stage_id and each.required]
    return {
        each.name
        for each in asked_for
        if (each.name in OWN and getattr(lead, OWN[each.name]) is None)
        or (each.name not in OWN and not is_of_type(lead.stage_field_values.get(each.name), each.type, each.options))
    }


def make_field(stage: Stage, name: str, kind: str, required: bool) -> StageField:
    if name in OWN:
        kind = "number" if name == "estimatedValue" else "text"
    return StageField(stage.id, name, name.title(), kind, required, ("red",))


fields = st.builds(
    make_field,
    st.sampled_from(PLACES),
    st.sampled_from([*OWN, *OTHERS, *OTHERS, *OTHERS]),
    st.sampled_from(sorted(FIELD_TYPES)),
    st.sampled_from([True, True, False]),
)
ownerships = st.builds(
    lambda stage, strategy, members: StageOwnership(
        stage.id, "user", str(BOB), auto_assign=True, strategy=strategy, member_ids=members
    ),
    st.sampled_from(PLACES),
    st.sampled_from(["none", "round_robin", "least_loaded"]),
    st.sampled_from([(), (ALICE, BOB)]),
)
visibilities = st.builds(
    lambda stage, hidden: FieldVisibility(stage.id, frozenset(hidden)),
    st.sampled_from(PLACES),
    st.sets(st.sampled_from([*OWN, *(f"stageFieldValues.{name}" for name in OTHERS)]), max_size=2),
)
retired = st.sets(st.sampled_from([*PLACES, SALES, STEPS]), max_size=3)


def make_configuration(
    asked_for: list[StageField],
    owned: list[StageOwnership],
    seen: list[FieldVisibility],
    closed: set[Stage | Pipeline],
    required: tuple[str, ...],
) -> Configuration:
    return configured(
        stage_fields=tuple({(each.stage_id, each.name): each for each in asked_for}.values()),
        ownership={each.stage_id: each for each in owned},
        visibility={each.stage_id: each for each in seen},
        retirements=tuple(retiring(each) for each in closed),
        conversion_required_fields=required,
        disqualification_reasons=("no_budget",),
    )


configurations = st.builds(
    make_configuration,
    st.lists(fields, min_size=12, max_size=40),
    st.lists(ownerships, max_size=3),
    st.lists(visibilities, max_size=1),
    retired,
    st.sampled_from([(), (), (), ("estimatedValue",)]),
)

VALUES: list[Any] = [
    *(None, "", "x", "red", 5, 2.5, True, False, "2025-03-01", "2025-03-01T10:00:00Z", "2025-03-01T10:00:00+02:00"),
    *("a@b.io", "+12125550123", "http://x.io", "website", "high", str(ALICE), [], {}),
]
FITTING = {
    **{"text": "x", "number": 5, "date": "2025-03-01", "datetime": "2025-03-01T10:00:00Z", "boolean": True},
    **{"select": "red", "email": "a@b.io", "phone": "+12125550123", "url": "http://x.io"},
}
FITTING_OWN = {
    **dict.fromkeys(OWN, "x"),
    **{"email": "a@b.io", "phone": "+12125550123", "source": "website", "priority": "high"},
    **{"estimatedValue": 5, "assignedTo": str(ALICE)},
}


@dataclass(frozen=True)
class Step:
    """Something that is tried with a lead, by one of the paths."""

    path: str
    stage: Stage
    # Whether what the stage asks for comes along, but for the field of this place.
    helpful: bool
    but_for: int
    # What comes instead, by the place of the field among those of the stage.
    instead: Mapping[int, Any]
    by_leadline: bool
    fields: Mapping[str, Any]

    def values(self, wanted: Sequence[StageField]) -> dict[str, Any]:
        """The values that come along."""
        coming = [each for place, each in enumerate(wanted) if self.helpful and place != self.but_for]
        values = {each.name: FITTING_OWN.get(each.name, FITTING[each.type]) for each in coming}
        return values | {wanted[place].name: value for place, value in self.instead.items() if place < len(wanted)}


steps = st.builds(
    Step,
    st.sampled_from(["create", "update", "pipeline", "change_stage", "bulk", "disqualify", "reopen", "convert"]),
    st.sampled_from(PLACES),
    st.sampled_from([True, True, True, False]),
    st.integers(0, 6),
    st.just({}) | st.dictionaries(st.integers(0, 3), st.sampled_from(VALUES), max_size=1),
    st.booleans(),
    st.dictionaries(
        st.sampled_from(["assigned_to", "estimated_value", "company", "title"]),
        st.sampled_from([None, "5"]),
        max_size=1,
    ),
)


def settled(draft: Draft) -> Lead:
    """The lead with an owner, where the stage gives it one."""
    if draft.asks is None:
        return draft.settled().lead
    return draft.settled(fixed_owner(draft.asks) or draft.asks.member_ids[-1]).lead


def converted(lead: Lead, values: Mapping[str, Any], configuration: Configuration, later: Configuration) -> Lead:
    """The lead at the end of a conversion, when the configuration may be another one."""
    situation = by_person(NOW + MINUTE, configuration)
    ready = conversion.prepared(lead, values, situation)
    reserved = conversion.reserve(lead, ready, new_id(), situation).lead
    ids = dict.fromkeys(("account_id", "contact_id", "opportunity_id"))
    return conversion.complete(reserved, ids, ALICE, by_leadline(NOW + 2 * MINUTE, later)).lead


def closed(lead: Lead) -> Lead:
    """The lead, disqualified where nothing asked for anything."""
    allowing = configured(disqualification_reasons=("no_budget",))
    wanted = Disqualification(reason="no_budget", stage_values={})
    return disqualifying.disqualify(lead, wanted, by_person(NOW, allowing)).lead


def tried(lead: Lead, step: Step, configuration: Configuration, later: Configuration) -> Lead:
    """The lead after the step."""
    make = by_leadline if step.by_leadline else by_person
    situation = make(NOW + MINUTE, configuration)
    place = {"stage_id": step.stage.id, "pipeline_id": step.stage.pipeline_id}
    target = step.stage
    if step.path == "convert":
        target = configuration.won_stage(lead.pipeline_id) or step.stage
    if step.path == "disqualify":
        target = configuration.lost_stage(lead.pipeline_id) or step.stage
    values = step.values(configuration.fields_of(target.id))
    paths: dict[str, Callable[[], Lead]] = {
        "create": lambda: settled(
            life_cycle.create(
                new_id(), {"last_name": "J", **step.fields, **place, "stage_field_values": values}, ALICE, situation
            )
        ),
        "update": lambda: settled(
            life_cycle.update(lead, {**step.fields, **place, "stage_field_values": values}, situation)
        ),
        "pipeline": lambda: settled(
            life_cycle.update(lead, {"pipeline_id": step.stage.pipeline_id, "stage_field_values": values}, situation)
        ),
        "change_stage": lambda: settled(life_cycle.change_stage(lead, step.stage.id, values, situation)),
        "bulk": lambda: settled(
            life_cycle.update(lead, {**step.fields, "stage_id": step.stage.id}, situation, merging=True)
        ),
        "disqualify": lambda: (
            disqualifying.disqualify(lead, Disqualification(reason="no_budget", stage_values=values), situation).lead
        ),
        "reopen": lambda: settled(
            reopening.reopen(
                closed(lead),
                Reopening(stage_id=None if step.but_for else step.stage.id, stage_values=values),
                situation,
            )
        ),
        "convert": lambda: converted(lead, values, configuration, later),
    }
    return paths[step.path]()


@settings(max_examples=500, deadline=None)
@given(configurations, configurations, st.lists(steps, min_size=1, max_size=5))
def test_no_path_lets_a_lead_into_a_stage_without_its_fields_or_into_one_that_is_being_deleted(
    configuration: Configuration, later: Configuration, tries: list[Step]
) -> None:
    lead = make_lead()
    for step in tries:
        try:
            after = tried(lead, step, configuration, later)
        except LeadlineError as error:
            if error.reason not in REFUSALS:
                raise
            continue
        in_force = later if step.path == "convert" else configuration
        if step.path in {"create", "reopen"} or after.stage_id != lead.stage_id:
            assert missing(after, in_force) == set(), step
            assert in_force.retirement_of(Retiring.STAGE, after.stage_id) is None
            assert in_force.stage(after.stage_id) == next(each for each in PLACES if each.id == after.stage_id)
        # A closed lead goes nowhere: the next step is another one's.
        lead = after if after.status is LeadStatus.OPEN else make_lead()
