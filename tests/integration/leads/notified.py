"""Notifications as tests read them at the gRPC door, and the settings under which there are several of a lead."""

import json
from collections.abc import AsyncGenerator
from typing import Any

from leadline.leads.v1 import notification_service_pb2 as pb
from leadline.leads.v1 import notification_service_pb2_grpc as pb_grpc
from leadline.settings.v1 import configuration_service_pb2

from kit.ids import new_id
from kit.rpc.calls import stream
from tests.integration.leads.door import Door
from tests.integration.leads.pushing import House
from tests.support.tokens import token

READER_TOKEN = token("notifications:read", role="service")
BOB, CAROL = str(new_id()), str(new_id())
TYPES = ["sla_at_risk", "sla_breached", "sla_escalated", "sla_escalated"]


def escalating(configuration: configuration_service_pb2.Configuration) -> None:
    """Escalate to Bob after an hour and to Carol after two."""
    document = json.loads(configuration.settings.document)
    document["sla"]["escalations"] = [{"afterMinutes": 60, "assignTo": BOB}, {"afterMinutes": 120, "assignTo": CAROL}]
    configuration.settings.document = json.dumps(document)


async def listed(
    door: Door, after: int = 0, *, limit: int = 0, sent: str = READER_TOKEN
) -> pb.ListNotificationsResponse:
    request = pb.ListNotificationsRequest(after_number=after, limit=limit)
    stub: Any = pb_grpc.NotificationServiceStub(door.channel)
    return await door.ask(stub.ListNotifications, request, sent=sent)  # type: ignore[no-any-return]


async def everything(door: Door, after: int = 0, *, limit: int = 0) -> list[pb.Notification]:
    """All behind a number, page by page."""
    found: list[pb.Notification] = []
    while page := list((await listed(door, found[-1].number if found else after, limit=limit)).notifications):
        found += page
    return found


async def newest(door: Door) -> int:
    """The number of the newest; 0 where there is none."""
    found = await everything(door, limit=500)
    return found[-1].number if found else 0


def watched(
    door: Door, after: int = 0, *, sent: str = READER_TOKEN, seconds: float = 30
) -> AsyncGenerator[pb.WatchNotificationsResponse]:
    stub: Any = pb_grpc.NotificationServiceStub(door.channel)
    request = pb.WatchNotificationsRequest(after_number=after)
    return stream(stub.WatchNotifications, request, token=sent, timeout=seconds)


async def next_of(watching: AsyncGenerator[pb.WatchNotificationsResponse], count: int) -> list[pb.Notification]:
    """At least so many more of a stream, which stays open."""
    found: list[pb.Notification] = []
    while len(found) < count:
        found += (await anext(watching)).notifications
    return found


async def written(house: House) -> int:
    """How many there are, read or not."""
    return int(await house.one("SELECT count(*) FROM notifications"))
