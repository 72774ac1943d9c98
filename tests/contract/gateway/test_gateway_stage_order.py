"""`PUT /lead-settings/stages/reorder`: one of two forms, and never taken for a stage's id."""

from typing import Any

import httpx
import pytest
from leadline.settings.v1 import settings_service_pb2 as pb

from tests.contract.gateway import samples_records as records
from tests.contract.gateway.answers import assert_documented, assert_problem, exact
from tests.contract.gateway.backend import Backend
from tests.contract.gateway.samples import uid

URL = "/lead-settings/stages/reorder"
A, B, C = uid(0xA), uid(0xB), uid(0xC)

ORDERS: list[dict[str, Any]] = [
    {"orderedIds": [C, A, B]},
    {"orderedIds": [C, A, B], "stages": None},
    {"orderedIds": [C.upper(), A, B]},
    {"stages": [{"id": C, "position": 1}, {"id": A, "position": 2}, {"id": B, "position": 3}]},
    {"stages": [{"id": A, "position": 2}, {"id": B, "position": 3}, {"id": C, "position": 1}]},
    {"stages": [{"id": B, "position": 40}, {"id": C, "position": -7}, {"id": A, "position": 0}], "orderedIds": None},
]

WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({}, "stages", "required"),
    ({"stages": None, "orderedIds": None}, "stages", "required"),
    ({"stages": [{"id": A, "position": 1}], "orderedIds": [A]}, "orderedIds", "not_together"),
    ({"stages": [{"id": A, "position": 1}, {"id": B, "position": 1}]}, "stages", "given_twice"),
    ({"stages": []}, "stages", "too_short"),
    ({"orderedIds": []}, "orderedIds", "too_short"),
    ({"orderedIds": [A] * 1_001}, "orderedIds", "too_long"),
    ({"stages": [{"id": A, "position": number} for number in range(1_001)]}, "stages", "too_long"),
    ({"orderedIds": [A, "b"]}, "orderedIds[1]", "not_a_uuid"),
    ({"orderedIds": [A, None]}, "orderedIds[1]", "wrong_type"),
    ({"orderedIds": A}, "orderedIds", "wrong_type"),
    ({"stages": [A]}, "stages[0]", "wrong_type"),
    ({"stages": {A: 1}}, "stages", "wrong_type"),
    ({"stages": [{"id": A}]}, "stages[0].position", "required"),
    ({"stages": [{"position": 1}]}, "stages[0].id", "required"),
    ({"stages": [{"id": A, "position": "1"}]}, "stages[0].position", "wrong_type"),
    ({"stages": [{"id": A, "position": 1.5}]}, "stages[0].position", "wrong_type"),
    ({"stages": [{"id": A, "position": 2**31}]}, "stages[0].position", "out_of_range"),
    ({"stages": [{"id": A, "position": 1, "name": "New"}]}, "stages[0].name", "unknown_field"),
    ({"ids": [A]}, "ids", "unknown_field"),
]


@pytest.mark.parametrize("order", ORDERS)
async def test_both_forms_send_the_stages_in_their_order(
    order: dict[str, Any], admin: httpx.AsyncClient, backend: Backend
) -> None:
    backend.answers["ReorderStages"] = pb.ReorderStagesResponse(stages=[records.STAGE])
    response = await admin.put(URL, json=order)
    assert (response.status_code, exact(response)) == (200, [records.STAGE_JSON])
    assert_documented(response)
    assert (backend.call.method, backend.call.request) == (
        "ReorderStages",
        pb.ReorderStagesRequest(stage_ids=[C, A, B]),
    )


@pytest.mark.parametrize("case", WRONG, ids=lambda case: ascii(case[0])[:60])
async def test_an_order_that_says_too_little_or_too_much_is_refused(
    case: tuple[dict[str, Any], str, str], admin: httpx.AsyncClient, backend: Backend
) -> None:
    body, field, code = case
    said = assert_problem(await admin.put(URL, json=body), 422, "validation_failed")
    assert (field, code) in [(each["field"], each["code"]) for each in said["errors"]]
    assert backend.calls == []


async def test_a_thousand_stages_are_taken(admin: httpx.AsyncClient, backend: Backend) -> None:
    backend.answers["ReorderStages"] = pb.ReorderStagesResponse()
    ids = [uid(number) for number in range(1_000)]
    places = [{"id": each, "position": -number} for number, each in enumerate(ids)]
    assert (await admin.put(URL, json={"stages": places})).json() == []
    assert backend.call.request == pb.ReorderStagesRequest(stage_ids=ids[::-1])
