"""A stack for a measurement alone: `leadline up --ephemeral`, its REST API, its databases and its processes."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg
from psycopg.rows import dict_row

from leadline_stack.data_folder import DataFolder
from leadline_stack.ports import Ports
from leadline_stack.postgres import Postgres
from leadline_stack.stack_secrets import read_secrets
from leadline_stack.state import read_state

_MEBIBYTE = 1024 * 1024
_MOST_LOOKS = 100
_CLIENTS = 32


@dataclass(frozen=True)
class OwnStack:
    """``api`` has an administrator's token; ``processes`` are those of the parts, by name."""

    folder: DataFolder
    temporal: str
    leads_url: str
    processes: Mapping[str, psutil.Process]
    api: httpx.AsyncClient

    async def ask(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """The JSON of an answer; any other than a success ends the measurement."""
        answer = await self.api.request(method, path, json=body, **more)
        if not answer.is_success:
            message = f"{method} {path}: {answer.status_code} {answer.text}"
            raise RuntimeError(message)
        return answer.json() if answer.content else None

    async def rows(self, query: str, **values: Any) -> list[dict[str, Any]]:
        """What the leads database answers."""
        async with await psycopg.AsyncConnection.connect(self.leads_url, row_factory=dict_row) as connection:
            return await (await connection.execute(query.encode(), values)).fetchall()

    async def number(self, query: str, **values: Any) -> int:
        """The one number that the leads database answers."""
        return int(next(iter((await self.rows(query, **values))[0].values())))

    async def promise(self, name: str, minutes: float, *, hours: Any = None, **more: Any) -> None:
        """Promise new leads a first response within so many minutes, and wait until that is in force."""
        policy = {"name": name, "isDefault": True, "match": [], "responseMinutes": minutes, "businessHours": hours}
        await self.ask("PUT", "/lead-settings/settings", {"sla": {"policies": [policy], **more}})
        for _ in range(_MOST_LOOKS):
            if await self._promised() == name:
                return
            await asyncio.sleep(0.1)
        message = "the policy does not come into force"
        raise RuntimeError(message)

    async def _promised(self) -> str:
        """The policy that a new lead gets, which is then deleted."""
        lead = await self.create_lead("Probe")
        sla = await self.ask("GET", f"/leads/{lead}/sla")
        await self.ask("DELETE", f"/leads/{lead}")
        return str(sla["slaPolicy"])

    async def create_lead(self, name: str) -> str:
        """A new lead; its id."""
        body = {"firstName": "Alice", "lastName": name, "company": f"Company of {name}", "source": "website"}
        return str((await self.ask("POST", "/leads", body))["id"])

    def memory(self) -> dict[str, float]:
        """MiB that each part has, shared pages counted once."""
        return {name: sum(map(_pss, _family(each))) / _MEBIBYTE for name, each in self.processes.items()}

    @contextmanager
    def computing(self) -> Iterator[Callable[[], dict[str, float]]]:
        """What is given tells the processor seconds of each part since the block began."""
        before = self._cpu_seconds()
        yield lambda: {name: seconds - before[name] for name, seconds in self._cpu_seconds().items()}

    def _cpu_seconds(self) -> dict[str, float]:
        return {name: sum(map(_cpu, _family(each))) for name, each in self.processes.items()}


def _family(process: psutil.Process) -> list[psutil.Process]:
    return [process, *process.children(recursive=True)]


def _pss(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except psutil.NoSuchProcess:
        return 0


def _cpu(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)


@asynccontextmanager
async def own_stack() -> AsyncIterator[OwnStack]:
    """A stack on ports and in a folder of its own, until the block ends; then everything of it is gone."""
    leadline = str(Path(sys.executable).with_name("leadline"))
    environment = {**os.environ, "LEADLINE_LOG_LEVEL": "warning"}
    with subprocess.Popen([leadline, "up", "--ephemeral", "--json"], env=environment, stdout=subprocess.PIPE) as child:  # noqa: S603, ASYNC220
        try:
            assert child.stdout is not None
            line = await asyncio.to_thread(child.stdout.readline)
            if not line:
                message = "the stack does not start; it has said why"
                raise RuntimeError(message)
            about = json.loads(line)
            limits = httpx.Limits(max_connections=_CLIENTS, max_keepalive_connections=_CLIENTS)
            headers = {"Authorization": f"Bearer {about['token']}"}
            async with httpx.AsyncClient(base_url=about["gateway"], headers=headers, limits=limits, timeout=120) as api:
                yield _found(about, api)
        finally:
            child.send_signal(signal.SIGTERM)


def _found(about: Mapping[str, Any], api: httpx.AsyncClient) -> OwnStack:
    folder = DataFolder(Path(about["dataDir"]))
    state = read_state(folder)
    assert state is not None
    url = Postgres(folder, read_secrets(folder), Ports(**state.ports).postgres, {}, None).url("leads")
    processes = {name: each.process for name, each in state.parts.items() if each.process}
    return OwnStack(folder, about["temporal"], url, processes, api)
