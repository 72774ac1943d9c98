"""The whole stack by its command: what it announces, what the other commands show, and that a kill loses nothing."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from leadline_stack.ports import choose_ports
from tests.integration.stack_children import is_alive
from tests.support.api import get, post
from tests.support.stack import RunningStack, start_stack
from tests.support.waiting import eventually

LEADLINE = str(Path(sys.executable).parent / "leadline")
PARTS = {"postgres", "temporal", "settings", "crm", "leads", "relay", "worker", "gateway"}


async def leadline(*arguments: str) -> subprocess.CompletedProcess[str]:
    return await asyncio.to_thread(
        subprocess.run, [LEADLINE, *arguments], check=False, capture_output=True, text=True, timeout=60
    )


async def started(folder: Path) -> RunningStack:
    ports = choose_ports({}, any_free=True)
    gateway, temporal, ui = (str(port) for port in (ports.gateway, ports.temporal, ports.temporal_ui))
    chosen = ("--gateway-port", gateway, "--temporal-port", temporal, "--temporal-ui-port", ui)
    stack = await start_stack("--data-dir", str(folder), *chosen)
    assert stack.about["gateway"] == f"http://127.0.0.1:{gateway}"
    assert stack.about["temporal"] == f"127.0.0.1:{temporal}"
    assert stack.about["temporalUi"] == f"http://127.0.0.1:{ui}"
    assert set(stack.about["grpc"]) == {"leads", "settings", "crm"}
    assert stack.about["dataDir"] == str(folder)
    return stack


def pids(stack: RunningStack) -> list[int]:
    return [stack.pid(name) for name in PARTS]


async def none_left(stack: RunningStack, known: list[int]) -> None:
    async def alive() -> list[int]:
        return [pid for pid in (stack.process.pid, *known) if is_alive(pid)]

    await eventually(alive, lambda found: not found)


async def create_lead(stack: RunningStack) -> dict[str, Any]:
    async with stack.client() as api:
        lead: dict[str, Any] = await post(api, "/leads", {"lastName": "Johnson", "company": "StartupIO"})
        return lead


async def stack_is_as_its_commands_say(stack: RunningStack) -> None:
    folder = ("--data-dir", stack.about["dataDir"])
    status = await leadline("status", *folder)
    assert status.returncode == 0, status.stdout + status.stderr
    assert {line.split()[0] for line in status.stdout.splitlines() if " ready " in line} == PARTS
    logs = await leadline("logs", "relay", "--lines", "1000", *folder)
    lines = [json.loads(line) for line in logs.stdout.splitlines()]
    assert {line["part"] for line in lines} == {"relay"}
    token = await leadline("token", "--permissions", "leads:view", *folder)
    async with stack.client(token.stdout.strip()) as api:
        assert await get(api, "/lead-settings/pipelines")
        assert (await api.post("/leads", json={"lastName": "Nobody"})).status_code == 403
    second = await leadline("up", *folder)
    assert second.returncode == 1
    assert "already running" in second.stderr


@pytest.mark.timeout(110)
async def test_everything_is_there_again_after_the_supervisor_was_killed(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    stack = await started(folder)
    lead = await create_lead(stack)
    await stack_is_as_its_commands_say(stack)
    known = pids(stack)
    stack.process.kill()
    await stack.process.wait()
    await none_left(stack, known)
    assert (await leadline("status", "--data-dir", str(folder))).returncode == 1

    stack = await started(folder)
    known = pids(stack)
    async with stack.client() as api:
        assert (await get(api, f"/leads/{lead['id']}"))["lastName"] == "Johnson"
    assert await stack.stop() == 0
    await none_left(stack, known)
    assert not (folder / "state.json").exists()
