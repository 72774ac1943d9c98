"""Whatever is asked and whenever: what is recorded is what the instants alone say, each once, in order, late or not."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from leads_service.domain.configuration import Configuration, EscalationRule, SlaPolicy
from leads_service.domain.lead import Activity, Lead, Notification
from leads_service.domain.milestones import MilestoneKind, record, record_due
from leads_service.domain.timeline import LoggedActivity, log_activity
from tests.unit.leads.building import ALICE, BOB, HOUR, MINUTE, NOW, by_leadline, by_person, configured, make_lead

MICROSECOND = timedelta(microseconds=1)
EVERYTHING = None
NEVER = NOW + 10_000 * HOUR


@dataclass(frozen=True)
class Asked:
    """A call of the rules at an instant: for one milestone by its place, or for everything."""

    at: datetime
    place: int | None


@dataclass(frozen=True)
class World:
    """A promise, what is asked of it, and an answer with the instant at which it is told of."""

    configuration: Configuration
    owner: UUID | None
    calls: Sequence[Asked]
    answered_at: datetime = NEVER
    told_at: datetime = NEVER


def lead_of(world: World) -> Lead:
    return make_lead(world.configuration, last_name="Johnson", assigned_to=world.owner)


def instants_of(lead: Lead) -> list[datetime]:
    assert lead.sla is not None
    return [lead.sla.at_risk_at, lead.sla.deadline, *(each.at for each in lead.sla.escalations)]


minutes = st.decimals(Decimal("0.5"), Decimal(300), places=1)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    after = sorted(draw(st.lists(minutes, max_size=4, unique=True)))
    policy = SlaPolicy("Any", is_default=True, match=(), response_minutes={"*": draw(minutes)})
    configuration = configured(
        policies=(policy,),
        at_risk_after_percent=Decimal(draw(st.integers(1, 99))),
        escalations=tuple(EscalationRule(each, draw(st.sampled_from([None, ALICE, BOB]))) for each in after),
    )
    owner = draw(st.sampled_from([None, ALICE, BOB]))
    instants = instants_of(lead_of(World(configuration, owner, ())))
    edges = st.sampled_from([-MICROSECOND, timedelta(0), MICROSECOND, MINUTE, MINUTE + MICROSECOND, 5 * HOUR])
    near = st.tuples(st.sampled_from(instants), edges).map(sum_of).map(lambda at: max(at, NOW))
    places = st.sampled_from([EVERYTHING, *range(len(instants))])
    calls = draw(st.lists(st.builds(Asked, near, places), max_size=10))
    calls.sort(key=lambda each: each.at)
    if not draw(st.booleans()):
        return World(configuration, owner, calls)
    answered, told = sorted((draw(near), draw(near)))
    return World(configuration, owner, calls, answered, told)


def sum_of(pair: tuple[datetime, timedelta]) -> datetime:
    return pair[0] + pair[1]


def carried_out(world: World) -> tuple[Lead, list[Activity], list[Notification]]:
    """By the rules: the lead in the end, and all that was written."""
    lead, activities, notifications = lead_of(world), list[Activity](), list[Notification]()
    for call in (*world.calls, None):
        if (call is None or call.at >= world.told_at) and lead.first_response_at is None and world.told_at < NEVER:
            call_made = LoggedActivity(type="call", direction="outbound", occurred_at=world.answered_at)
            lead = log_activity(lead, call_made, by_person(world.told_at, world.configuration)).lead
        if call is not None:
            situation = by_leadline(call.at, world.configuration)
            if call.place is EVERYTHING:
                change = record_due(lead, situation)[1]
            else:
                change = record(lead, *milestone_at(call.place), situation)[1]
            lead = change.lead
            activities += change.activities
            notifications += change.notifications
    return lead, activities, notifications


def milestone_at(place: int) -> tuple[MilestoneKind, int]:
    if place < 2:
        return (MilestoneKind.AT_RISK, MilestoneKind.BREACHED)[place], 0
    return MilestoneKind.ESCALATION, place - 2


def expected(world: World) -> Iterator[tuple[int, datetime, datetime]]:
    """By the instants: which milestones, when they fell due, and when they are recorded."""
    instants = instants_of(lead_of(world))

    def counts(place: int, now: datetime) -> bool:
        if instants[place] > now:
            return False
        return now < world.told_at or (place < 2 and world.answered_at >= instants[place])

    for place, at in enumerate(instants):
        for call in world.calls:
            asked = len(instants) - 1 if call.place is EVERYTHING else call.place
            # Who asks for one that does not count gets nothing, what came before it neither.
            if place <= asked and counts(place, call.at) and (call.place is EVERYTHING or counts(asked, call.at)):
                yield place, at, call.at
                break


@settings(max_examples=200, deadline=None)
@given(worlds())
def test_what_is_recorded_is_what_the_instants_say(world: World) -> None:
    lead, activities, notifications = carried_out(world)
    wanted = list(expected(world))
    types = ["sla_at_risk", "sla_breached", "sla_escalated"]
    assert [(each.type, each.occurred_at, each.created_at) for each in activities] == [
        (types[min(place, 2)], at, recorded) for place, at, recorded in wanted
    ]
    for each, (_, at, recorded) in zip(activities, wanted, strict=True):
        late = recorded - at > MINUTE
        assert each.metadata.get("recordedLate", False) is late
        assert ("recordedAt" in each.metadata) is late
    owner, rules = world.owner, world.configuration.settings.escalations
    for told, (place, *_) in zip(notifications, wanted, strict=True):
        goes_to = (rules[place - 2].assign_to if place >= 2 else None) or owner
        assert set(told.recipient_ids) == {goes_to, owner} - {None}
        assert len(set(told.recipient_ids)) == len(told.recipient_ids)
        owner = goes_to
    assert lead.assigned_to == owner
