"""A lead's record, the filter, the order and the summary say the same of it at every moment, with no worker at all."""

import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from leadline.leads.v1 import sla_service_pb2 as pb
from leadline.settings.v1 import configuration_service_pb2

from kit.db.database import Database
from leads_service.domain.sla import SlaStatus
from leads_service.store.tables import ACTIVITIES
from tests.integration.leads.conftest import TestClock
from tests.integration.leads.door import Door
from tests.integration.leads.pushing import House, open_house

STATUSES = [each.value for each in SlaStatus]
COUNT = 40
PRIORITIES = ("low", "medium", "high", "critical")
FATES = ("waiting", "waiting", "answered", "paused", "deleted")
# Minutes are promised so that nothing comes due near these.
HOURS = (0, 1, 2, 4, 30)


def in_office_hours(configuration: configuration_service_pb2.Configuration) -> None:
    """Promise leads a time by their priority, some by a calendar, some nothing; stand still at Contacted."""
    stage = next(each.id for each in configuration.stages if each.name == "Contacted")
    document = json.loads(configuration.settings.document)
    hours = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    every_hour = {"timezone": "Asia/Kathmandu", "hours": hours}
    document["sla"] |= {
        "policies": [
            {
                "name": "Quick",
                "match": [{"field": "source", "operator": "equals", "value": "website"}],
                "responseMinutes": {"critical": 75, "high": 130, "*": 250},
                "businessHours": every_hour,
                "pauseAtStages": [stage],
            },
            {"name": "Slow", "match": [], "isDefault": True, "responseMinutes": {"high": 500, "low": 1830}},
        ],
        "firstResponseOn": ["activity"],
    }
    configuration.settings.document = json.dumps(document)


@pytest.fixture(scope="module")
async def house(
    create_database: Callable[[str], str],
    configuration: configuration_service_pb2.Configuration,
    clock: TestClock,
) -> AsyncIterator[House]:
    async with open_house(create_database("agreement"), configuration, clock) as opened:
        await opened.push(in_office_hours)
        yield opened


async def made(door: Door, clock: TestClock, number: int) -> str:
    """A lead of any kind: answered in time or late, standing still, waiting, or gone; then without an id."""
    clock.ahead = timedelta(0)
    priority, source = PRIORITIES[number % len(PRIORITIES)], "website" if number % 7 else "event"
    lead = await door.create(last_name=f"L{number}", priority=priority, source=source)
    clock.ahead = timedelta(minutes=30 if number < COUNT / 2 else 150)
    then = FATES[number % len(FATES)]
    if then == "answered":
        await door.log(lead.id)
    elif then == "paused":
        await door.change_stage(lead.id, door.stage("Contacted"))
    elif then == "deleted":
        await door.delete(lead.id)
    return "" if then == "deleted" else lead.id


async def by_filter(door: Door) -> dict[str, set[str]]:
    """The leads that are listed under each status."""
    pages = {status: await door.find(sla_statuses=[status], limit=100) for status in STATUSES}
    return {status: {lead.id for lead in page.leads} for status, page in pages.items()}


async def summed_up(door: Door) -> tuple[int, int, int, int]:
    summary = await door.ask(door.sla_stub.GetSlaSummary, pb.GetSlaSummaryRequest())
    return summary.total, summary.within_sla, summary.at_risk, summary.breached


async def test_record_filter_order_and_summary_agree_at_every_moment(house: House, clock: TestClock) -> None:
    door, seen = house.door, Counter[str]()
    ids = [lead_id for number in range(COUNT) if (lead_id := await made(door, clock, number))]
    for hours in HOURS:
        clock.ahead = timedelta(hours=hours)
        records = {lead_id: await door.lead_sla(lead_id) for lead_id in ids}
        counts = Counter(record.status for record in records.values())
        assert await by_filter(door) == {
            status: {lead_id for lead_id, record in records.items() if record.status == status} for status in STATUSES
        }
        late, total = counts["breached"] + counts["met_late"], len(ids) - counts["no_sla"]
        at_risk = counts["at_risk"]
        assert await summed_up(door) == (total, total - at_risk - late, at_risk, late)
        listed = [
            records[lead.id] for lead in (await door.find(sort_by="slaDeadline", sort_dir="asc", limit=100)).leads
        ]
        deadlines = [record.response_deadline.ToDatetime() for record in listed if record.status != "no_sla"]
        assert (len(listed), deadlines) == (len(ids), sorted(deadlines))
        seen += counts
    assert set(seen) == set(STATUSES)
    assert await recorded(house.database) == 0


async def recorded(database: Database) -> int:
    """How many milestones anybody has recorded."""
    query = sa.select(sa.func.count()).where(ACTIVITIES.c.type.in_(["sla_at_risk", "sla_breached"]))
    async with database.reading() as connection:
        return int((await connection.execute(query)).scalar_one())
