"""The whole product dies: the next start on the same folder finds everything, and nothing is left in its way."""

import signal
from contextlib import suppress
from pathlib import Path

import psutil

from leadline_stack.ports import choose_ports, option_of
from tests.support.api import get, post
from tests.support.stack import RunningStack, running_stack
from tests.support.waiting import eventually


def options_for(folder: Path) -> list[str]:
    """A product that lies in the folder, on free ports: the same ones at each start."""
    ports = choose_ports({}, any_free=True)
    public = {"gateway": ports.gateway, "temporal": ports.temporal, "temporal_ui": ports.temporal_ui}
    return ["--data-dir", str(folder), *(each for name in public for each in (option_of(name), str(public[name])))]


def processes_of(stack: RunningStack) -> list[psutil.Process]:
    """The supervisor with everything below it."""
    supervisor = psutil.Process(stack.process.pid)
    return [supervisor, *supervisor.children(recursive=True)]


def still_alive(processes: list[psutil.Process]) -> list[str]:
    _, alive = psutil.wait_procs(processes, timeout=5)
    return [process.name() for process in alive if process.status() != psutil.STATUS_ZOMBIE]


async def test_after_the_death_of_everything_all_data_is_there_again(tmp_path: Path) -> None:
    options = options_for(tmp_path / "data")
    async with running_stack(*options) as stack:
        async with stack.client() as api:
            lead = await post(api, "/leads", {"lastName": "Survivor"})
        for process in processes_of(stack):
            with suppress(psutil.NoSuchProcess):  # some go with the supervisor
                process.kill()
    async with running_stack(*options) as stack:
        async with stack.client() as api:
            assert (await get(api, f"/leads/{lead['id']}"))["lastName"] == "Survivor"
        temporal = await stack.temporal()

        async def clocks() -> list[str]:
            runs = temporal.list_workflows(f"WorkflowId = 'lead-sla/{lead['id']}' AND ExecutionStatus = 'Running'")
            return [run.id async for run in runs]

        await eventually(clocks, lambda ids: len(ids) == 1, within=30)
        everything = processes_of(stack)
        assert len(everything) > 8
    assert still_alive(everything) == []


async def test_a_part_that_crashes_alone_is_restarted_alone(stack: RunningStack) -> None:
    before = {name: part["pid"] for name, part in stack.state()["parts"].items()}
    killed = stack.send("crm", signal.SIGKILL)
    await stack.restarted("crm", killed)
    after = {name: part["pid"] for name, part in stack.state()["parts"].items()}
    assert {name for name in before if before[name] != after[name]} == {"crm"}
