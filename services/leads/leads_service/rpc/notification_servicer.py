"""NotificationService: what people should hear of, for the services that tell them."""

import asyncio
from collections.abc import AsyncIterator

from leadline.leads.v1 import notification_service_pb2 as pb
from leadline.leads.v1 import notification_service_pb2_grpc as pb_grpc

from kit import jsontext
from kit.db.waiting import Waiting
from kit.paging import limit_of
from kit.rpc.guard import Context
from kit.rpc.times import to_timestamp
from leads_service.domain.lead import Notification
from leads_service.rpc.situation import Parts
from leads_service.usecases import notifications

_USUAL_LIMIT = 100
_LARGEST_LIMIT = 500
# Those of one message.
_SENT_AT_ONCE = 100
# Notices arrive at once; this is for one that was lost.
_LOOK_EVERY_SECONDS = 1.0
# What comes one by one goes out together.
_GATHERED_SECONDS = 0.2


class NotificationServicer(pb_grpc.NotificationServiceServicer):
    """Hands on what is committed. ``waiting`` tells of more; with ``ending`` those who watch are let go."""

    def __init__(self, parts: Parts, waiting: Waiting, ending: asyncio.Event) -> None:
        self._database = parts.database
        self._waiting = waiting
        self._ending = ending

    async def ListNotifications(
        self, request: pb.ListNotificationsRequest, _context: Context
    ) -> pb.ListNotificationsResponse:
        """The next ones behind a number."""
        limit = limit_of(request.limit, _USUAL_LIMIT, _LARGEST_LIMIT)
        await notifications.check_place(self._database, request.after_number)
        found = await notifications.next_behind(self._database, request.after_number, limit)
        return pb.ListNotificationsResponse(notifications=map(_notification, found))

    async def WatchNotifications(
        self, request: pb.WatchNotificationsRequest, _context: Context
    ) -> AsyncIterator[pb.WatchNotificationsResponse]:
        """The next ones behind a number, and each new one, until this instance ends."""
        place = request.after_number
        await notifications.check_place(self._database, place)
        while not self._ending.is_set():
            found = await self._newer(place)
            if found:
                yield pb.WatchNotificationsResponse(notifications=map(_notification, found))
                place = found[-1].number or place
            if len(found) < _SENT_AT_ONCE:
                await asyncio.sleep(_GATHERED_SECONDS)

    async def _newer(self, place: int) -> list[Notification]:
        """Those behind a place; none where none have come within the time after which one looks."""

        async def look() -> list[Notification]:
            return await notifications.next_behind(self._database, place, _SENT_AT_ONCE)

        return await self._waiting.end_of("", _LOOK_EVERY_SECONDS, look, bool)


def _notification(notification: Notification) -> pb.Notification:
    return pb.Notification(
        id=str(notification.id),
        number=notification.number or 0,
        type=notification.type,
        lead_id=str(notification.lead_id),
        lead_name=notification.lead_name,
        recipient_ids=map(str, notification.recipient_ids),
        title=notification.title,
        metadata=jsontext.dumps(notification.metadata),
        occurred_at=to_timestamp(notification.occurred_at),
        created_at=to_timestamp(notification.created_at),
    )
