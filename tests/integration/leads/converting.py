"""Conversions as tests carry them out in the workflow's place, and settings of theirs."""

import json
from datetime import timedelta
from typing import Any

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from leadline.leads.v1 import conversion_service_pb2 as pb
from leadline.leads.v1 import lead_pb2
from leadline.settings.v1 import configuration_service_pb2

from kit.ids import new_id
from tests.integration.leads.door import Door
from tests.integration.leads.pushing import Edit

RUNNING, COMPLETED, FAILED = (
    pb.CONVERSION_STATE_RUNNING,
    pb.CONVERSION_STATE_COMPLETED,
    pb.CONVERSION_STATE_FAILED,
)
UNCONVERTING, UNCONVERTED = pb.CONVERSION_STATE_UNCONVERTING, pb.CONVERSION_STATE_UNCONVERTED
IN_THE_WAY = [pb.ConversionObstacle(field="accountId", reason="USED")]


async def convertible(door: Door, **more: Any) -> lead_pb2.Lead:
    given = {"first_name": "Alice", "company": "StartupIO", "email": "a@gmail.com", "estimated_value": "50", **more}
    return await door.create(**given)


async def complete(door: Door, conversion_id: str, **ids: str) -> pb.Conversion:
    request = pb.CompleteConversionRequest(conversion_id=conversion_id, **ids)
    return (await door.as_saga(door.conversion_stub.CompleteConversion, request)).conversion  # type: ignore[no-any-return]


async def fail(door: Door, conversion_id: str) -> pb.Conversion:
    request = pb.FailConversionRequest(conversion_id=conversion_id, reason="ACCOUNT_NOT_FOUND", message="It is gone.")
    return (await door.as_saga(door.conversion_stub.FailConversion, request)).conversion  # type: ignore[no-any-return]


async def start_undoing(door: Door, conversion_id: str, reason: str = "STAGE_NOT_FOUND") -> pb.Conversion:
    request = pb.StartUndoingConversionRequest(conversion_id=conversion_id, reason=reason, message="It is gone.")
    answer = await door.as_saga(door.conversion_stub.StartUndoingConversion, request)
    return answer.conversion  # type: ignore[no-any-return]


async def plan(door: Door, conversion_id: str) -> pb.ConversionPlan:
    request = pb.GetConversionPlanRequest(conversion_id=conversion_id)
    return (await door.as_saga(door.conversion_stub.GetConversionPlan, request)).plan  # type: ignore[no-any-return]


async def check(door: Door, lead_id: str, *, sent: str | None = None) -> pb.CheckConversionResponse:
    request = pb.CheckConversionRequest(lead_id=lead_id)
    return await door.ask(door.conversion_stub.CheckConversion, request, sent=sent)  # type: ignore[no-any-return]


async def newest(door: Door, lead_id: str) -> pb.Conversion:
    request = pb.GetConversionRequest(lead_id=lead_id)
    return (await door.ask(door.conversion_stub.GetConversion, request)).conversion  # type: ignore[no-any-return]


async def converted(door: Door, lead: lead_pb2.Lead | None = None, **more: Any) -> pb.Conversion:
    """A conversion that has come to its end, of a new lead unless said."""
    lead = lead or await convertible(door, **more)
    ids = {name: str(new_id()) for name in ("account_id", "contact_id", "opportunity_id")}
    return await complete(door, (await door.convert(lead.id)).id, **ids)


async def unconvert(
    door: Door,
    lead_id: str,
    *,
    wait: float = 0,
    version: int | None = None,
    key: str | None = None,
    sent: str | None = None,
) -> pb.Conversion:
    longest = Duration()
    longest.FromTimedelta(timedelta(seconds=wait))
    request = pb.UnconvertLeadRequest(lead_id=lead_id, max_wait=longest, expected_version=version)
    answer = await door.ask(door.conversion_stub.UnconvertLead, request, key=key, sent=sent)
    return answer.conversion  # type: ignore[no-any-return]


async def complete_undoing(door: Door, conversion_id: str) -> pb.Conversion:
    request = pb.CompleteUnconversionRequest(conversion_id=conversion_id)
    return (await door.as_saga(door.conversion_stub.CompleteUnconversion, request)).conversion  # type: ignore[no-any-return]


async def fail_undoing(door: Door, conversion_id: str) -> pb.Conversion:
    request = pb.FailUnconversionRequest(
        conversion_id=conversion_id, reason="RECORDS_CHANGED", message="It grew.", obstacles=IN_THE_WAY
    )
    return (await door.as_saga(door.conversion_stub.FailUnconversion, request)).conversion  # type: ignore[no-any-return]


async def report(door: Door, conversion_id: str, waits: pb.ConversionWait | None) -> None:
    request = pb.ReportConversionRequest(conversion_id=conversion_id, waits=waits)
    await door.as_saga(door.conversion_stub.ReportConversion, request)


async def unfinished(door: Door, before: Timestamp | None = None, **page: Any) -> list[pb.UnfinishedConversion]:
    request = pb.ListUnfinishedConversionsRequest(ordered_before=before, **page)
    return list((await door.as_saga(door.conversion_stub.ListUnfinishedConversions, request)).conversions)


async def order_anew(door: Door, *conversion_ids: str) -> int:
    request = pb.OrderConversionsRequest(conversion_ids=conversion_ids)
    return int((await door.as_saga(door.conversion_stub.OrderConversions, request)).ordered)


def sets(**section: Any) -> Edit:
    """The settings say this of conversions."""

    def edit(configuration: configuration_service_pb2.Configuration) -> None:
        document = json.loads(configuration.settings.document)
        document["conversion"].update(section)
        configuration.settings.document = json.dumps(document)

    return edit


def maps(*ways: tuple[str, str]) -> Edit:
    """The settings have fields go these ways."""
    return sets(fieldMap=[{"from": source, "to": target} for source, target in ways])
