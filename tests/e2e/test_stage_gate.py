"""What a stage asks for is asked on every path, and pipelines move as they are set."""

from typing import Any

import httpx
import pytest

from tests.support.api import ask, get, post, put
from tests.support.sales import in_force, read, set_up

# For each type of field: a value that fits it, and some that do not.
TYPES: list[tuple[str, Any, list[Any]]] = [
    ("text", "A word", [7, True, ["A word"]]),
    ("number", 12.5, ["12.5", True, "many"]),
    ("date", "2027-03-01", ["2027-02-30", "1 March", 20270301]),
    ("datetime", "2027-03-01T10:00:00Z", ["2027-03-01", "2027-03-01T10:00:00", 1]),
    ("boolean", False, ["false", 0]),
    ("select", "small", ["huge", 1]),
    ("email", "alice@startup.io", ["alice", 7]),
    ("phone", "+12125550123", ["123", 12125550123]),
    ("url", "https://startup.io/pricing", ["startup.io", "ftp://startup.io"]),
]


@pytest.mark.parametrize(("type_", "good", "bad"), TYPES, ids=[each[0] for each in TYPES])
async def test_a_required_field_of_each_type_is_asked_for(
    api: httpx.AsyncClient, type_: str, good: Any, bad: list[Any]
) -> None:
    process = await set_up(api)
    options = {"options": ["small", "large"]} if type_ == "select" else {}
    await process.asks("Talk", "answer", type_, label="The answer", **options)
    await in_force(api)
    lead = await process.lead()
    refused = await process.move(lead, "Talk", expect=422)
    assert refused["code"] == "stage_fields_missing"
    assert [error["field"] for error in refused["errors"]] == ["stageFieldValues.answer"]
    for wrong in bad:
        refused = await process.move(lead, "Talk", expect=422, answer=wrong)
        assert refused["code"] == "validation_failed", wrong
    assert await read(api, lead) == lead
    moved = await process.move(lead, "Talk", answer=good)
    assert (moved["stageName"], moved["stageFieldValues"]) == ("Talk", {"answer": good})


async def test_a_field_named_like_a_lead_field_is_that_field(api: httpx.AsyncClient) -> None:
    process = await set_up(api)
    await process.asks("Offer", "estimatedValue", "number", label="Budget")
    await in_force(api)
    lead = await process.lead()
    await process.move(lead, "Offer", expect=422)
    moved = await process.move(lead, "Offer", estimatedValue=12000)
    assert (moved["estimatedValue"], moved["stageFieldValues"]) == (12000, {})
    has_it = await process.lead(estimatedValue=500)
    assert (await process.move(has_it, "Offer"))["stageName"] == "Offer"
    wrong = {"name": "email", "type": "number"}
    refused = await post(api, f"/lead-settings/stages/{process.stage('Talk')}/fields", wrong, expect=422)
    assert [error["field"] for error in refused["errors"]] == ["type"]


async def test_no_path_leads_around_the_gate(api: httpx.AsyncClient) -> None:
    process = await set_up(api)
    for stage in ("Offer", "Won", "Lost"):
        await process.asks(stage, "contract", "text")
    await in_force(api)
    lead = await process.lead(estimatedValue=1000)
    offer = process.stage("Offer")
    refusals = [
        await process.lead(expect=422, stageId=offer),
        await put(api, f"/leads/{lead['id']}", {"stageId": offer}, expect=422),
        await process.move(lead, "Offer", expect=422),
        await ask(api, "POST", f"/leads/{lead['id']}/disqualify", {"reason": "no_budget"}, expect=422),
        await ask(api, "POST", f"/leads/{lead['id']}/convert", {}, expect=422),
    ]
    assert {refused["code"] for refused in refusals} == {"stage_fields_missing"}
    bulk = {"ids": [lead["id"]], "changes": {"stageId": offer}}
    answer = await put(api, "/leads/bulk-update", bulk)
    assert (answer["updated"], [each["code"] for each in answer["failed"]]) == (0, ["stage_fields_missing"])
    refused = await put(api, "/leads/bulk-update", {**bulk, "atomic": True}, expect=422)
    assert refused["code"] == "bulk_refused"
    assert await read(api, lead) == lead
    assert (await get(api, "/leads", stageId=offer))["meta"]["total"] == 0

    assert (await process.lead(stageId=offer, stageFieldValues={"contract": "A"}))["stageName"] == "Offer"
    given = {"stageFieldValues": {"contract": "C-7"}}
    converted = await ask(api, "POST", f"/leads/{lead['id']}/convert", given)
    assert converted["message"] == "Lead converted successfully"
    shown = await read(api, lead)
    assert (shown["stageName"], shown["stageFieldValues"]) == ("Won", {"contract": "C-7"})
    other = await process.lead()
    lost = {"reason": "no_budget", "notes": "Next year", **given}
    shown = await ask(api, "POST", f"/leads/{other['id']}/disqualify", lost)
    assert (shown["status"], shown["stageName"], shown["disqualificationReason"]) == (
        "disqualified",
        "Lost",
        "no_budget",
    )


async def test_a_sequential_pipeline_moves_step_by_step_and_back(api: httpx.AsyncClient) -> None:
    process = await set_up(api, movement="sequential")
    lead = await process.lead()
    refused = await process.move(lead, "Offer", expect=409)
    assert refused["code"] == "stage_move_not_allowed"
    await process.move(lead, "Talk")
    await process.move(lead, "Offer")
    assert (await process.move(lead, "New"))["stageName"] == "New"
    bulk = {"ids": [lead["id"]], "changes": {"stageId": process.stage("Offer")}}
    assert [each["code"] for each in (await put(api, "/leads/bulk-update", bulk))["failed"]] == [
        "stage_move_not_allowed"
    ]
    await put(api, f"/lead-settings/pipelines/{process.id}", {"movement": "free"})
    await in_force(api)
    assert (await process.move(lead, "Offer"))["stageName"] == "Offer"


async def test_reordering_changes_what_the_next_stage_is_and_how_leads_are_sorted(api: httpx.AsyncClient) -> None:
    process = await set_up(api, movement="sequential")
    order = [process.stage(name) for name in ("Talk", "New", "Offer", "Won", "Lost")]
    stages = await put(api, "/lead-settings/stages/reorder", {"orderedIds": order})
    assert [(stage["id"], stage["position"]) for stage in stages] == list(zip(order, range(1, 6), strict=True))
    listed = await get(api, "/lead-settings/stages", module="leads", pipelineId=process.id)
    assert [stage["id"] for stage in listed] == order
    missing = await put(api, "/lead-settings/stages/reorder", {"orderedIds": order[:-1]}, expect=422)
    assert missing["code"] == "validation_failed"
    await in_force(api)
    lead = await process.lead()
    assert lead["stageName"] == "Talk"
    assert (await process.move(lead, "New"))["stageName"] == "New"
