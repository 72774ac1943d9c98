"""Reads what the product shows of the leads of a fault test."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
from google.protobuf.timestamp_pb2 import Timestamp
from leadline.leads.v1 import notification_service_pb2 as pb
from leadline.leads.v1.notification_service_pb2_grpc import NotificationServiceStub
from temporalio.client import Client
from temporalio.service import RPCError

from kit.rpc.calls import call, open_channel
from tests.faults.busy_clocks import BusyClocks
from tests.faults.clock_oracle import ClockRecord, Notified, faults_of
from tests.support.stack import RunningStack
from tests.support.waiting import eventually

_AT_ONCE = 20
_PAGE = 500

Notifications = dict[str, list[Notified]]
Runs = dict[str, list[str]]


@dataclass(frozen=True)
class ClockRecords:
    """All that is to be read of the leads of a test, and to be found fault with."""

    stack: RunningStack
    api: httpx.AsyncClient
    temporal: Client
    busy: BusyClocks

    async def faults(self, ids: Iterable[str]) -> dict[str, list[str]]:
        """What is not as it must be, by lead."""
        notifications, runs = await self._notifications(), await self._runs()
        gate = asyncio.Semaphore(_AT_ONCE)

        async def faults_of_one(lead_id: str) -> tuple[str, list[str]]:
            async with gate:
                record = await self._record(lead_id, notifications[lead_id], runs[lead_id])
                return lead_id, faults_of(self.busy.leads[lead_id], record, self.busy.rules, datetime.now(UTC))

        found = await asyncio.gather(*map(faults_of_one, ids))
        return {lead_id: faults for lead_id, faults in found if faults}

    async def _record(self, lead_id: str, notifications: list[Notified], runs: list[str]) -> ClockRecord:
        pages = [await self._shown(f"{lead_id}/{name}?limit=100") for name in ("activities", "history")]
        assert all(page["meta"]["total"] <= 100 for page in pages)
        return ClockRecord(
            lead=await self._shown(lead_id),
            sla=await self._shown(f"{lead_id}/sla"),
            activities=pages[0]["data"],
            history=pages[1]["data"],
            runs=runs,
            notifications=notifications,
        )

    async def _shown(self, path: str) -> Any:
        """What is shown of a lead, once its service answers again."""
        answer = await eventually(
            lambda: self.api.get(f"/leads/{path}"), lambda answer: answer.status_code != 503, within=30, every=0.5
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def _runs(self) -> Runs:
        """The states of all clocks' runs that were started since the test began, by lead."""
        found: Runs = defaultdict(list)
        since = min(lead.created_at for lead in self.busy.leads.values()).isoformat()
        query = f"WorkflowType = 'lead-sla' AND StartTime >= '{since}'"
        with suppress(RPCError):  # it is busy with what it has missed: what is not seen now is looked at again
            async for run in self.temporal.list_workflows(query):
                found[run.id.partition("/")[2]].append(run.status.name if run.status else "")
        return found

    async def _notifications(self) -> Notifications:
        """All that there are, by lead."""
        found: Notifications = defaultdict(list)
        async with open_channel(self.stack.about["grpc"]["leads"]) as channel:
            page = await self._page(channel, 0)
            while page:
                for one in page:
                    told = (one.type, _as_shown(one.occurred_at), tuple(one.recipient_ids))
                    found[one.lead_id].append(told)
                page = await self._page(channel, page[-1].number)
        return found

    async def _page(self, channel: Any, place: int) -> Sequence[pb.Notification]:
        request = pb.ListNotificationsRequest(after_number=place, limit=_PAGE)
        stub: Any = NotificationServiceStub(channel)
        answer = await call(stub.ListNotifications, request, token=self.stack.about["token"], timeout=10)
        return list(answer.notifications)


def _as_shown(timestamp: Timestamp) -> datetime:
    """An instant as the REST API shows it: to the millisecond."""
    return datetime.fromtimestamp(timestamp.ToMilliseconds() / 1000, UTC)
