"""The activity of the check-conversions workflow. Repeated, it finds what is still to be done."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import grpc
from leadline.leads.v1 import conversion_service_pb2 as pb
from leadline.leads.v1.conversion_service_pb2_grpc import ConversionServiceStub
from temporalio import activity
from temporalio.client import Client

from leadline_workflows.activities.door import Door
from leadline_workflows.activities.open_runs import Slots, is_open
from leadline_workflows.contracts import names
from leadline_workflows.contracts.conversion import ConversionsChecked

# So long an order may be on its way to its run.
_ON_ITS_WAY = timedelta(minutes=2)
_PAGE = 200


class ConversionCheckActivities:
    """Asks the leads service what is unfinished, and Temporal whether somebody works on it."""

    def __init__(self, door: Door, leads: grpc.aio.Channel, *, on_its_way: timedelta = _ON_ITS_WAY) -> None:
        self._door = door
        self._conversions = ConversionServiceStub(leads)
        self._on_its_way = on_its_way

    @activity.defn(name=names.ORDER_LOST_CONVERSIONS)
    async def order_lost_conversions(self) -> ConversionsChecked:
        """Have the unfinished conversions that have no open run ordered anew."""
        request = pb.ListUnfinishedConversionsRequest(limit=_PAGE)
        request.ordered_before.FromDatetime(datetime.now(UTC) - self._on_its_way)
        unfinished = ordered = 0
        while True:
            listed = await self._door.ask_until_done(self._conversions.ListUnfinishedConversions, request)
            lost = await _without_run(activity.client(), listed.conversions)
            unfinished, ordered = unfinished + len(listed.conversions), ordered + await self._order(lost)
            activity.heartbeat()
            if len(listed.conversions) < _PAGE:
                return ConversionsChecked(unfinished, ordered)
            request.after_conversion_id = listed.conversions[-1].conversion_id

    async def _order(self, lost: list[str]) -> int:
        if not lost:
            return 0
        request = pb.OrderConversionsRequest(conversion_ids=lost)
        return (await self._door.ask_until_done(self._conversions.OrderConversions, request)).ordered


async def _without_run(client: Client, listed: Sequence[pb.UnfinishedConversion]) -> list[str]:
    at_work = await Slots().each(listed, lambda each: is_open(client, _run_of(each)))
    return [each.conversion_id for each, found in zip(listed, at_work, strict=True) if not found]


def _run_of(each: pb.UnfinishedConversion) -> str:
    if each.state == pb.CONVERSION_STATE_UNCONVERTING:
        return names.lead_unconversion_id(each.lead_id)
    return names.lead_conversion_id(each.lead_id)
