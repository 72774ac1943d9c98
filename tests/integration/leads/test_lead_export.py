"""Exporting leads: all of a list and nothing else, page by page, as far as somebody reads."""

import asyncio
import csv
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from leadline.leads.v1 import lead_pb2
from leadline.settings.v1 import configuration_service_pb2

from kit.ids import new_id
from leads_service.domain.lead_export import COLUMNS
from leads_service.store.lead_list import next_page
from leads_service.usecases import exporting
from tests.integration.leads.conftest import TestClock
from tests.integration.leads.deleting import new_process
from tests.integration.leads.door import Door, fields_at_fault, refusal
from tests.integration.leads.exporting import exported, parts_of, rows_of
from tests.integration.leads.pushing import House, open_house
from tests.integration.leads.stage_rules import HIDDEN, as_admin, restricts
from tests.support import tokens
from tests.support.waiting import eventually

HEADER = ",".join(COLUMNS).encode() + b"\r\n"


@pytest.fixture(scope="module")
async def mark(door: Door) -> str:
    """A word in the company of each of this module's leads."""
    mark = f"export{new_id()}"
    people: list[dict[str, Any]] = [
        {"first_name": "Alice", "last_name": "Johnson", "priority": "high", "estimated_value": "10"},
        {"first_name": "Bob", "last_name": "=1+1", "priority": "low", "phone": "+12125550123"},
        {"last_name": 'Ali"son', "email": f"x@{mark}.io", "priority": "critical", "estimated_value": "9.5"},
        {"first_name": "Zoë", "stage_id": door.stage("Qualified"), "description": "one\r\ntwo, three"},
        {"first_name": "alice", "last_name": "smith", "source": "website", "custom_fields": {"a": [1, "é"]}},
    ]
    for person in people:
        await door.create(company=f"{mark} Ltd", **person)
    gone = await door.create(company=f"{mark} Ltd", last_name="Gone")
    await door.delete(gone.id)
    return mark


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "LEADS_AT_ONCE", 2)


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize(
    "which",
    [
        {},
        {"priorities": ["high", "low"]},
        {"sort_by": "estimatedValue", "sort_dir": "asc"},
        {"sort_by": "priority"},
        {"sort_by": "firstName", "assigned_to": ["none"], "statuses": ["LEAD_STATUS_OPEN"]},
        {"qualified": False, "sla_statuses": ["on_track"], "sort_by": "stage"},
    ],
)
async def test_an_export_has_what_the_list_has_in_its_order(door: Door, mark: str, which: dict[str, Any]) -> None:
    listed = (await door.find(search=mark, **which)).leads
    rows = rows_of(await exported(door, search=mark, **which))
    assert [row["id"] for row in rows] == [lead.id for lead in listed]
    assert len(rows) == (2 if "priorities" in which else 5)


async def test_a_row_says_what_the_lead_says(door: Door, mark: str) -> None:
    rows = {row["firstName"] or row["lastName"]: row for row in rows_of(await exported(door, search=mark))}
    assert (rows["Alice"]["lastName"], rows["Alice"]["estimatedValue"]) == ("Johnson", "10.00")
    assert (rows["Bob"]["lastName"], rows["Bob"]["phoneE164"]) == ("'=1+1", "+12125550123")
    assert rows['Ali"son']["email"] == f"x@{mark}.io"
    assert (rows["Zoë"]["stageName"], rows["Zoë"]["description"]) == ("Qualified", "one\r\ntwo, three")
    assert (rows["alice"]["customFields"], rows["alice"]["assignedTo"]) == ('{"a":[1,"é"]}', "")


async def test_an_export_without_leads_has_its_header(door: Door) -> None:
    assert await exported(door, search=f"nobody{new_id()}") == HEADER


