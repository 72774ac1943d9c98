"""Has cells of the matrix happen: each on a lead of its own, those of a wave side by side."""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from temporalio.client import Client, WorkflowHandle

from leadline_workflows.contracts import names
from leadline_workflows.contracts.conversion import ConversionsChecked
from tests.faults.conversion_matrix import Cell, Fault, Way
from tests.faults.conversion_records import Databases
from tests.faults.faulty_stack import FAULTS
from tests.faults.faulty_worker import ARRIVED, PASSED, REFUSE
from tests.support.api import ask, post
from tests.support.converting import a_lead
from tests.support.sales import unique
from tests.support.stack import RunningStack
from tests.support.waiting import eventually

LOG = logging.getLogger(__name__)

_ARRIVE_SECONDS = 60
_GO_ON_SECONDS = 2
# A killed worker's workflow tasks are given to another after ten seconds.
_SETTLE_SECONDS = 180
# So long a call needs to be on its way, which nobody sees from outside.
_ON_ITS_WAY_SECONDS = 0.2
_AT_ONCE = 8
_COLLEAGUE = "018f4e6e-0000-7000-8000-0000000000b2"


@dataclass
class Waves:
    """Runs waves on one stack."""

    stack: RunningStack
    api: httpx.AsyncClient
    temporal: Client
    databases: Databases
    _product: str = ""
    _gate: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))

    async def run(self, cells: Sequence[Cell]) -> dict[str, list[str]]:
        """Have the cells happen; answers what is wrong afterwards, by cell."""
        leads = dict(zip(cells, await asyncio.gather(*map(self._prepared, cells)), strict=True))
        for cell, lead in leads.items():
            self._give_orders(cell, lead)
        # What they are answered depends on what is killed; what counts is what is there at the end.
        asked = {cell: asyncio.create_task(self._ask(cell, lead)) for cell, lead in leads.items()}
        standing = {cell: lead for cell, lead in leads.items() if cell.stands_still}
        await self._said(standing, ARRIVED)
        await self._happen(standing)
        # Nobody saw the others begin.
        await asyncio.gather(*(task for cell, task in asked.items() if cell not in standing))
        await self._settled(leads)
        await asyncio.gather(*asked.values())
        return await self._faults(leads)

    async def _faults(self, leads: dict[Cell, str]) -> dict[str, list[str]]:
        faults = await self.databases.faults(list(leads.values()))
        statuses = await self.databases.statuses(leads.values())
        wrong = {str(cell): [f"lead {lead}", *faults[lead]] for cell, lead in leads.items() if lead in faults}
        for cell, lead in leads.items():
            if statuses[lead] not in cell.outcomes:
                wrong.setdefault(str(cell), [f"lead {lead}"]).append(f"it is {statuses[lead]}")
        return wrong

    async def _prepared(self, cell: Cell) -> str:
        """A lead with all that goes along; converted where that is to be undone."""
        async with self._gate:
            lead = await self._lead_with_all()
            if cell.undoes:
                await ask(self.api, "POST", f"/leads/{lead}/convert", {})
            if cell.way is Way.STAYING:
                changed = "UPDATE accounts SET version = version + 1 WHERE lead_id = %(lead)s"
                await self.databases.run("crm", changed, lead=lead)
            return lead

    async def _lead_with_all(self) -> str:
        if not self._product:
            self._product = str((await post(self.api, "/products", {"name": unique("Plan"), "unitPrice": 90}))["id"])
        lead = str((await a_lead(self.api))["id"])
        files = {"file": ("offer.txt", b"An offer.", "text/plain")}
        await post(self.api, f"/leads/{lead}/notes", {"content": "Call back."})
        await ask(self.api, "POST", f"/leads/{lead}/documents", expect=201, files=files)
        await post(self.api, f"/leads/{lead}/team", {"userId": _COLLEAGUE, "role": "sales_rep"})
        await post(self.api, f"/leads/{lead}/products", {"productId": self._product, "quantity": 2})
        return lead

    def _give_orders(self, cell: Cell, lead: str) -> None:
        self._path(cell, lead).write_text(cell.order)
        if cell.way is Way.COMPENSATING:
            self._refusal(lead).write_text(REFUSE)

    async def _ask(self, cell: Cell, lead: str) -> None:
        verb = "unconvert" if cell.undoes else "convert"
        try:
            await self.api.post(f"/leads/{lead}/{verb}", json=None if cell.undoes else {})
        except httpx.TransportError as error:
            LOG.info("%s: %r", cell, error)

    async def _happen(self, standing: dict[Cell, str]) -> None:
        """The faults of the cells that stand still, which then go on."""
        kinds = {cell.fault for cell in standing}
        killed: dict[Fault, Callable[[dict[Cell, str]], Awaitable[None]]] = {
            Fault.WORKER_KILLED_BEFORE: self._kill_worker,
            Fault.WORKER_KILLED_DURING: self._kill_worker_with_calls_under_way,
            Fault.WORKER_KILLED_AFTER: self._kill_worker,
            Fault.TORN_AND_CANCELLED: self._tear_and_cancel,
            Fault.CRM_KILLED: lambda leads: self._kill_with_calls_under_way("crm", leads),
            Fault.LEADS_KILLED: lambda leads: self._kill_with_calls_under_way("leads", leads),
            Fault.DATABASE_RESTARTED: self._restart_database,
        }
        for kind in kinds & killed.keys():
            await killed[kind](standing)
        await asyncio.gather(
            *(self._stop_run(cell, lead) for cell, lead in standing.items() if cell.fault not in killed)
        )

    async def _stop_run(self, cell: Cell, lead: str) -> None:
        if cell.fault in {Fault.CANCELLED, Fault.CANCELLED_WAITING}:
            await self._run_of(cell, lead).cancel()
        else:
            await self._run_of(cell, lead).terminate("by a test")
        self._release({cell: lead})

    async def _kill_worker(self, standing: dict[Cell, str]) -> None:
        killed = self.stack.send("worker", signal.SIGKILL)
        self._release(standing)
        await self.stack.restarted("worker", killed)

    async def _kill_worker_with_calls_under_way(self, standing: dict[Cell, str]) -> None:
        paused = [self.stack.pause(part) for part in ("crm", "leads")]
        try:
            await self._go_on(standing)
            killed = self.stack.send("worker", signal.SIGKILL)
        finally:
            for pid in paused:
                self.stack.resume(pid)
        await self.stack.restarted("worker", killed)

    async def _tear_and_cancel(self, standing: dict[Cell, str]) -> None:
        await self._kill_worker_with_calls_under_way(standing)
        await asyncio.gather(*(self._run_of(cell, lead).cancel() for cell, lead in standing.items()))

    async def _kill_with_calls_under_way(self, part: str, standing: dict[Cell, str]) -> None:
        paused = self.stack.pause(part)
        await self._go_on(standing)
        self.stack.send(part, signal.SIGKILL)
        await self.stack.restarted(part, paused)

    async def _restart_database(self, standing: dict[Cell, str]) -> None:
        self._release(standing)
        stopped = self.stack.send("postgres", signal.SIGINT)
        await self.stack.restarted("postgres", stopped)

    async def _go_on(self, standing: dict[Cell, str]) -> None:
        self._release(standing)
        # One whose attempt timed out at this moment is not seen to go on.
        with suppress(AssertionError):
            await self._said(standing, PASSED, within=_GO_ON_SECONDS)
        await asyncio.sleep(_ON_ITS_WAY_SECONDS)

    def _release(self, leads: dict[Cell, str]) -> None:
        for cell, lead in leads.items():
            self._refusal(lead).unlink(missing_ok=True)
            self._path(cell, lead).unlink(missing_ok=True)

    async def _said(self, leads: dict[Cell, str], what: str, within: float = _ARRIVE_SECONDS) -> None:
        async def missing() -> list[str]:
            paths = {cell: self._path(cell, lead) for cell, lead in leads.items()}
            return [str(cell) for cell, path in paths.items() if not path.with_name(path.name + what).exists()]

        await eventually(missing, lambda cells: not cells, within=within)

    async def _settled(self, leads: dict[Cell, str]) -> None:
        """Nothing of all that is under way any more. What was terminated, the check has begun anew."""
        terminated = any(cell.fault is Fault.TERMINATED for cell in leads)

        async def unfinished() -> Any:
            if terminated:
                await self._check()
            return await self.databases.unfinished(leads.values())

        await eventually(unfinished, lambda rows: not rows, within=_SETTLE_SECONDS, every=0.3)
        for cell, lead in leads.items():
            self._release({cell: lead})

    async def _check(self) -> None:
        await self.temporal.execute_workflow(
            names.CHECK_CONVERSIONS,
            id=f"{names.CHECK_CONVERSIONS}-{uuid4()}",
            task_queue=names.CHECK_QUEUE,
            result_type=ConversionsChecked,
        )

    def _run_of(self, cell: Cell, lead: str) -> WorkflowHandle[Any, Any]:
        workflow_id = names.lead_unconversion_id if cell.undoes else names.lead_conversion_id
        return self.temporal.get_workflow_handle(workflow_id(lead))

    def _path(self, cell: Cell, lead: str) -> Path:
        return Path(self.stack.about["dataDir"], FAULTS, f"{lead}.{cell.step}")

    def _refusal(self, lead: str) -> Path:
        return Path(self.stack.about["dataDir"], FAULTS, f"{lead}.{names.COMPLETE_CONVERSION}")
