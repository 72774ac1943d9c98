"""The CRMs behind the seam: Leadline's own, the example, and one that whoever runs the tests has running already."""

import asyncio
import json
import os
import sys
from abc import ABC, abstractmethod
from asyncio.subprocess import PIPE, Process
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from typing_extensions import override

from crm_service.main import MIGRATIONS, crm_server
from crm_service.settings import CrmSettings
from kit.db.migrations import migrate
from tests.integration.crm.crm_door import CrmDoor
from tests.support import tokens

# Of the server to be tested, where it is not one of ours: its host:port, and a token with both permissions.
ADDRESS, TOKEN = "LEADLINE_SEAM_ADDRESS", "LEADLINE_SEAM_TOKEN"

_ROOT = Path(__file__).parents[3]


class SeamDoor(CrmDoor):
    """A door whose calls carry the token of the server that is tested."""

    @override
    async def ask(self, method: Any, request: Any, token: str | None = None, key: str | None = None) -> Any:
        return await super().ask(method, request, token or os.environ.get(TOKEN), key)


class SeamServer(ABC):
    """A server that can be killed and come back with what it has kept."""

    door: SeamDoor

    @abstractmethod
    async def start(self) -> str:
        """Have it serve, and answer its address."""

    @abstractmethod
    async def kill(self) -> None:
        """End it without notice."""

    async def open(self) -> None:
        """Have it serve, with a new door to it."""
        self.door = SeamDoor(await self.start())

    async def close(self) -> None:
        """End it."""
        await self.door.channel.close()
        await self.kill()


class LeadlineCrm(SeamServer):
    """The crm service, in this process."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._running = AsyncExitStack()

    @override
    async def start(self) -> str:
        await asyncio.to_thread(migrate, MIGRATIONS, self._url)
        settings = CrmSettings(database_url=self._url, token_secret=tokens.settings().token_secret)
        server = await self._running.enter_async_context(crm_server(settings))
        self._running.push_async_callback(server.stop)
        return await server.start()

    @override
    async def kill(self) -> None:
        await self._running.aclose()


class OwnCrm(SeamServer):
    """The example, in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "own.sqlite"
        self._process: Process | None = None

    @override
    async def start(self) -> str:
        settings = {"LEADLINE_TOKEN_SECRET": tokens.SECRET, "LEADLINE_OWN_CRM_FILE": str(self._file)}
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "examples.own_crm"),
            cwd=_ROOT,
            env={"PATH": os.environ["PATH"], "LEADLINE_LOG_LEVEL": "info", **settings},
            stdout=PIPE,
            stderr=PIPE,
        )
        address = await _listening(self._process)
        # Read on, so that it never waits for somebody to read what it says.
        self._said = asyncio.gather(*(stream.read() for stream in _streams(self._process)))
        return address

    @override
    async def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            await self._process.wait()
            await self._said


class GivenCrm(SeamServer):
    """One that is running already, and goes on when the tests are over."""

    @override
    async def start(self) -> str:
        return os.environ[ADDRESS]

    @override
    async def kill(self) -> None:
        pass


async def _listening(process: Process) -> str:
    async with asyncio.timeout(30):
        async for line in _streams(process)[1]:
            entry = json.loads(line)
            if entry["event"] == "listening":
                return str(entry["address"])
    raise AssertionError("the example ended before it listened")


def _streams(process: Process) -> tuple[asyncio.StreamReader, asyncio.StreamReader]:
    if process.stdout is None or process.stderr is None:
        raise AssertionError
    return process.stdout, process.stderr
