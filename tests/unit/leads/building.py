"""A small configuration and leads in it, for the tests of the leads rules."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from kit.ids import new_id
from leads_service.domain.configuration import (
    LEADS,
    OPPORTUNITIES,
    Configuration,
    Pipeline,
    Priority,
    Retirement,
    Retiring,
    Settings,
    SlaPolicy,
    Stage,
    StageField,
)
from leads_service.domain.lead import Actor, Change, Lead
from leads_service.domain.settling import Situation
from tests.unit.leads import changing

NOW = datetime(2025, 1, 20, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)

ALICE, BOB = new_id(), new_id()
SALES = Pipeline(new_id(), "Sales", LEADS, is_default=True)
STEPS = Pipeline(new_id(), "Steps", LEADS, movement="sequential")
DEALS = Pipeline(new_id(), "Deals", OPPORTUNITIES, is_default=True)
PARTNERS = Pipeline(new_id(), "Partner deals", OPPORTUNITIES)


def _stages(pipeline: Pipeline, *names: str) -> list[Stage]:
    last = {"Converted": {"is_won": True}, "Disqualified": {"is_lost": True}}
    return [
        Stage(new_id(), pipeline.id, name, place, **last.get(name, {})) for place, name in enumerate(names, start=1)
    ]


NEW, CONTACTED, QUALIFIED, CONVERTED, DISQUALIFIED = _stages(
    SALES, "New", "Contacted", "Qualified", "Converted", "Disqualified"
)
FIRST, SECOND, THIRD = _stages(STEPS, "First", "Second", "Third")
PROSPECTING, NEGOTIATION = _stages(DEALS, "Prospecting", "Negotiation")
INTRODUCED, SIGNED = _stages(PARTNERS, "Introduced", "Signed")

STANDARD = SlaPolicy("Standard Response", is_default=True, match=(), response_minutes={"*": Decimal(240)})
SETTINGS = Settings(policies=(STANDARD,))

CONFIGURATION = Configuration(
    revision=1,
    pipelines=(SALES, STEPS, DEALS, PARTNERS),
    stages=(
        *(NEW, CONTACTED, QUALIFIED, CONVERTED, DISQUALIFIED),
        *(FIRST, SECOND, THIRD, PROSPECTING, NEGOTIATION, INTRODUCED, SIGNED),
    ),
    stage_fields=(),
    priorities=(
        Priority("low", "Low", 1),
        Priority("medium", "Medium", 2, is_default=True),
        Priority("high", "High", 3),
        Priority("critical", "Critical", 4),
    ),
    sources=("website", "referral"),
    scoring_rules=(),
    threshold=60,
    settings=SETTINGS,
)

# The body of the documented page, without its placeholders for ids.
DOCUMENTED = {
    "first_name": "Alice",
    "last_name": "Johnson",
    "email": "alice@startup.io",
    "phone": "+1234567890",
    "company": "StartupIO",
    "title": "Founder",
    "source": "website",
    "priority": "high",
    "estimated_value": "50000",
    "description": "Inbound from pricing page",
    "custom_fields": {"utm_source": "google", "company_size": "50-100"},
}


def configured(**changes: Any) -> Configuration:
    """The configuration with changes; those of ``Settings`` go there."""
    of_settings = {name: value for name, value in changes.items() if name in Settings.__dataclass_fields__}
    others = {name: value for name, value in changes.items() if name not in of_settings}
    return replace(CONFIGURATION, settings=replace(SETTINGS, **of_settings), **others)


def asked(
    stage: Stage, name: str, type_: str = "text", *, required: bool = True, options: tuple[str, ...] = ()
) -> StageField:
    """A field that a stage asks for."""
    return StageField(stage.id, name, name.title(), type_, required, options)


def retiring(entry: Pipeline | Stage | Priority | str, kind: Retiring = Retiring.SOURCE) -> Retirement:
    """The deletion of an entry; one that is known by its name alone is a source unless said."""
    if isinstance(entry, str):
        return Retirement(id=new_id(), kind=kind, entry_id=new_id(), name=entry)
    if isinstance(entry, Priority):
        return Retirement(id=new_id(), kind=Retiring.PRIORITY, entry_id=new_id(), name=entry.name)
    what = Retiring.PIPELINE if isinstance(entry, Pipeline) else Retiring.STAGE
    return Retirement(id=new_id(), kind=what, entry_id=entry.id, name=entry.name)


def by_person(now: datetime = NOW, configuration: Configuration = CONFIGURATION, who: UUID = ALICE) -> Situation:
    """Something that a person does."""
    return Situation(configuration, Actor(who), now)


def by_admin(now: datetime = NOW, configuration: Configuration = CONFIGURATION) -> Situation:
    """Something that an administrator does."""
    return Situation(configuration, Actor(ALICE, is_admin=True), now)


def by_leadline(now: datetime = NOW, configuration: Configuration = CONFIGURATION) -> Situation:
    """Something that a clock or a workflow does."""
    return Situation(configuration, Actor(None), now)


def created(given: Mapping[str, Any] | None = None, configuration: Configuration = CONFIGURATION) -> Change:
    """A lead created by Alice at ``NOW``."""
    return changing.create(
        new_id(), {"last_name": "Johnson"} if given is None else given, ALICE, by_person(NOW, configuration)
    )


def make_lead(configuration: Configuration = CONFIGURATION, /, **given: Any) -> Lead:
    """A new lead; without fields, one with a last name only."""
    return created(given or None, configuration).lead


def types_of(change: Change) -> list[str]:
    """The types of a change's activities."""
    return [activity.type for activity in change.activities]


def instants_between(first: datetime, last: datetime) -> st.SearchStrategy[datetime]:
    """Any instant from first to last, to the microsecond."""
    return st.timedeltas(timedelta(0), last - first).map(lambda passed: first + passed)
