"""Operators at the runs of clocks of a real leads service: what they do, filter by, and see refused."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from leadline.leads.v1 import lead_pb2
from leadline.settings.v1 import configuration_service_pb2
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowUpdateFailedError

from kit.clock import utc_now
from kit.ids import new_id
from leadline_workflows.contracts import names
from leadline_workflows.contracts.operators import OperatorOrder
from leadline_workflows.contracts.sla import Clock, ExtendDeadline
from tests.integration.leads.clockwork import Clockwork, open_clockwork
from tests.integration.leads.conftest import TestClock
from tests.support.waiting import eventually
from tests.workflows.operators_view import attributes, deadline, summaries
from tests.workflows.servers import binary

HOUR = timedelta(hours=1)
ANA = OperatorOrder("ana@example.org", "On leave")
WRITTEN = EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES
OPEN = 'WorkflowType = "lead-sla" AND ExecutionStatus = "Running"'


def in_seconds(configuration: configuration_service_pb2.Configuration) -> None:
    """Critical leads are to be answered within 1.2 seconds, high ones within half an hour."""
    document = json.loads(configuration.settings.document)
    document["sla"]["policies"][0]["responseMinutes"] = {"critical": 0.02, "high": 30, "*": 240}
    configuration.settings.document = json.dumps(document)


@pytest.fixture(scope="module")
async def clockwork(
    create_database: Callable[[str], str],
    configuration: configuration_service_pb2.Configuration,
    clock: TestClock,
) -> AsyncIterator[Clockwork]:
    async with open_clockwork(create_database("operated"), configuration, clock) as opened, opened.relay():
        await opened.house.push(in_seconds)
        yield opened


async def started(clockwork: Clockwork, **given: Any) -> lead_pb2.Lead:
    """A lead whose clock runs."""
    lead = await clockwork.house.door.create(**{"last_name": "Johnson", **given})
    await clockwork.are_all_running([lead])
    return lead


async def operate(clockwork: Clockwork, lead: lead_pb2.Lead, update: str, order: OperatorOrder = ANA) -> Clock:
    clock: Clock = await clockwork.run(lead).execute_update(update, order, result_type=Clock)
    return clock


def shown(at: datetime) -> str:
    """An instant as people write it in queries."""
    return f'"{at:%Y-%m-%dT%H:%M:%SZ}"'


async def found(clockwork: Clockwork, query: str) -> set[str]:
    """The leads whose runs a query finds."""
    return {names.lead_of(each.id) async for each in clockwork.client.list_workflows(query)}


async def finds(clockwork: Clockwork, which: str, *leads: lead_pb2.Lead, among: str = OPEN) -> None:
    """Wait until a query finds exactly these; lists lag behind."""
    query = f"{among} AND {which}"
    await eventually(lambda: found(clockwork, query), lambda ids: ids == {lead.id for lead in leads})


async def test_what_an_operator_does_to_a_run_is_done_to_the_lead(clockwork: Clockwork) -> None:
    door = clockwork.house.door
    async with clockwork.clock_worker():
        lead = await started(clockwork)
        until = lead.created_at.ToDatetime(UTC) + 14 * HOUR
        order = ExtendDeadline("ana@example.org", "They asked", f"{until.isoformat()}")
        assert (await operate(clockwork, lead, names.EXTEND_DEADLINE, order)).deadline == until.isoformat()
        assert (await door.lead_sla(lead.id)).response_deadline.ToDatetime(UTC) == until
        assert await deadline(clockwork.run(lead)) == until
        assert (await operate(clockwork, lead, names.PAUSE)).held
        assert (await door.lead_sla(lead.id)).status == "paused"
        assert await deadline(clockwork.run(lead)) is None
        assert (await operate(clockwork, lead, names.RESUME)).paused is False
        assert (await operate(clockwork, lead, names.REFRESH)).version == 4
        happened = await door.activities(lead.id)
        told = [(each.type, json.loads(each.metadata)["by"]) for each in happened if each.type.startswith("sla_")]
        assert told[::-1] == [(f"sla_{each}", ANA.by) for each in ("extended", "paused", "resumed", "read")]
        await clockwork.delivered()
        assert (await clockwork.shows(lead)).version == 4
        await door.add_note(lead.id, "Called")
        assert (await clockwork.run(lead).result())["closed_by"] == "answered"


async def at_the_command_line(clockwork: Clockwork, *words: str) -> tuple[int, str]:
    """What `temporal workflow` answers, as the pages on operating have operators type it."""
    where = ("--address", clockwork.client.service_client.config.target_host)
    process = await asyncio.create_subprocess_exec(
        binary("temporal"), "workflow", *words, *where, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    async with asyncio.timeout(30):
        said, _ = await process.communicate()
    return process.returncode or 0, said.decode()


async def test_operators_can_do_the_same_at_the_command_line(clockwork: Clockwork) -> None:
    door = clockwork.house.door
    async with clockwork.clock_worker():
        lead = await started(clockwork)

        async def update(name: str, **said: str) -> tuple[int, str]:
            run = ("update", "execute", "--workflow-id", f"lead-sla/{lead.id}")
            return await at_the_command_line(clockwork, *run, "--name", name, "--input", json.dumps(said))

        until = f"{utc_now() + 14 * HOUR:%Y-%m-%dT%H:%M:%SZ}"
        code, said = await update("extend-deadline", by="ana@example.org", reason="They asked", until=until)
        assert (code, until[:-1] in said) == (0, True)
        for name, status in (("pause", "paused"), ("resume", "on_track"), ("refresh", "on_track")):
            assert (await update(name, by="ana@example.org", reason="On leave"))[0] == 0
            assert (await door.lead_sla(lead.id)).status == status
        code, said = await update("resume", by="ana@example.org", reason="Back")
        assert (code, "No operator has this clock stand still." in said) == (1, True)
        query = f'WorkflowType = "lead-sla" AND LeadId = "{lead.id}" AND SlaDeadline > "{until[:10]}T00:00:00Z"'

        async def count() -> str:
            return (await at_the_command_line(clockwork, "count", "--query", query))[1]

        assert await eventually(count, lambda found: "1" in found) == "Total: 1\n"


async def test_an_operation_that_comes_too_late_is_refused_with_a_sentence_and_leaves_nothing(
    clockwork: Clockwork,
) -> None:
    lead = await started(clockwork)
    await clockwork.house.door.add_note(lead.id, "Called")
    before = await clockwork.house.door.happened(lead.id)
    # The relay has told the run; its worker finds the answer and the update in one task.
    await clockwork.delivered()
    async with clockwork.clock_worker():
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await operate(clockwork, lead, names.PAUSE)
    assert str(refused.value.cause).endswith("The clock is over: the lead is answered.")
    assert await clockwork.house.door.happened(lead.id) == before


async def test_a_clock_is_found_by_its_attributes_before_any_worker_has_seen_it(clockwork: Clockwork) -> None:
    owner = str(new_id())
    lead = await started(clockwork, priority="high", assigned_to=owner)
    run = clockwork.run(lead)
    known = {"LeadId": lead.id, "SlaStatus": "on_track", "Priority": "high", "Stage": "New", "Owner": owner}
    assert await attributes(run) == known | {"Attention": None}
    assert await deadline(run) == (await clockwork.house.door.lead_sla(lead.id)).response_deadline.ToDatetime(UTC)
    # Started, the first task, its timer; then the answer, its task, and the end. Nothing is written at the start.
    async with clockwork.clock_worker():
        await run.query(names.CLOCK)
        assert len((await run.fetch_history()).events) == 5
        await clockwork.house.door.add_note(lead.id, "Called")
        await run.result()
    assert len((await run.fetch_history()).events) == 12
    assert await attributes(run) == known | {"SlaStatus": "met", "Attention": None}
    assert await deadline(run) is None


async def test_an_overdue_clock_writes_its_attributes_only_where_they_change(clockwork: Clockwork) -> None:
    async with clockwork.clock_worker():
        lead = await started(clockwork, priority="critical")
        run = clockwork.run(lead)

        async def status() -> str | None:
            return (await attributes(run))["SlaStatus"]

        await eventually(status, lambda found: found == "breached", within=30)
        await clockwork.house.door.add_note(lead.id, "Called")
        await run.result()
    written = [each for each in (await run.fetch_history()).events if each.event_type == WRITTEN]
    hour_ago = f"CloseTime > {shown(utc_now() - HOUR)}"
    await finds(clockwork, f'LeadId = "{lead.id}"', lead, among=f'SlaStatus = "met_late" AND {hour_ago}')
    # At risk, breached, and met late, which takes the deadline away.
    assert len(written) == 3
    said = await summaries(run)
    assert [each for each in said if each.startswith("record")] == ["record: at risk", "record: breached"]


async def test_saved_queries_find_what_they_are_for(clockwork: Clockwork) -> None:
    owner, now = str(new_id()), utc_now()
    mine = f'Owner = "{owner}" AND '
    last_hour = f"SlaDeadline > {shown(now - HOUR)}"
    next_hour = f"SlaDeadline BETWEEN {shown(now + timedelta(minutes=1))} AND {shown(now + HOUR)}"
    late = await started(clockwork, priority="critical", assigned_to=owner)
    nobodys = await started(clockwork, priority="critical")
    soon = await started(clockwork, priority="high", assigned_to=owner)
    paused = await started(clockwork, assigned_to=owner)
    # Nobody works: what is due is not recorded, and the clock is stuck.
    past = late.created_at.ToDatetime(UTC) + timedelta(seconds=3)
    stuck = f'SlaDeadline < {shown(past)} AND SlaStatus IN ("on_track", "at_risk")'
    await finds(clockwork, mine + stuck, late)
    async with clockwork.clock_worker():
        await operate(clockwork, paused, names.PAUSE)
        await finds(clockwork, mine + 'SlaStatus = "breached" AND ' + last_hour, late)
        await finds(clockwork, f'LeadId = "{nobodys.id}" AND SlaStatus = "breached" AND Owner IS NULL', nobodys)
        await finds(clockwork, mine + 'SlaStatus = "paused"', paused)
        await finds(clockwork, mine + next_hour, soon)
        await finds(clockwork, mine + stuck)
        await finds(clockwork, mine + 'TemporalReportedProblems IN ("category=WorkflowTaskFailed")')
        # Extended, it is due within the hour and overdue no more.
        until = (utc_now() + HOUR / 2).isoformat()
        await operate(clockwork, late, names.EXTEND_DEADLINE, ExtendDeadline(ANA.by, ANA.reason, until))
        await finds(clockwork, mine + 'SlaStatus = "breached"')
        await finds(clockwork, mine + next_hour, soon, late)


async def test_no_milestone_of_many_short_clocks_is_recorded_before_its_time_or_twice(clockwork: Clockwork) -> None:
    async with clockwork.clock_worker():
        create = clockwork.house.door.create
        leads = await asyncio.gather(*(create(last_name="Johnson", priority="critical") for _ in range(20)))
        ids = [lead.id for lead in leads]
        sql = """
            SELECT a.lead_id, a.type, a.created_at - a.occurred_at AS late,
                l.breach_recorded_at - l.sla_deadline AS behind
            FROM activities a JOIN leads l ON l.id = a.lead_id
            WHERE l.id = ANY(:ids) AND a.type IN ('sla_at_risk', 'sla_breached')
        """
        rows = await eventually(
            lambda: clockwork.house.rows(sql, ids=ids), lambda found: len(found) >= 2 * len(ids), within=30
        )
        assert len({(row.lead_id, row.type) for row in rows}) == len(rows) == 40
        assert all(timedelta(0) <= row.late < timedelta(seconds=20) for row in rows)
        assert all(row.behind >= timedelta(0) for row in rows)
