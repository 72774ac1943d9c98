"""Reads the settings document into ``Settings``. Settings validates it; this refuses whatever makes no sense."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar
from uuid import UUID

from leads_service.domain.business_clock import DAYS, BusinessHours, Window
from leads_service.domain.conditions import Condition
from leads_service.domain.configuration import ANY_PRIORITY, EscalationRule, Settings, SlaPolicy

Value = TypeVar("Value")


def settings_from_document(document: Mapping[str, Any]) -> Settings:
    """The settings of a document (spec: shapes).

    Raises:
        ValueError: a part of it makes no sense; the message names it.
    """
    sections = {name: document.get(name, {}) for name in ("general", "sla", "scoring", "duplicateDetection")}
    conversion = document.get("conversion", {})
    sla = sections["sla"]
    return Settings(
        default_region=sections["general"].get("defaultRegion", "US"),
        currency=sections["general"].get("currency", "USD"),
        policies=tuple(_in("sla.policies", _policy, each) for each in sla.get("policies", [])),
        at_risk_after_percent=_in("sla.atRiskAfterPercent", _decimal, sla.get("atRiskAfterPercent", 60)),
        first_response_on=frozenset(sla.get("firstResponseOn", ("activity", "note", "stage_change"))),
        escalations=tuple(_in("sla.escalations", _escalation, each) for each in sla.get("escalations", [])),
        max_score=int(sections["scoring"].get("maxScore", 100)),
        block_duplicates=sections["duplicateDetection"].get("onCreate", "allow") == "block",
        conversion_required_fields=tuple(conversion.get("requiredFields", ("estimatedValue",))),
        conversion_requires_qualified=bool(conversion.get("requireQualified", False)),
    )


def _in(path: str, read: Callable[[Any], Value], value: Any) -> Value:
    try:
        return read(value)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        message = f"{path}: {error}"
        raise ValueError(message) from error


def _decimal(value: Any) -> Decimal:
    try:
        number = Decimal(str(value))
    except InvalidOperation as error:
        message = f"{value!r} is not a number"
        raise ValueError(message) from error
    if not number.is_finite() or number <= 0:
        message = f"{value!r} is not a positive number"
        raise ValueError(message)
    return number


def _policy(value: Mapping[str, Any]) -> SlaPolicy:
    minutes = value["responseMinutes"]
    by_priority = minutes if isinstance(minutes, Mapping) else {ANY_PRIORITY: minutes}
    hours = value.get("businessHours")
    return SlaPolicy(
        name=str(value["name"]),
        is_default=bool(value.get("isDefault", False)),
        match=tuple(Condition(each["field"], each["operator"], each.get("value")) for each in value.get("match", [])),
        response_minutes={priority: _decimal(each) for priority, each in by_priority.items()},
        business_hours=_business_hours(hours) if hours else None,
    )


def _business_hours(value: Mapping[str, Any]) -> BusinessHours:
    hours = value.get("hours", {})
    return BusinessHours(
        timezone=value["timezone"],
        week=tuple(_windows(hours.get(day, [])) for day in DAYS),
        holidays=frozenset(date.fromisoformat(day) for day in value.get("holidays") or []),
        exceptions={
            date.fromisoformat(day): _windows(windows) for day, windows in (value.get("exceptions") or {}).items()
        },
        holiday_country=value.get("holidayCountry"),
    )


def _windows(windows: Sequence[Sequence[str]]) -> tuple[Window, ...]:
    return tuple(sorted((_minute(start), _minute(end)) for start, end in windows))


def _minute(text: str) -> int:
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)


def _escalation(value: Mapping[str, Any]) -> EscalationRule:
    assign_to = value.get("assignTo")
    return EscalationRule(_decimal(value["afterMinutes"]), UUID(assign_to) if assign_to else None)
