"""Disqualifying a lead through the gRPC door."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from leadline.leads.v1 import lead_pb2
from leadline.leads.v1 import lead_service_pb2 as pb
from leadline.settings.v1 import configuration_service_pb2, lists_pb2, retirement_pb2

from kit.db.database import Database
from kit.errors import ErrorKind, LeadlineError
from kit.ids import new_id
from leads_service.store.tables import CLOSED_ENTRIES, OUTBOX
from tests.integration.leads.conftest import TestClock
from tests.integration.leads.door import Door, fields_at_fault, refusal
from tests.integration.leads.pushing import open_house
from tests.support import tokens

DISQUALIFIED = lead_pb2.LEAD_STATUS_DISQUALIFIED
ASKING, WITHOUT = str(new_id()), str(new_id())
PRICE_LOST, PRICE_NEW, ONLY = str(new_id()), str(new_id()), str(new_id())


async def disqualify(
    door: Door,
    lead_id: str,
    reason: str = "no_budget",
    *,
    version: int | None = None,
    sent: str | None = None,
    notes: str = "",
    **values: Any,
) -> lead_pb2.Lead:
    request = pb.DisqualifyLeadRequest(
        lead_id=lead_id,
        reason=reason,
        notes=notes,
        stage_field_values=json.dumps(values) if values else "",
        expected_version=version,
    )
    more = {"sent": sent} if sent else {}
    return (await door.ask(door.lead_stub.DisqualifyLead, request, **more)).lead  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
async def strict(
    create_database: Callable[[str], str], configuration: configuration_service_pb2.Configuration, clock: TestClock
) -> AsyncIterator[Door]:
    """A door to leads whose pipelines are: one whose lost stage asks for fields and assigns, and one without any."""
    made = configuration_service_pb2.Configuration.FromString(configuration.SerializeToString())
    for pipeline_id, name in ((ASKING, "Asking"), (WITHOUT, "Without")):
        made.pipelines.add(id=pipeline_id, name=name, module=lists_pb2.MODULE_LEADS, movement=lists_pb2.MOVEMENT_FREE)
    made.stages.add(id=PRICE_NEW, pipeline_id=ASKING, name="Start", position=1)
    made.stages.add(id=PRICE_LOST, pipeline_id=ASKING, name="Lost", position=2, is_lost=True)
    made.stages.add(id=ONLY, pipeline_id=WITHOUT, name="Only", position=1)
    made.stage_fields.add(stage_id=PRICE_LOST, name="competitor", label="Competitor", type="text", required=True)
    made.stage_fields.add(stage_id=PRICE_LOST, name="estimatedValue", label="Price", type="number", required=False)
    made.stage_ownership.add(
        stage_id=PRICE_LOST, owner_type=lists_pb2.OWNER_TYPE_USER, owner_id=str(new_id()), auto_assign=True
    )
    made.field_visibility.add(stage_id=PRICE_NEW, fields={"estimatedValue": lists_pb2.FIELD_ACCESS_HIDDEN})
    made.disqualification_reasons.add(id=str(new_id()), name="inactive", label="Inactive", is_active=False)
    made.retirements.add(
        id=str(new_id()),
        kind=retirement_pb2.RETIREMENT_KIND_DISQUALIFICATION_REASON,
        entry_id=next(each.id for each in made.disqualification_reasons if each.name == "invalid"),
        name="invalid",
        state=retirement_pb2.RETIREMENT_STATE_RUNNING,
    )
    async with open_house(create_database("leads_disqualifying"), made, clock) as house:
        yield house.door


async def test_a_disqualified_lead_is_closed_as_documented(door: Door) -> None:
    lead = await door.create(last_name="Johnson")
    after = await disqualify(door, lead.id, notes="Company confirmed no budget until next fiscal year")
    assert (after.status, after.stage_name, after.version) == (DISQUALIFIED, "Disqualified", 2)
    assert after.disqualification_reason == "no_budget"
    assert after.disqualification_notes == "Company confirmed no budget until next fiscal year"
    assert after.disqualified_at == after.updated_at
    assert await door.get(lead.id) == after
    assert sorted(await door.happened(lead.id)) == ["first_response", "lead_created", "lead_disqualified"]
    closed = next(each for each in await door.activities(lead.id) if each.type == "lead_disqualified")
    assert (json.loads(closed.metadata), closed.performed_by) == ({"reason": "no_budget"}, str(tokens.USER_ID))
    told = {each.field: json.loads(each.new_value) for each in await door.history(lead.id)}
    assert told == {
        "status": "disqualified",
        "stageId": door.stage("Disqualified"),
        "disqualificationReason": "no_budget",
        "disqualificationNotes": "Company confirmed no budget until next fiscal year",
    }


async def test_it_answers_the_lead_and_closes_its_clock(door: Door, database: Database) -> None:
    lead = await door.create(last_name="Johnson")
    await disqualify(door, lead.id)
    assert (await door.lead_sla(lead.id)).status == "met"
    query = sa.select(OUTBOX.c.payload).where(OUTBOX.c.key == sa.cast(lead.id, sa.Uuid)).order_by(OUTBOX.c.id.desc())
    async with database.reading() as connection:
        order = (await connection.execute(query.limit(1))).scalar_one()
    assert order["clock"]["closed_by"] == "disqualified"


async def test_a_disqualified_lead_takes_notes_and_activities_and_nothing_else(door: Door) -> None:
    lead = await door.create(last_name="Johnson")
    await disqualify(door, lead.id)
    for attempt in (door.update(lead.id, title="x"), door.delete(lead.id), disqualify(door, lead.id)):
        error = await refusal(attempt)
        assert (error.reason, error.metadata) == ("LEAD_CLOSED", {"status": "disqualified"})
    await door.add_note(lead.id, "Ask again next year")
    await door.log(lead.id)


async def test_of_twenty_at_once_one_disqualifies(door: Door) -> None:
    lead = await door.create(last_name="Johnson")
    answers = await asyncio.gather(*(disqualify(door, lead.id) for _ in range(20)), return_exceptions=True)
    refused = [each.reason for each in answers if isinstance(each, LeadlineError)]
    assert refused == ["LEAD_CLOSED"] * 19
    assert (await door.happened(lead.id)).count("lead_disqualified") == 1


async def test_a_stale_version_changes_nothing(door: Door) -> None:
    lead = await door.create(last_name="Johnson")
    await door.update(lead.id, title="Founder")
    error = await refusal(disqualify(door, lead.id, version=1))
    assert (error.reason, error.metadata) == ("VERSION_STALE", {"currentVersion": "2"})
    assert (await disqualify(door, lead.id, version=2)).status == DISQUALIFIED


async def test_a_lead_that_is_not_there_cannot_be_disqualified(door: Door) -> None:
    lead = await door.create(last_name="Johnson")
    await door.delete(lead.id)
    for lead_id in (lead.id, str(new_id())):
        assert (await refusal(disqualify(door, lead_id))).reason == "LEAD_NOT_FOUND"
    assert fields_at_fault(await refusal(disqualify(door, "x"))) == {("id", "NOT_A_UUID")}


async def test_a_lead_that_is_being_converted_cannot_be_disqualified(door: Door) -> None:
    lead = await door.create(last_name="Johnson", estimated_value="50")
    await door.convert(lead.id)
    assert (await refusal(disqualify(door, lead.id))).reason == "LEAD_CONVERTING"


async def test_it_needs_the_permission_to_edit(door: Door) -> None:
    lead = await door.create(last_name="Johnson")
    sent = tokens.token("leads:view", "leads:create", "leads:delete")
    error = await refusal(disqualify(door, lead.id, sent=sent))
    assert (error.kind, error.metadata) == (ErrorKind.FORBIDDEN, {"permission": "leads:edit"})


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        ({"reason": ""}, ("reason", "NOT_CONFIGURED")),
        ({"reason": "no_reason"}, ("reason", "NOT_CONFIGURED")),
        ({"notes": "x" * 20_001}, ("notes", "TOO_LONG")),
        ({"notes": "a\x00b"}, ("notes", "CONTROL_CHARACTER")),
        ({"nothing": 1}, ("stageFieldValues.nothing", "UNKNOWN_FIELD")),
    ],
)
async def test_what_makes_no_sense_is_refused_and_changes_nothing(
    door: Door, wrong: dict[str, Any], fault: tuple[str, str]
) -> None:
    lead = await door.create(last_name="Johnson")
    error = await refusal(disqualify(door, lead.id, **wrong))
    assert (error.kind, fields_at_fault(error)) == (ErrorKind.INVALID, {fault})
    assert await door.get(lead.id) == lead


async def test_stage_values_that_are_no_object_are_refused(door: Door) -> None:
    lead = await door.create(last_name="Johnson")
    request = pb.DisqualifyLeadRequest(lead_id=lead.id, reason="no_budget", stage_field_values="[1]")
    error = await refusal(door.ask(door.lead_stub.DisqualifyLead, request))
    assert fields_at_fault(error) == {("stageFieldValues", "WRONG_TYPE")}


async def test_the_lost_stage_has_its_gate_and_gives_no_owner(strict: Door) -> None:
    lead = await strict.create(last_name="Johnson", stage_id=PRICE_NEW, pipeline_id=ASKING)
    error = await refusal(disqualify(strict, lead.id))
    assert (error.reason, fields_at_fault(error)) == (
        "STAGE_FIELDS_MISSING",
        {("stageFieldValues.competitor", "REQUIRED")},
    )
    assert await strict.get(lead.id) == lead
    after = await disqualify(strict, lead.id, competitor="Acme")
    assert (after.stage_name, json.loads(after.stage_field_values)) == ("Lost", {"competitor": "Acme"})
    assert not after.HasField("assigned_to")


async def test_without_a_lost_stage_the_lead_stays_where_it_is(strict: Door) -> None:
    lead = await strict.create(last_name="Johnson", pipeline_id=WITHOUT)
    after = await disqualify(strict, lead.id)
    assert (after.status, after.stage_name) == (DISQUALIFIED, "Only")


async def test_what_the_leads_stage_hides_cannot_come_along_unless_from_an_administrator(strict: Door) -> None:
    lead = await strict.create(last_name="Johnson", pipeline_id=ASKING)
    error = await refusal(disqualify(strict, lead.id, competitor="Acme", estimatedValue=1))
    assert (error.kind, error.reason) == (ErrorKind.FORBIDDEN, "FIELD_NOT_EDITABLE")
    admin = tokens.admin_token()
    after = await disqualify(strict, lead.id, sent=admin, competitor="Acme", estimatedValue=1)
    assert (after.estimated_value, after.stage_name) == ("1.00", "Lost")


async def test_a_reason_that_is_inactive_or_being_deleted_is_refused(strict: Door) -> None:
    lead = await strict.create(last_name="Johnson", pipeline_id=WITHOUT)
    error = await refusal(disqualify(strict, lead.id, "inactive"))
    assert fields_at_fault(error) == {("reason", "NOT_CONFIGURED")}
    assert "no_budget" in error.message
    assert "inactive" not in error.message
    error = await refusal(disqualify(strict, lead.id, "invalid"))
    retirement = strict.configuration.retirements[0]
    assert (error.kind, error.reason) == (ErrorKind.REFUSED, "RETIRING")
    assert error.metadata == {"retirementId": retirement.id}
    assert await strict.get(lead.id) == lead


@asynccontextmanager
async def closed(database: Database, kind: str, entry: str) -> AsyncIterator[None]:
    """An entry that a deletion has closed of which no configuration here knows."""
    async with database.transaction() as tx:
        await tx.execute(sa.insert(CLOSED_ENTRIES), {"kind": kind, "entry": entry, "retirement_id": new_id()})
    try:
        yield
    finally:
        async with database.transaction() as tx:
            await tx.execute(sa.delete(CLOSED_ENTRIES).where(CLOSED_ENTRIES.c.entry == entry))


async def test_a_reason_whose_deletion_this_configuration_does_not_know_of_is_refused_all_the_same(
    door: Door, database: Database
) -> None:
    lead = await door.create(last_name="Johnson")
    async with closed(database, "disqualification_reason", "competitor"):
        assert (await refusal(disqualify(door, lead.id, "competitor"))).reason == "RETIRING"
        assert await door.get(lead.id) == lead
    assert (await disqualify(door, lead.id, "competitor")).status == DISQUALIFIED


async def test_a_lost_stage_whose_deletion_this_configuration_does_not_know_of_is_passed_over(
    door: Door, database: Database
) -> None:
    lead = await door.create(last_name="Johnson")
    async with closed(database, "stage", door.stage("Disqualified")):
        after = await disqualify(door, lead.id)
    assert (after.status, after.stage_name) == (DISQUALIFIED, "New")
