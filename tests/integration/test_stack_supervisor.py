"""The supervisor with small real processes: order, restarts, failures, and that nothing is left behind."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import pytest

from leadline_stack.errors import PartFailedError
from leadline_stack.parts import Part, PartState
from leadline_stack.supervisor import Supervisor
from tests.integration.stack_children import child, is_alive, kept, log_of
from tests.support.waiting import eventually


async def test_parts_start_after_what_they_need_and_stop_before_it(tmp_path: Path) -> None:
    parts = [
        child(tmp_path, "database"),
        child(tmp_path, "migration", mode="job", after=("database",)),
        child(tmp_path, "service", after=("migration",), uses=("database",)),
        child(tmp_path, "door", uses=("service",)),
    ]
    async with kept(parts):
        pass
    log = log_of(tmp_path)
    assert log.index("ready database") < log.index("start migration")
    assert log.index("ready migration") < log.index("start service")
    assert log.index("start door") < log.index("ready migration")
    assert [line for line in log if line.startswith("end")] == ["end door", "end service", "end database"]


async def test_what_crashes_alone_is_restarted_alone(tmp_path: Path) -> None:
    async with kept([child(tmp_path, "steady"), child(tmp_path, "victim", after=("steady",))]) as keeping:
        steady, victim = keeping.pids["steady"], keeping.pids["victim"]
        os.kill(victim, signal.SIGKILL)

        async def last() -> tuple[str, PartState]:
            return keeping.told[-1]

        await eventually(last, lambda told: told == ("victim", PartState.READY) and keeping.pids["victim"] != victim)
        assert is_alive(keeping.pids["victim"])
        assert is_alive(steady)
        assert keeping.pids["steady"] == steady
    assert log_of(tmp_path).count("start steady") == 1
    assert "ended by signal 9" in keeping.notes[0]


async def test_a_part_that_cannot_start_is_named_with_its_cause_and_its_log(tmp_path: Path) -> None:
    with pytest.raises(PartFailedError, match="worker did not come up: it ended with exit code 1") as failure:
        async with kept([child(tmp_path, "steady"), child(tmp_path, "worker", mode="broken", after=("steady",))]):
            pass
    assert "there is a wrong word in the configuration" in failure.value.log.read_text()
    assert "end steady" in log_of(tmp_path)


async def test_a_part_that_is_never_ready_is_given_up_in_time(tmp_path: Path) -> None:
    sleeper = child(tmp_path, "sleeper", mode="silent", start_seconds=1)
    with pytest.raises(PartFailedError, match="it was not ready within 1 second"):
        async with kept([sleeper]):
            pass
    assert log_of(tmp_path) == ["start sleeper", "end sleeper"]


async def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    missing = Part(name="ghost", argv=("/nowhere/ghost",), folder=tmp_path, log=tmp_path / "all.log")
    with pytest.raises(PartFailedError, match="ghost did not come up"):
        async with kept([missing]):
            pass
    assert "/nowhere/ghost" in (tmp_path / "all.log").read_text()


async def test_what_will_not_end_is_killed_with_what_it_started(tmp_path: Path) -> None:
    parts = [
        child(tmp_path, "stubborn", mode="stubborn", stop_seconds=0.3),
        child(tmp_path, "parent", mode="parent"),
    ]
    async with kept(parts) as keeping:
        grandchild = int((tmp_path / "parent.ready.child").read_text())
        assert is_alive(grandchild)
    for pid in (*keeping.pids.values(), grandchild):
        assert not is_alive(pid)


async def test_what_a_crashed_part_had_started_goes_with_it(tmp_path: Path) -> None:
    async with kept([child(tmp_path, "parent", mode="parent")]) as keeping:
        note = tmp_path / "parent.ready.child"
        orphan = int(note.read_text())
        os.kill(keeping.pids["parent"], signal.SIGKILL)

        async def of_the_next() -> int:
            return int(note.read_text())

        await eventually(of_the_next, lambda pid: pid != orphan)
        assert not is_alive(orphan)


async def test_being_stopped_while_starting_leaves_nothing(tmp_path: Path) -> None:
    supervisor = Supervisor([child(tmp_path, "one"), child(tmp_path, "two", after=("one",))], lambda _: None)
    stop = asyncio.Event()

    async def never() -> None:
        message = "it was not to become ready"
        raise AssertionError(message)

    running = asyncio.create_task(supervisor.run(stop, never))
    await asyncio.sleep(0)  # the keepers have begun, no process is ready yet
    stop.set()
    await asyncio.wait_for(running, 10)
    await supervisor.stop()
    started = log_of(tmp_path) if (tmp_path / "all.log").exists() else []
    assert "start two" not in started


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
async def test_nothing_outlives_the_supervisor_however_it_ends(tmp_path: Path, number: signal.Signals) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.integration.stack_children", str(tmp_path)
    )

    async def pids() -> list[int]:
        file = tmp_path / "pids.json"
        return list(json.loads(file.read_text()).values()) if file.exists() else []

    async def alive() -> list[int]:
        return [pid for pid in started if is_alive(pid)]

    started = await eventually(pids)
    assert await alive() == started
    process.send_signal(number)
    assert await asyncio.wait_for(process.wait(), 10) == (0 if number is signal.SIGTERM else -signal.SIGKILL)
    await eventually(alive, lambda pids: not pids)
