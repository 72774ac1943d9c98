"""The whole product as its user starts it, for tests from outside."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from temporalio.client import Client

from leadline_stack.data_folder import DataFolder
from leadline_stack.stack_secrets import read_secrets
from leadline_stack.tokens import make_token
from tests.support.waiting import eventually

_LEADLINE = str(Path(sys.executable).parent / "leadline")
_START_SECONDS = 60


@dataclass
class RunningStack:
    """What `leadline up --json` said, and the process that runs it."""

    about: dict[str, Any]
    process: asyncio.subprocess.Process

    def client(self, token: str | None = None) -> httpx.AsyncClient:
        """A REST client under an administrator's token, or another one."""
        headers = {"Authorization": f"Bearer {token or self.about['token']}"}
        return httpx.AsyncClient(base_url=self.about["gateway"], headers=headers, timeout=30)

    def token(self, *permissions: str, role: str = "sales") -> str:
        """A token as `leadline token` signs it."""
        secrets = read_secrets(DataFolder(Path(self.about["dataDir"])))
        return make_token(secrets, role=role, permissions=permissions, subject=uuid4(), expires_in=timedelta(hours=1))

    async def temporal(self) -> Client:
        """A client of the stack's Temporal server."""
        return await Client.connect(self.about["temporal"])

    def state(self) -> dict[str, Any]:
        """What the stack has written down about its parts."""
        text = Path(self.about["dataDir"], "state.json").read_text()
        return json.loads(text)  # type: ignore[no-any-return]

    def pid(self, part: str) -> int:
        """The process of a part."""
        return int(self.state()["parts"][part]["pid"])

    def send(self, part: str, number: signal.Signals) -> int:
        """Send a signal to a part; answers its pid."""
        pid = self.pid(part)
        os.kill(pid, number)
        return pid

    def pause(self, part: str) -> int:
        """Have a part stand still; answers its pid."""
        return self.send(part, signal.SIGSTOP)

    def resume(self, pid: int) -> None:
        """Have a part that stands still go on."""
        os.kill(pid, signal.SIGCONT)

    async def restarted(self, part: str, killed: int) -> int:
        """The new process of a part whose old one was killed."""

        async def look() -> dict[str, Any]:
            return dict(self.state()["parts"][part])

        found = await eventually(
            look, lambda now: now["pid"] not in {None, killed} and now["state"] == "ready", within=20
        )
        return int(found["pid"])

    async def stop(self) -> int:
        """End the stack as its user does, and answer its exit code."""
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        return await asyncio.wait_for(self.process.wait(), 60)


async def start_stack(*options: str, command: Sequence[str] = (_LEADLINE,)) -> RunningStack:
    """Start the product, by ``leadline`` or a command like it, and wait until it says that it is ready."""
    process = await asyncio.create_subprocess_exec(
        *(*command, "up", "--json", *options), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    if process.stdout is None or process.stderr is None:
        raise AssertionError
    line = await asyncio.wait_for(process.stdout.readline(), _START_SECONDS)
    if not line:
        raise AssertionError((await process.stderr.read()).decode())
    # Read on, so that the stack never waits for somebody to read what it says.
    drain = asyncio.create_task(process.stderr.read())
    process.stderr_read = drain  # type: ignore[attr-defined] # kept, or it would be collected
    return RunningStack(json.loads(line), process)


@asynccontextmanager
async def running_stack(*options: str, command: Sequence[str] = (_LEADLINE,)) -> AsyncIterator[RunningStack]:
    """A stack that is ended when the block is left."""
    stack = await start_stack(*options, command=command)
    try:
        yield stack
    finally:
        await stack.stop()
