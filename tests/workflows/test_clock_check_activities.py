"""The activities of the check-sla-clocks workflow, against a scripted leads service and runs on the real server."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from leadline.leads.v1 import sla_service_pb2 as pb
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from kit.errors import LeadlineError, forbidden, unavailable
from kit.ids import new_id
from leadline_workflows.activities import clock_check, clock_runs
from leadline_workflows.activities.clock_difference import differs, is_doubtful
from leadline_workflows.activities.clock_runs import ClockRuns, Run
from leadline_workflows.activities.open_runs import Slots
from leadline_workflows.contracts import names
from leadline_workflows.contracts.clock_check import EndClockCheck, LeadsCompared, Missed, RunsCompared, Slice
from leadline_workflows.contracts.sla import Clock
from leadline_workflows.runtime.worker import Limits, sla_worker
from tests.support.waiting import eventually
from tests.workflows.leads_rules import LeadsRules, make_clock, start_of
from tests.workflows.scripted_services import Services
from tests.workflows.servers import start_temporal

ALL = Slice("", 0)
OPEN = f"WorkflowType = '{names.LEAD_SLA}' AND ExecutionStatus = 'Running'"


@pytest.fixture(scope="module")
async def fresh() -> AsyncIterator[Client]:
    """A client of a server of our own: checks look at all runs that there are."""
    async with await start_temporal() as environment:
        yield await environment.connect_client()


@pytest.fixture
async def client(fresh: Client) -> AsyncIterator[Client]:
    """A client of a server without open runs."""
    yield fresh
    async for run in fresh.list_workflows(OPEN):
        try:
            await fresh.get_workflow_handle(run.id, run_id=run.run_id).terminate()
        except RPCError as error:
            # Lists show a run for a moment after it has ended.
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
    await shown(fresh, 0)


async def shown(client: Client, count: int) -> None:
    """Wait until lists, which lag behind, have so many open runs."""

    async def look() -> int:
        return (await client.count_workflows(OPEN)).count

    await eventually(look, lambda found: found == count)


async def start(client: Client, count: int, clock: Clock) -> list[WorkflowHandle[Any, Any]]:
    """Runs of clocks, the oldest first, each started after the one before."""
    handles = []
    for _ in range(count):
        lead_id = str(new_id())
        start = start_of(lead_id, clock, has_deadline=True)
        workflow_id = names.lead_sla_id(lead_id)
        handles.append(await client.start_workflow(names.LEAD_SLA, start, id=workflow_id, task_queue=names.SLA_QUEUE))
    await shown(client, count)
    return handles


def of_lead(lead_id: str, clock: Clock, **more: Any) -> pb.ClockOfLead:
    """The clock as the leads service lists it."""
    listed = pb.SlaClock(version=clock.version, **more)
    for field, instant in (("at_risk_at", clock.at_risk_at), ("deadline", clock.deadline)):
        if instant:
            getattr(listed, field).FromDatetime(datetime.fromisoformat(instant))
    return pb.ClockOfLead(lead_id=lead_id, clock=listed)


def lists(services: Services, clocks: list[pb.ClockOfLead]) -> None:
    """The leads service knows just these clocks, by the ids of their leads."""
    known = {each.lead_id: each for each in sorted(clocks, key=lambda each: each.lead_id)}

    def answer(request: pb.ListClocksRequest) -> pb.ListClocksResponse:
        if request.lead_ids:
            return pb.ListClocksResponse(clocks=[known[each] for each in request.lead_ids if each in known])
        behind = [each for key, each in known.items() if key > request.after_lead_id]
        return pb.ListClocksResponse(clocks=behind[: request.limit])

    services.leads.answers["ListClocks"] = answer
    services.leads.answers["RepairClocks"] = lambda request: pb.RepairClocksResponse(repaired=len(request.clocks))


def lead_of(handle: WorkflowHandle[Any, Any]) -> str:
    return names.lead_of(handle.id)


async def run(
    services: Services, client: Client, name: str, *order: object, resumed: LeadsCompared | RunsCompared | None = None
) -> Any:
    """One attempt at an activity; ``resumed`` is how far the one before said it was."""
    details = [] if resumed is None else [asdict(resumed)]
    return await services.run(name, *order, client=client, heartbeat_details=details)


async def test_leads_are_gone_through_page_by_page(
    services: Services, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock_check, "_PAGE", 2)
    clock = make_clock(datetime.now(UTC))
    runs = [lead_of(each) for each in await start(client, 2, clock)]
    missing = [str(new_id()) for _ in range(3)]
    lists(services, [of_lead(each, clock) for each in (*runs, *missing)])
    assert await run(services, client, names.COMPARE_LEADS, ALL) == LeadsCompared("", 5, 3, 3)
    repaired = [each for request in services.leads.of("RepairClocks") for each in request.clocks]
    assert [(each.lead_id, each.known_version, each.listed_version) for each in repaired] == [
        (each, 0, 1) for each in missing
    ]
    part = await run(services, client, names.COMPARE_LEADS, Slice("", 3))
    assert (part.next, part.leads) == (sorted([*runs, *missing])[2], 3)
    assert (await run(services, client, names.COMPARE_LEADS, Slice(part.next, 3))).leads == 2


async def test_a_run_that_lists_do_not_show_yet_is_looked_at_by_itself(
    services: Services, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = make_clock(datetime.now(UTC))
    handles = await start(client, 3, clock)
    await handles[0].terminate()
    lists(services, [of_lead(lead_of(each), clock) for each in handles])

    async def nothing(_self: ClockRuns, _lead_ids: object) -> list[object]:
        return []

    monkeypatch.setattr(ClockRuns, "_open", nothing)
    assert await run(services, client, names.COMPARE_LEADS, ALL) == LeadsCompared("", 3, 1, 1)
    (request,) = services.leads.of("RepairClocks")
    assert [each.lead_id for each in request.clocks] == [lead_of(handles[0])]


async def test_an_attempt_goes_on_where_the_one_before_was(services: Services, client: Client) -> None:
    clock = make_clock(datetime.now(UTC))
    (first, second) = sorted(str(new_id()) for _ in range(2))
    lists(services, [of_lead(first, clock), of_lead(second, clock)])
    before = LeadsCompared(first, 1, 1, 1)
    assert await run(services, client, names.COMPARE_LEADS, ALL, resumed=before) == LeadsCompared("", 2, 2, 2)
    over = LeadsCompared("", 2, 2, 2)
    assert await run(services, client, names.COMPARE_LEADS, ALL, resumed=over) == over
    assert len(services.leads.of("RepairClocks")) == 1
    runs = RunsCompared("", 7, different=2, repaired=2)
    assert await run(services, client, names.COMPARE_RUNS, ALL, resumed=runs) == runs


async def test_runs_are_gone_through_in_slices_that_leave_none_out(
    services: Services, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock_check, "_PAGE", 2)
    handles = await start(client, 7, make_clock(datetime.now(UTC)))
    lists(services, [])
    seen, begin = 0, ""
    for _ in range(7):
        found: RunsCompared = await run(services, client, names.COMPARE_RUNS, Slice(begin, 3))
        seen, begin = seen + found.runs, found.next
        if not begin:
            break
    asked = {each for request in services.leads.of("ListClocks") for each in request.lead_ids}
    assert asked == {lead_of(each) for each in handles}
    # The run at which a slice ends is looked at once more: another may have started at the same instant.
    assert 7 < seen <= 10


async def test_only_runs_that_know_another_clock_are_told(services: Services, client: Client) -> None:
    clock = make_clock(datetime.now(UTC))
    later = replace(clock, version=4, deadline=make_clock(datetime.now(UTC), deadline=9).deadline)
    async with sla_worker(client, [LeadsRules(clock).record_milestone], Limits()):
        handles = await start(client, 4, clock)
        same, moved, over, gone = handles
        await asyncio.gather(*(each.query(names.CLOCK) for each in handles))
        lists(
            services,
            [
                of_lead(lead_of(same), clock),
                of_lead(lead_of(moved), later),
                of_lead(lead_of(over), replace(clock, version=3), closed_by="answered"),
                pb.ClockOfLead(lead_id=lead_of(gone), clock=pb.SlaClock(closed_by="deleted")),
            ],
        )
        assert await run(services, client, names.COMPARE_RUNS, ALL) == RunsCompared("", 4, 1, 2, 0, 2)
        (request,) = services.leads.of("RepairClocks")
        told = {each.lead_id: (each.known_version, each.listed_version) for each in request.clocks}
        assert told == {lead_of(moved): (1, 4), lead_of(over): (1, 3)}
        assert (await gone.result())["closed_by"] == "deleted"
        assert {(await each.describe()).status for each in handles[:3]} == {WorkflowExecutionStatus.RUNNING}


async def test_a_run_that_does_not_say_what_it_knows_is_counted_and_left_alone(
    services: Services, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock_runs, "_QUERY", timedelta(seconds=0.3))
    clock = make_clock(datetime.now(UTC))
    (handle,) = await start(client, 1, clock)
    lists(services, [of_lead(lead_of(handle), replace(clock, version=3), closed_by="answered")])
    assert await run(services, client, names.COMPARE_RUNS, ALL) == RunsCompared("", 1, silent=1)
    assert services.leads.of("RepairClocks") == []


async def test_a_run_that_an_operator_started_for_no_lead_disturbs_nothing(services: Services, client: Client) -> None:
    await client.start_workflow(names.LEAD_SLA, {}, id="lead-sla/mine", task_queue="nobody")
    await shown(client, 1)
    assert await run(services, client, names.COMPARE_RUNS, ALL) == RunsCompared("", 1)


@pytest.mark.parametrize(
    "refusal", [unavailable("away"), forbidden("PERMISSION_MISSING", "no")], ids=lambda e: e.reason
)
@pytest.mark.parametrize(
    ("name", "order"),
    [
        (names.RECORD_MISSED, ()),
        (names.COMPARE_LEADS, (ALL,)),
        (names.END_CLOCK_CHECK, (EndClockCheck("check-1", 1),)),
    ],
)
async def test_every_refusal_is_retried(
    services: Services, fresh: Client, name: str, order: tuple[object, ...], refusal: LeadlineError
) -> None:
    services.leads.answers |= dict.fromkeys(("RecordMissed", "ListClocks", "EndClockCheck"), refusal)
    with pytest.raises(ApplicationError) as raised:
        await run(services, fresh, name, *order)
    assert (raised.value.type, raised.value.non_retryable) == (refusal.reason, False)


async def test_what_was_missed_is_told_as_the_service_says(services: Services) -> None:
    services.leads.answers["RecordMissed"] = pb.RecordMissedResponse(
        checked=5, at_risk=4, breached=3, escalated=2, repaired=1, is_all=True
    )
    assert await services.run(names.RECORD_MISSED) == Missed(5, 4, 3, 2, 1, is_all=True)


async def test_whoever_waits_hears_how_many_clocks_were_repaired(services: Services) -> None:
    services.leads.answers["EndClockCheck"] = pb.EndClockCheckResponse()
    await services.run(names.END_CLOCK_CHECK, EndClockCheck("check-1", 7))
    assert services.leads.of("EndClockCheck") == [pb.EndClockCheckRequest(check_id="check-1", repaired=7)]


async def test_runs_are_looked_at_a_few_at_a_time() -> None:
    now, most = 0, 0

    async def look(_place: int) -> None:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0)
        now -= 1

    await Slots().each(range(100), look)
    assert most == 20


async def test_while_temporal_is_away_the_attempt_fails_and_is_retried(services: Services) -> None:
    nobody = await Client.connect("127.0.0.1:1", lazy=True)
    with pytest.raises((RPCError, RuntimeError)):
        await run(services, nobody, names.COMPARE_RUNS, ALL)


NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
KNOWN = make_clock(NOON, escalations=[5])


def listed(clock: Clock, **more: Any) -> pb.SlaClock:
    found = of_lead("", clock, **more).clock
    for instant in clock.escalations:
        found.escalations.add().FromDatetime(datetime.fromisoformat(instant))
    return found


@pytest.mark.parametrize(
    ("lead", "expected"),
    [
        (listed(KNOWN), False),
        (listed(replace(KNOWN, version=9)), False),
        (listed(make_clock(NOON, deadline=4.001, escalations=[5])), True),
        (listed(make_clock(NOON, at_risk=1, escalations=[5])), True),
        (listed(make_clock(NOON, escalations=[6])), True),
        (listed(make_clock(NOON)), True),
        (listed(Clock(2, "", ""), paused=True), True),
        (listed(KNOWN, closed_by="answered"), True),
    ],
)
def test_another_instant_or_end_is_another_clock_and_another_version_alone_is_not(
    lead: pb.SlaClock, expected: bool
) -> None:
    assert differs(KNOWN, lead) is expected


def test_a_run_that_knows_that_it_is_over_may_still_record_what_came_due() -> None:
    assert not differs(replace(KNOWN, closed_by="answered"), listed(KNOWN, closed_by="converted"))
    assert differs(replace(KNOWN, closed_by="answered"), listed(KNOWN))


def test_a_run_is_asked_only_where_it_does_not_show_its_leads_deadline() -> None:
    shows = Run("", "", NOON, datetime.fromisoformat(KNOWN.deadline))
    assert not is_doubtful(shows, listed(KNOWN))
    assert is_doubtful(shows, listed(make_clock(NOON, deadline=5)))
    assert is_doubtful(replace(shows, deadline=None), listed(KNOWN))
    assert is_doubtful(shows, listed(KNOWN, closed_by="answered"))
    assert not is_doubtful(replace(shows, deadline=None), listed(Clock(2, "", "")))
