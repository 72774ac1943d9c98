"""Trying a policy through the gRPC door: with the settings in force, and with a draft of them."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from leadline.leads.v1 import sla_service_pb2 as pb

from kit import jsontext
from kit.rpc.times import to_timestamp
from tests.integration.leads.door import Door, fields_at_fault, refusal
from tests.support.tokens import token

CREATED = datetime(2025, 1, 20, 10, tzinfo=UTC)


async def tried(door: Door, created_at: datetime = CREATED, **given: Any) -> pb.PreviewSlaResponse:
    request = pb.PreviewSlaRequest(created_at=to_timestamp(created_at), **given)
    return await door.ask(door.sla_stub.PreviewSla, request)  # type: ignore[no-any-return]


async def test_by_the_settings_in_force_the_documented_example_comes_out(door: Door) -> None:
    found = await tried(door, priority="high", until=to_timestamp(CREATED + timedelta(minutes=150)))
    assert found == pb.PreviewSlaResponse(
        policy="Standard Response",
        at_risk_at=to_timestamp(CREATED + timedelta(minutes=144)),
        response_deadline=to_timestamp(CREATED + timedelta(minutes=240)),
        elapsed_business_seconds=9000,
    )


async def test_a_preview_is_what_a_lead_gets_that_is_created_then_and_makes_none(door: Door) -> None:
    lead = await door.create(last_name="Johnson", source="website")
    before = (await door.find(limit=1)).total
    found = await tried(door, lead.created_at.ToDatetime(UTC), source="website")
    sla = await door.lead_sla(lead.id)
    assert (found.policy, found.at_risk_at, found.response_deadline) == (
        sla.sla_policy,
        sla.at_risk_at,
        sla.response_deadline,
    )
    assert (await door.find(limit=1)).total == before


async def test_a_draft_counts_instead_of_what_is_in_force(door: Door) -> None:
    document = json.loads(door.configuration.settings.document)
    document["sla"]["policies"][0] |= {"name": "Draft", "responseMinutes": {"*": 60}}
    document["sla"]["policies"][0]["businessHours"] = {
        "timezone": "Asia/Karachi",
        "hours": {"mon": [["09:00", "15:30"]], "tue": [["09:00", "24:00"]]},
    }
    found = await tried(door, document=jsontext.dumps(document), until=to_timestamp(CREATED + timedelta(days=1)))
    # 15:00 in Karachi on a Monday: half an hour on that day, and half an hour on the next.
    assert (found.policy, found.response_deadline.ToDatetime(UTC)) == (
        "Draft",
        CREATED + timedelta(hours=18, minutes=30),
    )
    assert found.elapsed_business_seconds == 3600 * 6.5
    assert (await tried(door)).policy == "Standard Response"


async def test_a_preview_is_refused_by_the_names_of_what_is_wrong(door: Door) -> None:
    stub = door.sla_stub.PreviewSla
    assert fields_at_fault(await refusal(door.ask(stub, pb.PreviewSlaRequest()))) == {("createdAt", "REQUIRED")}
    wrong = tried(door, datetime(9999, 1, 1, tzinfo=UTC), priority="urgent", source="moon", pipeline_id="Sales")
    assert {field for field, _ in fields_at_fault(await refusal(wrong))} == {
        "createdAt",
        "priority",
        "source",
        "pipelineId",
    }
    for document in ("[]", "{", '{"sla": {"policies": [{}]}}', '{"sla": {"atRiskAfterPercent": 101}}'):
        error = await refusal(tried(door, document=document))
        assert {field for field, _ in fields_at_fault(error)} == {"document"}, document


async def test_who_sees_leads_may_try(door: Door) -> None:
    request = pb.PreviewSlaRequest(created_at=to_timestamp(CREATED))
    assert (await door.ask(door.sla_stub.PreviewSla, request, sent=token("leads:view"))).policy
    lacking = door.ask(door.sla_stub.PreviewSla, request, sent=token("leads:edit"))
    assert (await refusal(lacking)).reason == "PERMISSION_MISSING"
