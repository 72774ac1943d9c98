"""What operators do with the clocks of leads under a policy of four hours."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from leads_service.domain import life_cycle, milestones, operating
from leads_service.domain.business_calendar import BusinessHours
from leads_service.domain.configuration import Configuration, EscalationRule
from leads_service.domain.lead import Change, Lead
from leads_service.domain.operating import Wish
from leads_service.domain.settings_document import settings_from_document
from leads_service.domain.sla import Sla
from leads_service.domain.timeline import LoggedActivity, log_activity
from tests.unit.leads.building import BOB, by_leadline, by_person, configured

WISH = Wish(by="ana@example.org", reason="The customer asked for Thursday")
SAID = {"by": WISH.by, "reason": WISH.reason, "policy": "Promised"}
OFFICE = {
    "timezone": "Europe/Berlin",
    "hours": {day: [["09:00", "12:00"], ["13:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
}
ESCALATIONS = (EscalationRule(Decimal(0)), EscalationRule(Decimal(60), BOB))


def promising(calendar: dict[str, Any] | None = None, **more: Any) -> Configuration:
    """Leads are to be answered within four hours, by a policy that pauses nowhere unless said."""
    policy = {"name": "Promised", "isDefault": True, "responseMinutes": {"critical": 60, "*": 240}, **more}
    document = {"sla": {"policies": [{**policy, "businessHours": calendar}], "firstResponseOn": ["activity"]}}
    made = settings_from_document(document)
    return configured(
        policies=made.policies, first_response_on=made.first_response_on, escalations=ESCALATIONS, sources=("a", "b")
    )


SETTINGS = promising()


def hours_of(configuration: Configuration) -> BusinessHours | None:
    return configuration.settings.policies[0].business_hours


def sla_of(lead: Lead) -> Sla:
    assert lead.sla is not None
    return lead.sla


def extended(lead: Lead, until: datetime, at: datetime, settings: Configuration = SETTINGS) -> Change:
    return operating.extend(until, lead, WISH, by_leadline(at, settings))


def held(lead: Lead, at: datetime, settings: Configuration = SETTINGS) -> Change:
    return operating.hold(lead, WISH, by_leadline(at, settings))


def resumed(lead: Lead, at: datetime, settings: Configuration = SETTINGS) -> Change:
    return operating.resume(lead, WISH, by_leadline(at, settings))


def moved(lead: Lead, stage: Any, at: datetime, settings: Configuration = SETTINGS) -> Lead:
    return life_cycle.change_stage(lead, stage.id, {}, by_person(at, settings)).settled().lead


def updated(lead: Lead, at: datetime, settings: Configuration = SETTINGS, **fields: Any) -> Lead:
    return life_cycle.update(lead, fields, by_person(at, settings)).settled().lead


def answered_at(lead: Lead, at: datetime, settings: Configuration = SETTINGS) -> Lead:
    return log_activity(lead, LoggedActivity(type="call", direction="outbound"), by_person(at, settings)).lead


def recorded(lead: Lead, at: datetime, settings: Configuration = SETTINGS) -> Lead:
    return milestones.record_due(lead, by_leadline(at, settings))[1].lead