@pytest.mark.usefixtures("small_pages")
async def test_the_header_is_there_once_and_each_part_has_whole_rows(door: Door, mark: str) -> None:
    parts = [part async for part in parts_of(door, search=mark)]
    assert len(parts) == 3
    assert parts[0].startswith(HEADER)
    assert b"".join(parts).count(HEADER) == 1
    assert all({len(row) for row in csv.reader(part.decode().splitlines(keepends=True))} == {32} for part in parts)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"page": 1}, "page"),
        ({"limit": 10}, "limit"),
        ({"cursor": "abc"}, "cursor"),
        ({"without_total": True}, "withoutTotal"),
        ({"read_mask": FieldMask(paths=["id"])}, "readMask"),
    ],
)
async def test_an_export_has_no_pages_and_no_mask(door: Door, given: dict[str, Any], field: str) -> None:
    assert fields_at_fault(await refusal(exported(door, **given))) == {(field, "NOT_ALLOWED")}


async def test_what_a_list_refuses_an_export_refuses(door: Door) -> None:
    assert fields_at_fault(await refusal(exported(door, sort_by="phone"))) == {("sortBy", "NOT_ALLOWED")}


async def test_viewing_leads_is_not_enough_to_export_them(door: Door) -> None:
    everything_else = tokens.token("leads:view", "leads:edit", "leads:import")
    error = await refusal(exported(door, everything_else))
    assert (error.reason, error.metadata["permission"]) == ("PERMISSION_MISSING", "leads:export")


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize("way", ["asc", "desc"])
async def test_leads_that_come_meanwhile_neither_hide_nor_repeat_others(door: Door, way: str) -> None:
    mark = f"meanwhile{new_id()}"
    there = [(await door.create(last_name="Johnson", company=mark)).id for _ in range(6)]
    content, came = b"", 0
    async for part in parts_of(door, search=mark, sort_dir=way):
        content += part
        if came < 3:
            came += 1
            await door.create(last_name="Later", company=mark)
    found = [row["id"] for row in rows_of(content)]
    assert len(found) == len(set(found))
    assert [each for each in found if each in there] == (there if way == "asc" else there[::-1])


class Gates:
    """Holds the reading of pages from the third on, and sees whether it is given up."""

    def __init__(self, read: Callable[..., Awaitable[Any]]) -> None:
        self.pages = 0
        self.given_up = False
        self._read = read

    async def __call__(self, *arguments: Any) -> Any:
        self.pages += 1
        if self.pages == 3:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                self.given_up = True
                raise
        return await self._read(*arguments)


@pytest.mark.usefixtures("small_pages")
async def test_a_caller_that_goes_away_ends_the_reading(door: Door, mark: str, monkeypatch: pytest.MonkeyPatch) -> None:
    gates = Gates(next_page)
    monkeypatch.setattr(exporting, "next_page", gates)

    async def pages() -> int:
        return gates.pages

    async def given_up() -> bool:
        return gates.given_up

    async with aclosing(parts_of(door, search=mark)) as parts:
        await anext(parts)
        await eventually(pages, lambda count: count == 3)
    await eventually(given_up)
    assert gates.pages == 3


@pytest.fixture(scope="module")
async def house(
    create_database: Callable[[str], str], configuration: configuration_service_pb2.Configuration, clock: TestClock
) -> AsyncIterator[House]:
    async with open_house(create_database("export"), configuration, clock) as opened:
        yield opened


async def test_what_a_stage_hides_is_empty_but_for_administrators(house: House) -> None:
    process = await new_process(house, "New", "Quiet")
    await house.push(restricts(process.stages["Quiet"], email=HIDDEN, score=HIDDEN, customFields__margin=HIDDEN))
    secrets: dict[str, Any] = {"email": "alice@secret.io", "custom_fields": {"margin": 66666, "size": 3}}
    open_one = await process.lead(house, **secrets)
    quiet: lead_pb2.Lead = await house.door.change_stage(
        (await process.lead(house, **secrets)).id, process.stages["Quiet"]
    )
    seen = {row["id"]: row for row in rows_of(await exported(house.door))}
    assert seen[open_one.id]["email"] == "alice@secret.io"
    hidden = seen[quiet.id]
    assert [hidden[name] for name in ("email", "score", "qualified")] == ["", "", ""]
    assert json.loads(hidden["customFields"]) == {"size": 3}
    whole = {row["id"]: row for row in rows_of(await exported(house.door, as_admin(house).token))}
    assert whole[quiet.id]["email"] == "alice@secret.io"
    assert json.loads(whole[quiet.id]["customFields"]) == {"margin": 66666, "size": 3}
