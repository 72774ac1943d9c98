"""Deleting many leads at once through the gRPC door: each whole or not at all, or all or none."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from leadline.leads.v1 import lead_pb2
from leadline.settings.v1 import configuration_service_pb2

from kit.errors import ErrorKind
from kit.ids import new_id
from tests.integration.leads.coming_back import copies, delete_many, disqualify, restore
from tests.integration.leads.conftest import TestClock
from tests.integration.leads.door import Door, fields_at_fault, refusal
from tests.integration.leads.pushing import House, open_house
from tests.support.tokens import token


@pytest.fixture(scope="module")
async def house(
    create_database: Callable[[str], str], configuration: configuration_service_pb2.Configuration, clock: TestClock
) -> AsyncIterator[House]:
    async with open_house(create_database("bulk_delete"), configuration, clock) as opened:
        yield opened


async def some(house: House, count: int) -> list[lead_pb2.Lead]:
    return list(await asyncio.gather(*(house.door.create(last_name="Johnson") for _ in range(count))))


async def are_there(house: House, ids: list[str]) -> list[bool]:
    known = {str(row.id) for row in await house.rows("SELECT id FROM leads WHERE deleted_at IS NULL")}
    return [each in known for each in ids]


async def test_each_lead_is_deleted_as_by_a_single_deletion(house: House) -> None:
    leads = await some(house, 3)
    answer = await delete_many(house.door, [lead.id for lead in leads])
    assert (answer.deleted, list(answer.failed)) == (3, [])
    assert (await house.door.find(search="Johnson")).total == 0
    for lead in leads:
        orders = [each for each in await house.ordered("sla_clock") if each["lead_id"] == lead.id]
        assert [each["clock"]["closed_by"] for each in orders] == ["", "deleted"]
        back = await restore(house.door, lead.id)
        assert (back.version, await house.door.happened(lead.id)) == (
            lead.version + 2,
            ["lead_restored", "lead_deleted", "lead_created"],
        )


async def test_leads_that_cannot_be_deleted_are_told_with_their_reasons_in_order_and_stay(house: House) -> None:
    free, closed, converting, gone = await some(house, 4)
    await disqualify(house.door, closed.id)
    await house.door.update(converting.id, estimated_value="5")
    await house.door.convert(converting.id)
    await house.door.delete(gone.id)
    unknown = str(new_id())
    wanted = [closed.id, unknown, free.id, gone.id, converting.id]
    answer = await delete_many(house.door, wanted)
    assert answer.deleted == 1
    assert [(each.lead_id, each.reason) for each in answer.failed] == [
        (closed.id, "LEAD_CLOSED"),
        (unknown, "LEAD_NOT_FOUND"),
        (gone.id, "LEAD_NOT_FOUND"),
        (converting.id, "LEAD_CONVERTING"),
    ]
    assert await are_there(house, wanted) == [True, False, False, False, True]


async def test_all_or_none(house: House) -> None:
    leads = await some(house, 3)
    await disqualify(house.door, leads[1].id)
    ids = [lead.id for lead in leads]
    error = await refusal(delete_many(house.door, [*ids, str(new_id())], atomic=True))
    assert (error.kind, error.reason) == (ErrorKind.INVALID, "BULK_REFUSED")
    assert fields_at_fault(error) == {("ids[1]", "LEAD_CLOSED"), ("ids[3]", "LEAD_NOT_FOUND")}
    assert await are_there(house, ids) == [True] * 3
    assert (await delete_many(house.door, [ids[0], ids[2]], atomic=True)).deleted == 2
    assert await are_there(house, ids) == [False, True, False]


async def test_ids_that_make_no_sense_are_refused_together(house: House) -> None:
    (lead,) = await some(house, 1)
    error = await refusal(delete_many(house.door, [lead.id, "x", lead.id.upper()]))
    assert fields_at_fault(error) == {("ids[1]", "NOT_A_UUID"), ("ids[2]", "DUPLICATE")}
    for ids in ([], [str(new_id()) for _ in range(1_001)]):
        assert fields_at_fault(await refusal(delete_many(house.door, ids))) == {("ids", "OUT_OF_RANGE")}
    assert await are_there(house, [lead.id]) == [True]


async def test_only_who_may_delete_leads_may_delete_many(house: House) -> None:
    editor = Door(house.door.channel, house.door.configuration, token("leads:view", "leads:edit"))
    assert (await refusal(delete_many(editor, [str(new_id())]))).reason == "PERMISSION_MISSING"


@pytest.mark.parametrize("atomic", [False, True])
async def test_under_a_key_every_lead_is_deleted_once_however_often_it_is_asked(house: House, *, atomic: bool) -> None:
    ids = await copies(house, await house.door.create(), 120)
    key = f"delete-{atomic}"
    wanted = ids if atomic else [*ids, str(new_id())]
    first = await delete_many(house.door, wanted, atomic=atomic, key=key)
    assert (first.deleted, len(first.failed)) == (120, 0 if atomic else 1)
    await restore(house.door, ids[0])
    assert await delete_many(house.door, wanted, atomic=atomic, key=key) == first
    assert await are_there(house, ids[:2]) == [True, False]
    error = await refusal(delete_many(house.door, ids[1:], atomic=atomic, key=key))
    assert error.reason == "IDEMPOTENCY_KEY_REUSED"


async def test_what_was_cut_short_goes_on_under_its_key_where_it_was(house: House) -> None:
    ids = await copies(house, await house.door.create(), 150)
    first = await delete_many(house.door, ids, key="cut")
    # As after a crash between its two transactions.
    await house.execute("DELETE FROM idempotency_keys WHERE key = 'cut' AND scope LIKE '% 100'")
    for lead_id in (ids[0], ids[149]):
        await restore(house.door, lead_id)
    assert await delete_many(house.door, ids, key="cut") != first
    assert await are_there(house, [ids[0], ids[149]]) == [True, False]


async def test_deletions_and_updates_of_the_same_leads_at_once_wait_for_nobody_for_ever(house: House) -> None:
    ids = await copies(house, await house.door.create(), 60)
    first, second, *_ = await asyncio.gather(
        delete_many(house.door, ids),
        delete_many(house.door, ids[::-1]),
        house.door.change_many(ids, title="forward"),
    )
    assert first.deleted + second.deleted == 60
    assert {each.reason for each in (*first.failed, *second.failed)} == {"LEAD_NOT_FOUND"}


async def test_a_thousand_leads_are_deleted_in_one_call(house: House) -> None:
    ids = await copies(house, await house.door.create(), 1_000)
    answer = await delete_many(house.door, ids)
    assert (answer.deleted, list(answer.failed)) == (1_000, [])
