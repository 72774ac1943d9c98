"""Conversions whose run is gone are ordered anew: the activity on the real server, and its workflow."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from leadline.leads.v1 import conversion_service_pb2 as pb
from temporalio.client import Client, WorkflowHandle

from kit.errors import unavailable
from kit.ids import new_id
from leadline_workflows.activities import conversion_check
from leadline_workflows.contracts import names
from leadline_workflows.contracts.conversion import ConversionsChecked, LeadConversionInput, UnconversionInput
from tests.workflows.operators_view import current_details, summaries
from tests.workflows.scripted_services import Services
from tests.workflows.unfinished_conversions import checking

RUNNING, UNCONVERTING = pb.CONVERSION_STATE_RUNNING, pb.CONVERSION_STATE_UNCONVERTING
NOBODY = "a queue without workers"


Listed = list[pb.UnfinishedConversion]


def conversion(state: pb.ConversionState.ValueType = RUNNING) -> pb.UnfinishedConversion:
    return pb.UnfinishedConversion(conversion_id=str(new_id()), lead_id=str(new_id()), state=state)


async def run_of(client: Client, each: pb.UnfinishedConversion) -> WorkflowHandle[Any, Any]:
    """A run that carries a conversion out, or undoes it, and never gets to anything."""
    undoes = each.state == UNCONVERTING
    name = names.UNCONVERT_LEAD if undoes else names.CONVERT_LEAD
    start = (UnconversionInput if undoes else LeadConversionInput)(each.lead_id, each.conversion_id, "Alice")
    ident = names.lead_unconversion_id(each.lead_id) if undoes else names.lead_conversion_id(each.lead_id)
    return await client.start_workflow(name, start, id=ident, task_queue=NOBODY)


def lists(services: Services, listed: Listed) -> None:
    """The leads service knows just these unfinished conversions, by id."""
    known = sorted(listed, key=lambda each: each.conversion_id)

    def answer(request: pb.ListUnfinishedConversionsRequest) -> pb.ListUnfinishedConversionsResponse:
        behind = [each for each in known if each.conversion_id > request.after_conversion_id]
        return pb.ListUnfinishedConversionsResponse(conversions=behind[: request.limit])

    services.leads.answers["ListUnfinishedConversions"] = answer
    services.leads.answers["OrderConversions"] = lambda request: pb.OrderConversionsResponse(
        ordered=len(request.conversion_ids)
    )


def ordered(services: Services) -> set[str]:
    return {each for request in services.leads.of("OrderConversions") for each in request.conversion_ids}


@pytest.fixture
async def begun(live: Client) -> AsyncIterator[Callable[[pb.UnfinishedConversion], Any]]:
    """Starts runs, which end with the test."""
    handles: list[WorkflowHandle[Any, Any]] = []

    async def start(each: pb.UnfinishedConversion) -> WorkflowHandle[Any, Any]:
        handles.append(await run_of(live, each))
        return handles[-1]

    yield start
    for handle in handles:
        if (await handle.describe()).close_time is None:
            await handle.terminate()


async def test_what_has_an_open_run_is_left_alone_and_what_has_none_is_ordered(
    services: Services, live: Client, begun: Callable[[pb.UnfinishedConversion], Any]
) -> None:
    at_work, undone_now, never = conversion(), conversion(UNCONVERTING), conversion()
    # Its own run is gone; what is open under the other id is no run of it.
    other = conversion(UNCONVERTING)
    await begun(at_work)
    await begun(undone_now)
    await begun(pb.UnfinishedConversion(conversion_id="x", lead_id=other.lead_id, state=RUNNING))
    lists(services, [at_work, undone_now, never, other])
    found = await services.run(names.ORDER_LOST_CONVERSIONS, client=live)
    assert found == ConversionsChecked(unfinished=4, ordered=2)
    assert ordered(services) == {each.conversion_id for each in (never, other)}


async def test_a_run_that_was_terminated_is_followed_by_another(
    services: Services, live: Client, begun: Callable[[pb.UnfinishedConversion], Any]
) -> None:
    terminated = conversion()
    await (await begun(terminated)).terminate("by mistake")
    lists(services, [terminated])
    assert await services.run(names.ORDER_LOST_CONVERSIONS, client=live) == ConversionsChecked(1, 1)
    assert ordered(services) == {terminated.conversion_id}


async def test_only_what_was_ordered_a_while_ago_is_asked_for(services: Services, live: Client) -> None:
    lists(services, [])
    before = datetime.now(UTC)
    assert await services.run(names.ORDER_LOST_CONVERSIONS, client=live) == ConversionsChecked()
    (request,) = services.leads.of("ListUnfinishedConversions")
    age = before - request.ordered_before.ToDatetime(UTC)
    assert timedelta(minutes=1, seconds=50) < age <= timedelta(minutes=2)
    assert services.leads.of("OrderConversions") == []


async def test_they_are_gone_through_page_by_page(
    services: Services, live: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversion_check, "_PAGE", 2)
    listed = [conversion() for _ in range(5)]
    lists(services, listed)
    assert await services.run(names.ORDER_LOST_CONVERSIONS, client=live) == ConversionsChecked(5, 5)
    assert [len(each.conversion_ids) for each in services.leads.of("OrderConversions")] == [2, 2, 1]
    assert ordered(services) == {each.conversion_id for each in listed}


async def test_a_leads_service_that_is_away_is_waited_for(services: Services, live: Client) -> None:
    services.leads.answers["ListUnfinishedConversions"] = unavailable("away")
    failure = await services.failure(names.ORDER_LOST_CONVERSIONS, client=live)
    assert (failure.type, failure.non_retryable) == ("PART_UNAVAILABLE", False)


async def test_the_check_says_what_it_found(live: Client) -> None:
    async with checking(live, ConversionsChecked(1_200, 3), outages=1) as handle:
        assert await handle.result() == ConversionsChecked(1_200, 3)
        details = await current_details(handle)
        named = await summaries(handle)
    assert (
        details == "1,200 conversions unfinished for more than two minutes, 3 of them without a run and ordered anew."
    )
    assert named == ["order conversions without a run"]
