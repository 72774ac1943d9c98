"""The rescore-leads workflow on the real server: started and told at once, ending, going on as a new run, torn."""

import asyncio
from collections.abc import Callable
from typing import Any

from temporalio import activity
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy

from kit.ids import new_id
from leadline_workflows.contracts import names
from leadline_workflows.contracts.rescore import RescoreInput, RescoreProgress
from leadline_workflows.runtime.worker import Limits, settings_worker
from tests.support.waiting import eventually
from tests.workflows.rescore_rules import RescoreRules
from tests.workflows.settings_run import ask_for_rescore, make_worker, rescoring


async def test_requests_at_the_same_moment_are_one_run(live: Client) -> None:
    leads = RescoreRules()
    async with rescoring(live, leads) as first:
        others = await asyncio.gather(*(ask_for_rescore(live, first.id) for _ in range(20)))
        assert {each.first_execution_run_id for each in others} == {first.first_execution_run_id}
        assert (await first.result()).state == "completed"
    assert leads.begun == 1


async def test_a_request_after_a_run_has_ended_is_another_run(live: Client) -> None:
    leads = RescoreRules()
    async with rescoring(live, leads) as first:
        await first.result()
        leads.request()
        second = await ask_for_rescore(live, first.id)
        assert (await second.result()).state == "completed"
    assert second.first_execution_run_id != first.first_execution_run_id
    assert leads.completed == 2


async def test_a_request_at_the_very_end_of_a_run_is_never_lost(live: Client) -> None:
    """Many runs, each asked once more a millisecond later than the last one after its batch has answered."""
    leads: dict[str, RescoreRules] = {}
    asking: list[asyncio.Task[Any]] = []

    def ask_later(workflow_id: str, seconds: float) -> Callable[[], None]:
        async def ask() -> None:
            await asyncio.sleep(seconds)
            leads[workflow_id].request()
            await ask_for_rescore_of(workflow_id)

        def at_the_last_moment() -> None:
            leads[workflow_id].last_moment = lambda: None
            asking.append(asyncio.create_task(ask()))

        return at_the_last_moment

    async def ask_for_rescore_of(workflow_id: str) -> None:
        await live.start_workflow(
            names.RESCORE_LEADS,
            RescoreInput(),
            id=workflow_id,
            task_queue=queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            start_signal=names.RESCORE_REQUESTED,
        )

    @activity.defn(name=names.RESCORE_BATCH)
    async def rescore_batch() -> RescoreProgress:
        return await leads[activity.info().workflow_id or ""].rescore_batch()

    queue = f"rescore-{new_id()}"
    async with settings_worker(live, [rescore_batch], Limits(), queue=queue):
        for number in range(40):
            workflow_id = f"{queue}/{number}"
            leads[workflow_id] = RescoreRules(last_moment=ask_later(workflow_id, number / 1000))
        await asyncio.gather(*(ask_for_rescore_of(workflow_id) for workflow_id in leads))

        async def unfinished() -> list[str]:
            return [name for name, each in leads.items() if each.completed < 2 or each.state != "completed"]

        assert await eventually(unfinished, lambda found: not found, within=30) == []
        await asyncio.gather(*asking)
    assert len(asking) == 40


async def test_a_long_pass_goes_on_as_a_new_run_that_forgets_nothing(live: Client) -> None:
    leads = RescoreRules(total=30_000)
    async with rescoring(live, leads) as handle:
        assert await handle.result() == RescoreProgress("completed", 30_000, 30_000, 3000)
        newest = await live.get_workflow_handle(handle.id).describe()
        assert newest.run_id != handle.first_execution_run_id
    # Were a new run to begin anew or to wait for quiet again, there would be more batches, or long pauses.
    assert (leads.begun, leads.ended) == (1, [names.RESCORE_BATCH] * 30)
    assert (leads.times[-1][1] - leads.times[0][1]).total_seconds() < 10


async def test_another_worker_goes_on_where_the_last_one_died(live: Client) -> None:
    leads = RescoreRules(total=3000)
    gate = leads.hold(names.RESCORE_BATCH)
    async with rescoring(live, leads) as handle:
        await gate.reached.wait()
    # The first worker is gone together with its attempt, which never ended.
    async with make_worker(live, leads, handle.id):
        assert (await handle.result()).processed == 3000
    assert leads.ended == [names.RESCORE_BATCH] * 3
