"""What must hold between the parts of the settings document, and between it and the lists."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kit.errors import FieldViolation
from settings_service.domain.document.calendars import violations_of_calendar
from settings_service.domain.document.field_map import violations_of_types
from settings_service.domain.document.limits import violations_of_limits
from settings_service.domain.document.shape import Conversion, Document
from settings_service.domain.document.sla import Escalation, Policy
from settings_service.domain.fields import ANY_PRIORITY


@dataclass(frozen=True, slots=True)
class Configured:
    """What a document may refer to: names of priorities, ids of the stages of lead pipelines."""

    priorities: Sequence[str]
    lead_stages: frozenset[str]


def violations_of(document: Document, configured: Configured) -> Iterator[FieldViolation]:
    """Everything that does not fit together, each with its path."""
    policies = document.sla.policies
    yield from _violations_of_default(policies)
    yield from _repeated("sla.policies", [policy.name.casefold() for policy in policies], ".name")
    for place, policy in enumerate(policies):
        yield from _violations_of_policy(f"sla.policies[{place}]", policy, configured)
        yield from _violations_of_calendar(f"sla.policies[{place}]", policy, document.sla.escalations)
    yield from _repeated("sla.firstResponseOn", document.sla.first_response_on)
    yield from _violations_of_escalations(document)
    yield from _violations_of_conversion(document.conversion)


def _violations_of_default(policies: Sequence[Policy]) -> Iterator[FieldViolation]:
    defaults = [place for place, policy in enumerate(policies) if policy.is_default]
    if not defaults:
        yield FieldViolation("sla.policies", "DEFAULT_REQUIRED", "One policy must be the default.")
    for place in defaults[1:]:
        yield FieldViolation(f"sla.policies[{place}].isDefault", "SECOND_DEFAULT", "Another policy is the default.")


def _violations_of_policy(path: str, policy: Policy, configured: Configured) -> Iterator[FieldViolation]:
    if isinstance(policy.response_minutes, dict):
        yield from _violations_of_minutes(f"{path}.responseMinutes", list(policy.response_minutes), configured)
    yield from _repeated(f"{path}.pauseAtStages", policy.pause_at_stages)
    for place, stage in enumerate(policy.pause_at_stages):
        if stage not in configured.lead_stages:
            field = f"{path}.pauseAtStages[{place}]"
            yield FieldViolation(field, "NOT_CONFIGURED", "Must be a stage of a lead pipeline.")


def _violations_of_calendar(path: str, policy: Policy, escalations: Sequence[Escalation]) -> Iterator[FieldViolation]:
    calendar = policy.business_hours
    faults = list(violations_of_calendar(f"{path}.businessHours", calendar)) if calendar else []
    yield from faults or violations_of_limits(path, policy, escalations)


def _violations_of_minutes(path: str, names: Sequence[str], configured: Configured) -> Iterator[FieldViolation]:
    for name in names:
        if name != ANY_PRIORITY and name not in configured.priorities:
            allowed = ", ".join((*configured.priorities, ANY_PRIORITY))
            yield FieldViolation(f"{path}.{name}", "NOT_CONFIGURED", f"Use one of {allowed}.")
    missing = [name for name in configured.priorities if name not in names]
    if missing and ANY_PRIORITY not in names:
        sentence = f"Must say the minutes for {', '.join(missing)} too, or for * (any other)."
        yield FieldViolation(path, "PRIORITY_MISSING", sentence)


def _violations_of_escalations(document: Document) -> Iterator[FieldViolation]:
    escalations = document.sla.escalations
    for place in range(1, len(escalations)):
        if escalations[place].after_minutes <= escalations[place - 1].after_minutes:
            field = f"sla.escalations[{place}].afterMinutes"
            yield FieldViolation(field, "NOT_ASCENDING", "Must be later than the escalation before.")


def _violations_of_conversion(conversion: Conversion) -> Iterator[FieldViolation]:
    yield from _repeated("conversion.requiredFields", conversion.required_fields)
    rules = conversion.field_map
    yield from _repeated("conversion.fieldMap", [rule.target for rule in rules], ".to")
    yield from violations_of_types("conversion.fieldMap", rules)


def _repeated(path: str, items: Sequence[str], suffix: str = "") -> Iterator[FieldViolation]:
    seen: set[str] = set()
    for place, item in enumerate(items):
        if item in seen:
            yield FieldViolation(f"{path}[{place}]{suffix}", "REPEATED", "Must not stand there twice.")
        seen.add(item)
