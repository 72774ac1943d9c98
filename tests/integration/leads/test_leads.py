"""Creating, reading, changing and deleting leads through the gRPC door."""

import asyncio
import json

import sqlalchemy as sa
from leadline.leads.v1 import lead_pb2

from kit.db.database import Database
from kit.ids import new_id
from leads_service.store.tables import LEADS
from tests.integration.leads.door import Door, fields_at_fault, refusal
from tests.support.tokens import USER_ID


async def count(database: Database) -> int:
    async with database.reading() as connection:
        return int((await connection.execute(sa.select(sa.func.count()).select_from(LEADS))).scalar_one())


async def test_a_lead_comes_in_as_documented(door: Door) -> None:
    lead = await door.create(
        first_name="Alice",
        last_name="Johnson",
        email="Alice@Startup.io",
        phone="+1 212 555 0123",
        company="StartupIO",
        title="Founder",
        source="website",
        priority="high",
        estimated_value="50000",
        description="Inbound from pricing page",
        custom_fields={"utm_source": "google", "company_size": "50-100"},
    )
    assert (lead.email, lead.phone, lead.phone_e164) == ("Alice@Startup.io", "+1 212 555 0123", "+12125550123")
    assert (lead.stage_name, lead.stage_id) == ("New", door.stage("New"))
    assert (lead.estimated_value, lead.score, lead.qualified, lead.version) == ("50000.00", 0, False, 1)
    assert json.loads(lead.custom_fields) == {"utm_source": "google", "company_size": "50-100"}
    assert lead.created_by == str(USER_ID)
    assert lead.status == lead_pb2.LEAD_STATUS_OPEN
    assert await door.get(lead.id) == lead
    assert await door.happened(lead.id) == ["lead_created"]


async def test_what_is_not_said_has_its_default(door: Door) -> None:
    lead = await door.create(company="StartupIO")
    assert (lead.priority, lead.stage_name, lead.HasField("source")) == ("medium", "New", False)
    assert not lead.HasField("estimated_value")


async def test_everything_that_is_wrong_is_named_and_nothing_is_stored(door: Door, database: Database) -> None:
    before = await count(database)
    error = await refusal(
        door.create(
            last_name="x" * 201,
            email="not an address",
            phone="12",
            priority="urgent",
            source="fax",
            estimated_value="-1",
            stage_id="not-a-uuid",
        )
    )
    assert error.reason == "VALIDATION_FAILED"
    assert {field for field, _ in fields_at_fault(error)} == {
        "lastName",
        "email",
        "phone",
        "priority",
        "source",
        "estimatedValue",
        "stageId",
    }
    assert "low, medium, high, critical" in str(error)
    assert await count(database) == before


async def test_a_lead_without_anything_to_know_it_by_is_refused(door: Door) -> None:
    error = await refusal(door.create(first_name="Alice"))
    assert {field for field, _ in fields_at_fault(error)} == {"lastName", "company", "email", "phone"}


async def test_stages_of_nowhere_and_of_elsewhere_are_refused(door: Door) -> None:
    for stage_id in (str(new_id()), door.opportunity_stage("Prospecting")):
        error = await refusal(door.create(last_name="Johnson", stage_id=stage_id))
        assert {field for field, _ in fields_at_fault(error)} == {"stageId"}


async def test_an_update_changes_just_what_it_names_and_keeps_history(door: Door) -> None:
    lead = await door.create(first_name="Alice", last_name="Johnson", company="StartupIO", priority="low")
    after = await door.update(lead.id, company="Acme", first_name=None, priority="high")
    assert (after.company, after.HasField("first_name"), after.last_name) == ("Acme", False, "Johnson")
    assert after.version == 2
    entries = await door.history(lead.id)
    assert {(entry.field, entry.old_value, entry.new_value) for entry in entries} == {
        ("company", '"StartupIO"', '"Acme"'),
        ("firstName", '"Alice"', "null"),
        ("priority", '"low"', '"high"'),
    }
    assert len({entry.change_id for entry in entries}) == 1
    assert {entry.changed_by for entry in entries} == {str(USER_ID)}


async def test_an_update_to_what_is_there_already_changes_nothing(door: Door) -> None:
    lead = await door.create(last_name="Johnson", company="StartupIO")
    assert await door.update(lead.id, company="StartupIO") == lead
    assert await door.history(lead.id) == []


async def test_a_stale_update_changes_nothing(door: Door) -> None:
    lead = await door.create(last_name="Johnson")
    await door.update(lead.id, version=1, company="Acme")
    error = await refusal(door.update(lead.id, version=1, company="Other"))
    assert (error.reason, error.metadata) == ("VERSION_STALE", {"currentVersion": "2"})
    assert (await door.get(lead.id)).company == "Acme"


async def test_concurrent_updates_all_count(door: Door) -> None:
    lead = await door.create(last_name="Johnson")
    await asyncio.gather(*(door.update(lead.id, title=f"Title {number}") for number in range(20)))
    assert (await door.get(lead.id)).version == 21
    assert len(await door.history(lead.id)) == 20


async def test_a_refused_update_changes_nothing(door: Door) -> None:
    lead = await door.create(last_name="Johnson")
    for given in ({"last_name": None}, {"priority": "urgent"}, {"stage_id": door.opportunity_stage("Proposal")}):
        await refusal(door.update(lead.id, **given))
    assert await door.get(lead.id) == lead


async def test_a_deleted_lead_is_out_of_every_answer(door: Door) -> None:
    lead = await door.create(last_name="Deleted", company=f"Gone {new_id()}")
    await door.delete(lead.id)
    for attempt in (door.get(lead.id), door.update(lead.id, title="x"), door.delete(lead.id), door.activities(lead.id)):
        assert (await refusal(attempt)).reason == "LEAD_NOT_FOUND"
    assert (await door.find(search=lead.company)).total == 0


async def test_an_id_that_is_none_is_refused(door: Door) -> None:
    assert (await refusal(door.get("not-a-uuid"))).reason == "VALIDATION_FAILED"
    assert (await refusal(door.get(str(new_id())))).reason == "LEAD_NOT_FOUND"


async def test_the_same_idempotency_key_makes_one_lead(door: Door, database: Database) -> None:
    key, before = str(new_id()), await count(database)
    first = await door.create(key=key, last_name="Johnson")
    assert await door.create(key=key, last_name="Johnson") == first
    error = await refusal(door.create(key=key, last_name="Another"))
    assert error.reason == "IDEMPOTENCY_KEY_REUSED"
    assert await count(database) == before + 1


async def test_custom_fields_come_back_exactly(door: Door) -> None:
    values = '{"big":12345678901234567890,"text":"ünï","nested":{"list":[1,2.5,null,true]}}'
    lead = await door.create(last_name="Johnson", custom_fields=values)
    assert json.loads((await door.get(lead.id)).custom_fields) == json.loads(values)


async def test_nul_never_reaches_the_database(door: Door) -> None:
    for given in ({"last_name": "a\x00b"}, {"last_name": "a", "custom_fields": {"k": "\x00"}}):
        assert (await refusal(door.create(**given))).reason == "VALIDATION_FAILED"
