"""Reads the settings document into ``Settings``. Settings validates it; this refuses whatever makes no sense."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from leads_service.domain.business_calendar import DAYS, BusinessHours, Window
from leads_service.domain.conditions import OPERATORS, Condition
from leads_service.domain.configuration import ANY_PRIORITY, EscalationRule, FieldRule, Settings, SlaPolicy
from leads_service.domain.document_reader import Place

_MINUTES_OF_TEN_YEARS = 10 * 366 * 24 * 60
_ANSWERS = ("activity", "note", "stage_change")
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00")


def settings_from_document(document: Mapping[str, Any]) -> Settings:
    """The settings of a document; what it does not say is as at the first start (spec: shapes).

    Raises:
        ValueError: a part of it makes no sense; the message names its path.
    """
    whole = Place("", document)
    general, sla, scoring = (whole.get(name, {}) for name in ("general", "sla", "scoring"))
    duplicates, conversion = (whole.get(name, {}) for name in ("duplicateDetection", "conversion"))
    return Settings(
        default_region=general.get("defaultRegion", "US").text(),
        currency=general.get("currency", "USD").text(),
        policies=tuple(_policy(each) for each in sla.get("policies", []).each()),
        at_risk_after_percent=sla.get("atRiskAfterPercent", 60).positive(100),
        first_response_on=frozenset(each.one_of(*_ANSWERS) for each in sla.get("firstResponseOn", _ANSWERS).each()),
        escalations=tuple(_escalation(each) for each in sla.get("escalations", []).each()),
        max_score=scoring.get("maxScore", 100).whole(),
        block_duplicates=duplicates.get("onCreate", "allow").one_of("allow", "block") == "block",
        conversion_required_fields=tuple(
            each.text() for each in conversion.get("requiredFields", ["estimatedValue"]).each()
        ),
        conversion_requires_qualified=conversion.get("requireQualified", False).flag(),
        conversion_field_map=tuple(_field_rule(each) for each in conversion.get("fieldMap", []).each()),
        conversion_undo_hours=conversion.get("undoHours", 72).whole(),
    )


def _field_rule(place: Place) -> FieldRule:
    record, _, target = place.get("to").text().partition(".")
    return FieldRule(place.get("from").text(), record, target)


def _policy(place: Place) -> SlaPolicy:
    minutes = place.get("responseMinutes")
    each_priority = dict(minutes.items()) if isinstance(minutes.value, Mapping) else {ANY_PRIORITY: minutes}
    hours = place.get("businessHours", None)
    return SlaPolicy(
        name=place.get("name").text(),
        is_default=place.get("isDefault", False).flag(),
        match=tuple(_condition(each) for each in place.get("match", []).each()),
        response_minutes={name: each.positive(_MINUTES_OF_TEN_YEARS) for name, each in each_priority.items()},
        business_hours=None if hours.value is None else business_hours(hours),
        pause_at_stages=frozenset(_uuid(each) for each in place.get("pauseAtStages", []).each()),
        calendar=hours.value,
    )


def _condition(place: Place) -> Condition:
    operator = place.get("operator").one_of(*sorted(OPERATORS))
    return Condition(place.get("field").text(), operator, place.get("value", None).value)


def _escalation(place: Place) -> EscalationRule:
    assign_to = place.get("assignTo", None)
    owner = None if assign_to.value is None else _uuid(assign_to)
    return EscalationRule(place.get("afterMinutes").positive(_MINUTES_OF_TEN_YEARS), owner)


def _uuid(place: Place) -> UUID:
    try:
        return UUID(place.text())
    except ValueError:
        place.refuse("must be a UUID")


def business_hours(place: Place) -> BusinessHours:
    """The calendar at this place.

    Raises:
        ValueError: it makes no sense; the message names its path.
    """
    hours, country = place.get("hours"), place.get("holidayCountry", None)
    week = tuple(_windows(hours.get(day, [])) for day in DAYS)
    days_off = frozenset(_date(each) for each in place.get("holidays", []).each())
    exceptions = {_date(Place(each.path, day)): _windows(each) for day, each in place.get("exceptions", {}).items()}
    try:
        return BusinessHours(
            timezone=place.get("timezone").text(),
            week=week,
            holidays=days_off,
            exceptions=exceptions,
            holiday_country=None if country.value is None else country.text(),
        )
    except ValueError as error:
        place.refuse(str(error))


def _windows(place: Place) -> tuple[Window, ...]:
    return tuple(_window(each) for each in place.each())


def _window(place: Place) -> Window:
    times = [_minute(each) for each in place.each()]
    if len(times) != len(("start", "end")):
        place.refuse("must be start and end")
    return times[0], times[1]


def _minute(place: Place) -> int:
    """The minute of the day of a time such as 09:30; 24:00 is the day's end."""
    text = place.text()
    if not _TIME.fullmatch(text):
        place.refuse("must be a time such as 09:30")
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)


def _date(place: Place) -> date:
    try:
        return date.fromisoformat(place.text())
    except ValueError:
        place.refuse("must be a date such as 2025-12-25")
