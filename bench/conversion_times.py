"""Where the time of conversions goes, step by step: from when they were asked for, the database, and histories.

All of it is told by clocks of one machine. Steps that a run takes in its own task are told apart by when each begins.
"""

import asyncio
import itertools
import json
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from own_stack import OwnStack
from rich.table import Table
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client

from leadline_workflows.contracts import names

_AT_ONCE = 10
_LOCAL_STEP = "core_local_activity"
_ENDS = "SELECT id, lead_id, started_at, ended_at FROM conversions WHERE lead_id = ANY(%(leads)s)"

# What begins, and when.
Moments = list[tuple[str, float]]


@dataclass(frozen=True)
class Asked:
    """A conversion as its client saw it; times are seconds since 1970."""

    lead_id: str
    at: float
    answered: float


async def table_of_steps(stack: OwnStack, asked: Sequence[Asked]) -> Table:
    """The median of what lies between the moments of these conversions."""
    client = await Client.connect(stack.temporal)
    rows = await stack.rows(_ENDS, leads=[each.lead_id for each in asked])
    ends = {str(row["lead_id"]): row for row in rows}
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(each: Asked) -> Moments:
        async with gate:
            handle = client.get_workflow_handle(names.lead_conversion_id(each.lead_id))
            history = await handle.fetch_history()
        return _moments(each, ends[each.lead_id], history.events)

    return _table(await asyncio.gather(*map(one, asked)))


def _moments(asked: Asked, row: Mapping[str, Any], events: Sequence[HistoryEvent]) -> Moments:
    first = {kind: _at(next(each for each in events if each.event_type == kind)) for kind in _KINDS}
    steps = sorted(_local_steps(events), key=lambda step: step[1])
    return [
        ("gateway and leads service, before the lead is reserved", asked.at),
        ("reserving, relay, starting the run", row["started_at"].timestamp()),
        ("the run waits for a worker", first[EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED]),
        ("the worker begins", first[EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED]),
        *steps,
        ("the caller is told", row["ended_at"].timestamp()),
        ("", asked.answered),
    ]


_KINDS = (
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED,
    EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED,
)


def _at(event: HistoryEvent) -> float:
    return event.event_time.ToDatetime(UTC).timestamp()


def _local_steps(events: Iterable[HistoryEvent]) -> Iterable[tuple[str, float]]:
    for event in events:
        marker = event.marker_recorded_event_attributes
        if marker.marker_name == _LOCAL_STEP:
            told = json.loads(marker.details["data"].payloads[0].data)
            begun = told["original_schedule_time"]
            yield told["activity_type"], begun["seconds"] + begun["nanos"] / 1e9


def _table(conversions: Sequence[Moments]) -> Table:
    spent: dict[str, list[float]] = {}
    for moments in conversions:
        for (what, begun), (_, ended) in itertools.pairwise(moments):
            spent.setdefault(what, []).append(1000 * (ended - begun))
    title = f"where the time of {len(conversions)} conversions went, to {datetime.now(UTC):%H:%M:%S}Z"
    table = Table("step", "conversions", "median ms", "mean ms", title=title)
    for what, each in spent.items():
        table.add_row(what, str(len(each)), f"{statistics.median(each):.1f}", f"{statistics.fmean(each):.1f}")
    return table
