"""What a killed stack left running is ended by the next start; a process that only got its number is left alone."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from leadline_stack.data_folder import open_folder
from leadline_stack.leftovers import started_at
from leadline_stack.ports import choose_ports
from leadline_stack.stack_secrets import ensure_secrets
from tests.integration.stack_children import is_alive
from tests.support.waiting import eventually

LEADLINE = str(Path(sys.executable).parent / "leadline")


@pytest.fixture
async def processes() -> AsyncIterator[list[asyncio.subprocess.Process]]:
    """Two processes that nobody minds."""
    made = [await asyncio.create_subprocess_exec("/bin/sleep", "60") for _ in range(2)]
    yield made
    for process in made:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_the_next_start_ends_what_is_left_and_nothing_else(
    tmp_path: Path, processes: list[asyncio.subprocess.Process]
) -> None:
    left, stranger = (process.pid for process in processes)
    folder = open_folder(tmp_path / "data")
    ensure_secrets(folder)
    folder.postgres.mkdir()  # empty, so that the start ends as soon as it has begun
    ports = choose_ports({}, any_free=True)
    known = {"state": "ready", "restarts": 0}
    parts = {
        "relay": {**known, "pid": left, "started": started_at(left)},
        "worker": {**known, "pid": stranger, "started": (started_at(stranger) or 0) - 3600},
    }
    state = {"pid": 1, "started": 0, "ports": ports.as_numbers(), "parts": parts, "urls": {}}
    folder.state.write_text(json.dumps(state))
    options = ["--data-dir", str(folder.path), "--gateway-port", str(ports.gateway)]
    options += ["--temporal-port", str(ports.temporal), "--temporal-ui-port", str(ports.temporal_ui)]
    starting = await asyncio.create_subprocess_exec(LEADLINE, "up", *options, stderr=asyncio.subprocess.DEVNULL)
    assert await asyncio.wait_for(starting.wait(), 60) == 1

    async def lives() -> bool:
        return is_alive(left)

    await eventually(lives, lambda alive: not alive)
    assert is_alive(stranger)
