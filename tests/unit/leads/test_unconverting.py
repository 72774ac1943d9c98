"""Undoing a conversion that somebody asks for: within some hours, and the lead as it was."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from kit.ids import new_id
from leads_service.domain import conversion, unconverting
from leads_service.domain.configuration import Configuration
from leads_service.domain.lead import Lead, LeadStatus
from tests.unit.leads.building import (
    ALICE,
    BOB,
    CONFIGURATION,
    CONTACTED,
    CONVERTED,
    DISQUALIFIED,
    DOCUMENTED,
    HOUR,
    MINUTE,
    NEW,
    NOW,
    SALES,
    asked,
    by_leadline,
    by_person,
    configured,
    created,
    retiring,
    types_of,
)
from tests.unit.leads.refusals import refusal

ASKED_AT, CONVERTED_AT, LATER = NOW + MINUTE, NOW + 2 * MINUTE, NOW + HOUR
IDS: dict[str, UUID | None] = {"account_id": new_id(), "contact_id": new_id(), "opportunity_id": None}
OPEN = replace(created(DOCUMENTED).lead, stage_id=CONTACTED.id)


def converted(**before: Any) -> Lead:
    """The lead that Alice had converted."""
    lead = replace(OPEN, conversion_id=new_id(), **before)
    return conversion.complete(lead, IDS, ALICE, by_leadline(CONVERTED_AT), started_at=ASKED_AT).lead


def undone(
    lead: Lead, now: datetime = LATER, configuration: Configuration = CONFIGURATION, answered_at: datetime | None = None
) -> Any:
    converting = replace(lead, conversion_id=new_id())
    return unconverting.complete(converting, ASKED_AT, answered_at, by_leadline(now, configuration))


def test_a_converted_lead_is_locked_while_its_conversion_is_being_undone() -> None:
    lead, conversion_id = converted(), new_id()
    change = unconverting.reserve(lead, conversion_id, CONVERTED_AT, by_person(LATER, who=BOB))
    assert change.lead == replace(lead, conversion_id=conversion_id)
    (said,) = change.activities
    assert (said.type, said.performed_by, said.metadata) == (
        "unconversion_started",
        BOB,
        {"conversionId": str(conversion_id)},
    )
    assert (change.history, change.clock_changed) == ((), False)


@pytest.mark.parametrize(
    ("lead", "reason"),
    [
        (OPEN, "LEAD_NOT_CONVERTED"),
        (replace(OPEN, status=LeadStatus.DISQUALIFIED, stage_id=DISQUALIFIED.id), "LEAD_NOT_CONVERTED"),
        (replace(OPEN, conversion_id=new_id()), "LEAD_CONVERTING"),
        (replace(converted(), conversion_id=new_id()), "LEAD_CONVERTING"),
    ],
    ids=["open", "disqualified", "being converted", "being undone"],
)
def test_only_a_converted_lead_is_reserved(lead: Lead, reason: str) -> None:
    with refusal(reason):
        unconverting.reserve(lead, new_id(), CONVERTED_AT, by_person(LATER))


@pytest.mark.parametrize("hours", [1, 72])
def test_it_is_undone_until_the_last_moment_and_not_then(hours: int) -> None:
    configuration, end = configured(conversion_undo_hours=hours), CONVERTED_AT + timedelta(hours=hours)
    just_in_time = by_person(end - timedelta(microseconds=1), configuration)
    assert unconverting.reserve(converted(), new_id(), CONVERTED_AT, just_in_time).lead.conversion_id
    with refusal("UNDO_TIME_OVER") as refused:
        unconverting.reserve(converted(), new_id(), CONVERTED_AT, by_person(end, configuration))
    assert refused.value.metadata == {"undoHours": str(hours)}


def test_nought_hours_switch_it_off() -> None:
    with refusal("UNDO_TIME_OVER"):
        at_once = by_person(CONVERTED_AT, configured(conversion_undo_hours=0))
        unconverting.reserve(converted(), new_id(), CONVERTED_AT, at_once)


def test_the_lead_is_open_again_where_it_was_as_if_nothing_had_been() -> None:
    before = converted()
    change = undone(before)
    after = change.lead
    assert after == replace(
        OPEN,
        version=before.version + 1,
        updated_at=LATER,
        clock_version=after.clock_version,
        score_revision=after.score_revision,
    )
    assert (before.clock_closed_by, after.clock_closed_by, change.clock_changed) == ("converted", "", True)
    (said,) = change.activities
    assert (said.type, said.metadata) == (
        "lead_unconverted",
        {"accountId": str(IDS["account_id"]), "contactId": str(IDS["contact_id"])},
    )
    assert {entry.field for entry in change.history} == {"status", "stageId", "accountId", "contactId"}


def test_an_answer_that_somebody_gave_stays_given() -> None:
    earlier, answered_at = converted(first_response_at=NOW, clock_closed_by="answered"), NOW
    assert earlier.first_response_at == answered_at
    change = undone(earlier)
    assert (change.lead.first_response_at, change.lead.clock_closed_by) == (answered_at, "answered")
    assert not change.clock_changed
    # A call that was logged afterwards and was earlier than the conversion.
    logged = replace(converted(), first_response_at=ASKED_AT - timedelta(seconds=1))
    assert undone(logged).lead.first_response_at == ASKED_AT - timedelta(seconds=1)


def test_an_answer_that_came_while_the_lead_was_converted_is_the_first_one_then() -> None:
    answered_at = CONVERTED_AT + MINUTE
    change = undone(converted(), answered_at=answered_at)
    assert (change.lead.first_response_at, change.lead.clock_closed_by) == (answered_at, "answered")
    assert not change.clock_changed
    earlier = converted(first_response_at=NOW, clock_closed_by="answered")
    assert undone(earlier, answered_at=answered_at).lead.first_response_at == NOW


def test_the_promise_is_kept_also_where_its_deadline_has_passed_meanwhile() -> None:
    assert OPEN.sla is not None
    after = undone(converted(), OPEN.sla.deadline + HOUR).lead
    assert after.sla == OPEN.sla


GONE = tuple(stage for stage in CONFIGURATION.stages if stage.id != CONTACTED.id)
ASKING = (asked(CONTACTED, "contract"), asked(NEW, "contract"))


@pytest.mark.parametrize(
    ("configuration", "stage_id"),
    [
        (configured(stage_fields=ASKING), CONTACTED.id),
        (replace(CONFIGURATION, stages=GONE), NEW.id),
        (configured(retirements=(retiring(CONTACTED),)), NEW.id),
        (replace(CONFIGURATION, stages=GONE, stage_fields=ASKING), NEW.id),
        (replace(CONFIGURATION, stages=(CONVERTED, DISQUALIFIED)), CONVERTED.id),
        (configured(retirements=(retiring(SALES),)), CONVERTED.id),
        (replace(CONFIGURATION, stages=()), CONVERTED.id),
    ],
    ids=["asks for more", "gone", "being deleted", "gone, others ask", "none is open", "pipeline goes", "no stages"],
)
def test_nothing_is_refused_any_more_whatever_has_become_of_the_stages(
    configuration: Configuration, stage_id: UUID
) -> None:
    after = undone(converted(), configuration=configuration).lead
    assert (after.stage_id, after.status) == (stage_id, LeadStatus.OPEN)


def test_what_cannot_be_undone_leaves_the_lead_converted_and_free() -> None:
    lead = converted()
    change = unconverting.fail(replace(lead, conversion_id=new_id()), "RECORDS_CHANGED", "It grew.", by_leadline(LATER))
    assert change.lead == lead
    (said,) = change.activities
    assert (said.type, said.description, said.metadata) == (
        "unconversion_failed",
        "It grew.",
        {"reason": "RECORDS_CHANGED"},
    )
    assert not change.clock_changed


def test_an_undone_lead_can_be_converted_again() -> None:
    change = conversion.complete(
        replace(undone(converted()).lead, conversion_id=new_id()), IDS, BOB, by_leadline(LATER), started_at=LATER
    )
    assert types_of(change) == ["lead_converted", "first_response"]
    assert change.lead.first_response_at == LATER
