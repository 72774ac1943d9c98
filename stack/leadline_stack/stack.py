"""Brings the whole product up on one data folder, and down again."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psutil

from leadline_stack import postgres
from leadline_stack.data_folder import DataFolder, write_json
from leadline_stack.errors import StackError
from leadline_stack.orphans import end_orphans
from leadline_stack.parts import migration, service_parts, temporal_part
from leadline_stack.ports import HOST, Ports
from leadline_stack.secrets import SERVICES, Secrets
from leadline_stack.supervisor import Supervisor

ADMIN_TOKEN_LIFETIME = timedelta(hours=8)
_MIGRATION_SECONDS = 120.0


@dataclass
class Stack:
    """One stack: its folder, ports and secrets, and the supervisor of its parts."""

    folder: DataFolder
    ports: Ports
    secrets: Secrets
    say: Callable[[str], None]

    def __post_init__(self) -> None:
        self.started_at = time.time()
        self.is_ready = False
        self.supervisor = Supervisor(self.folder.logs, self.say, self.write_state)

    async def up(self) -> None:
        """Start everything; when this ends, all parts are ready.

        Raises:
            StackError: a part could not be started.
        """
        for name in await asyncio.to_thread(end_orphans, self.folder):
            self.say(f"ended {name}, left behind by an earlier run")
        await postgres.prepare_in_thread(self.folder, self.secrets)
        await self._start(postgres.postgres_part(self.folder, self.ports, self.secrets), self._temporal())
        await postgres.make_databases(self.ports, self.secrets)
        await asyncio.gather(*(self._migrate(service) for service in SERVICES))
        await self._start(*service_parts(self.ports, self.secrets))
        self.is_ready = True
        self.write_state()

    async def down(self) -> None:
        """End everything in reverse order."""
        self.is_ready = False
        await self.supervisor.stop()
        self.folder.state.unlink(missing_ok=True)

    def description(self) -> dict[str, Any]:
        """Where everything is, with an administrator's token."""
        return {
            "gateway": f"http://{HOST}:{self.ports.gateway}",
            "temporal": f"{HOST}:{self.ports.temporal}",
            "temporalUi": f"http://{HOST}:{self.ports.temporal_ui}",
            "grpc": {service: self.ports.address(service) for service in ("leads", "settings", "crm")},
            "dataDir": str(self.folder.path),
            "token": self.secrets.token(role="admin", permissions=[], expires_in=ADMIN_TOKEN_LIFETIME),
        }

    def write_state(self) -> None:
        """Write down what runs, for the other commands and for a start after a crash."""
        parts = {
            name: {
                "pid": running.process.pid,
                "createdAt": _created_at(running.process.pid),
                "startedAt": running.started_at,
                "restarts": running.restarts,
                "port": running.part.port,
                "log": str(running.log),
            }
            for name, running in self.supervisor.running.items()
        }
        about = {name: value for name, value in self.description().items() if name != "token"}
        state = {**about, "startedAt": self.started_at, "ready": self.is_ready, "parts": parts}
        write_json(self.folder.state, state)

    def _temporal(self) -> Any:
        return temporal_part(self.folder, self.ports)

    async def _start(self, *parts: Any) -> None:
        try:
            await self.supervisor.start(parts)
        except* StackError as failures:
            raise failures.exceptions[0] from None

    async def _migrate(self, service: str) -> None:
        argv, env = migration(service, self.ports, self.secrets)
        process = await asyncio.create_subprocess_exec(
            *argv, env=dict(env), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, cwd="/"
        )
        output, _ = await asyncio.wait_for(process.communicate(), _MIGRATION_SECONDS)
        if process.returncode:
            message = f"The {service} database could not be migrated:\n{output.decode(errors='replace')[-2000:]}"
            raise StackError(message)
        self.say(f"the {service} database is up to date")


def _created_at(pid: int) -> float:
    """When a process began, which tells it from a later one with the same pid."""
    try:
        return psutil.Process(pid).create_time()
    except psutil.Error:
        return 0.0
