"""The runs of SLA clocks as Temporal knows them. Lists lag behind by seconds: what they lack is looked at by itself."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from temporalio.client import (
    Client,
    WorkflowExecution,
    WorkflowQueryFailedError,
    WorkflowQueryRejectedError,
)
from temporalio.common import QueryRejectCondition, SearchAttributeKey
from temporalio.service import RPCError, RPCStatusCode

from leadline_workflows.activities.open_runs import Slots, is_open
from leadline_workflows.contracts import names, search_attributes
from leadline_workflows.contracts.sla import Clock

_OPEN = f"WorkflowType = '{names.LEAD_SLA}' AND ExecutionStatus = 'Running'"
_DEADLINE = SearchAttributeKey.for_datetime(search_attributes.SLA_DEADLINE)
_CALL = timedelta(seconds=10)
_QUERY = timedelta(seconds=5)
_AWAY = {RPCStatusCode.UNAVAILABLE, RPCStatusCode.RESOURCE_EXHAUSTED}


@dataclass(frozen=True, slots=True)
class Run:
    """An open run of a clock, and the deadline that it shows."""

    lead_id: str
    run_id: str
    started_at: datetime
    deadline: datetime | None


@dataclass(frozen=True, slots=True)
class Heard:
    """The clock as a run knows it; nothing where it has ended meanwhile, or does not say."""

    clock: Clock | None = None
    is_silent: bool = False


class ClockRuns:
    """Looks at runs of clocks, at most twenty at a time."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.slots = Slots()

    async def missing(self, lead_ids: Collection[str]) -> list[str]:
        """Those of the leads whose clock has no open run."""
        listed = {names.lead_of(each.id) for each in await self._open(lead_ids)}
        doubtful = [lead_id for lead_id in lead_ids if lead_id not in listed]
        are_open = await self.slots.each(doubtful, lambda each: is_open(self._client, names.lead_sla_id(each)))
        return [lead_id for lead_id, is_open in zip(doubtful, are_open, strict=True) if not is_open]

    async def page(self, begin: str, token: bytes | None, size: int) -> tuple[list[Run], bytes | None]:
        """A page of the open runs, the newest first, from ``begin`` on if that is given, and the next page's token."""
        query = f"{_OPEN} AND StartTime <= '{begin}'" if begin else _OPEN
        listing = self._client.list_workflows(query, page_size=size, next_page_token=token, rpc_timeout=_CALL)
        await listing.fetch_next_page()
        return [_run(each) for each in listing.current_page or ()], listing.next_page_token

    async def ask(self, run: Run) -> Heard:
        """Ask a run for its clock."""
        handle = self._client.get_workflow_handle(names.lead_sla_id(run.lead_id), run_id=run.run_id)
        try:
            clock: Clock = await handle.query(
                names.CLOCK,
                result_type=Clock,
                reject_condition=QueryRejectCondition.NOT_OPEN,
                rpc_timeout=_QUERY,
            )
        except WorkflowQueryRejectedError:
            return Heard()
        except WorkflowQueryFailedError:
            return Heard(is_silent=True)
        except RPCError as error:
            if error.status in _AWAY:
                raise
            return Heard(is_silent=error.status is not RPCStatusCode.NOT_FOUND)
        return Heard(clock)

    async def close(self, run: Run, known: Clock) -> None:
        """Tell a run that there is nothing to wait for any more."""
        handle = self._client.get_workflow_handle(names.lead_sla_id(run.lead_id), run_id=run.run_id)
        try:
            await handle.signal(names.CLOCK_CHANGED, known, rpc_timeout=_CALL)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise

    async def _open(self, lead_ids: Collection[str]) -> list[WorkflowExecution]:
        ids = ", ".join(f"'{names.lead_sla_id(each)}'" for each in lead_ids)
        listing = self._client.list_workflows(f"{_OPEN} AND WorkflowId IN ({ids})", rpc_timeout=_CALL)
        return [each async for each in listing]


def _run(listed: WorkflowExecution) -> Run:
    deadline = listed.typed_search_attributes.get(_DEADLINE)
    return Run(names.lead_of(listed.id), listed.run_id, listed.start_time, deadline)
