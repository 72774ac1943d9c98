"""`leadline-worker`: runs clocks, conversions, imports and what follows from changed settings, until asked to end."""

import asyncio
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from typing import Any, TypeVar

import typer
from temporalio.client import Client

from kit.config import read_settings
from kit.logs import configure_logs, get_logger
from kit.process import run
from kit.rpc.server import RpcServer
from leadline_workflows.runtime.client import connect, is_reachable, keep_prepared, make_runtime
from leadline_workflows.runtime.namespace import NamespaceError
from leadline_workflows.runtime.settings import WorkerSettings
from leadline_workflows.runtime.wiring import make_workers, open_activities

app = typer.Typer(add_completion=False, help=__doc__)
log = get_logger(__name__)

Result = TypeVar("Result")


@app.command()
def work() -> None:
    """Run the worker; its configuration comes from the environment."""
    settings = read_settings(WorkerSettings)
    configure_logs("worker", settings.log_level)
    try:
        run(lambda stop: WorkerPart(settings).run(stop))
    except (OSError, NamespaceError) as error:
        typer.echo(f"leadline-worker: {error}", err=True)
        raise typer.Exit(1) from None


class WorkerPart:
    """The worker process. Its health is SERVING only while the workers run and Temporal answers."""

    def __init__(self, settings: WorkerSettings) -> None:
        self._settings = settings
        self._client: Client | None = None
        self._working = False

    async def run(self, stop: asyncio.Event) -> None:
        """Connect, work until asked to end, let activities under way end.

        Raises:
            ConnectionError: Temporal did not come up in time.
            OSError: health cannot be served where it should.
            NamespaceError: the namespace is set up for something else.
        """
        server = RpcServer(self._settings.listen, ready=self._ready)
        await server.start()
        try:
            wait = self._settings.temporal_wait_seconds
            connecting = connect(self._settings, wait_seconds=wait, runtime=make_runtime())
            self._client = await _unless(stop, connecting)
            if self._client is not None:
                await self._work(self._client, stop)
        finally:
            await server.stop()

    async def _ready(self) -> bool:
        return self._working and self._client is not None and await is_reachable(self._client)

    async def _work(self, client: Client, stop: asyncio.Event) -> None:
        async with open_activities(self._settings) as activities, AsyncExitStack() as running:
            workers = make_workers(client, self._settings, activities)
            for worker in workers:
                await running.enter_async_context(worker)
            self._working = True
            log.info("working", queues=[worker.task_queue for worker in workers])
            preparing = asyncio.create_task(keep_prepared(client))
            await stop.wait()
            self._working = False
            preparing.cancel()
            await asyncio.gather(*(worker.shutdown() for worker in workers))


async def _unless(stop: asyncio.Event, work: Coroutine[Any, Any, Result]) -> Result | None:
    """What the work comes to, or nothing when the process is asked to end first."""
    task, stopped = asyncio.create_task(work), asyncio.create_task(stop.wait())
    await asyncio.wait({task, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if task.done():
        return task.result()
    task.cancel()
    return None
