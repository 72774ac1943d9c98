"""The worker as the process it is in production."""

import asyncio
import os
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from kit.rpc.calls import open_channel
from tests.support import tokens
from tests.support.waiting import eventually
from tests.workflows.servers import binary, free_port


@dataclass
class WorkerProcess:
    """A started `leadline-worker`."""

    process: Process
    health: str

    async def says(self) -> str:
        """What its health says; nothing while it does not answer."""
        async with open_channel(self.health) as channel:
            try:
                answer = await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=1)
            except grpc.aio.AioRpcError:
                return ""
        return str(health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status))

    async def comes_to_say(self, status: str) -> None:
        """Wait until its health says so."""
        await eventually(self.says, lambda said: said == status, within=20)

    async def end(self) -> tuple[int | None, str]:
        """Ask it to end; its exit code and what it wrote."""
        self.process.terminate()
        return await self.ended()

    async def ended(self) -> tuple[int | None, str]:
        """Its exit code and what it wrote, once it has ended."""
        _, written = await asyncio.wait_for(self.process.communicate(), timeout=30)
        return self.process.returncode, written.decode()


@asynccontextmanager
async def worker_process(**settings: str) -> AsyncIterator[WorkerProcess]:
    """Start the worker with these settings on top of what it cannot do without; killed at the end if it still runs."""
    health = f"127.0.0.1:{free_port()}"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LEADLINE_")}
    needed = {"listen": health, "token_secret": tokens.SECRET}
    needed |= {"leads_address": "", "crm_address": "", "settings_address": ""}
    for name, value in (needed | settings).items():
        environment[f"LEADLINE_{name.upper()}"] = value
    process = await asyncio.create_subprocess_exec(binary("leadline-worker"), env=environment, stdout=PIPE, stderr=PIPE)
    try:
        yield WorkerProcess(process, health)
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()
