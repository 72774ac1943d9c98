"""The SLA's settings over the whole product: what makes no sense is refused by its path, and all can be tried first."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.e2e.test_bad_input import at_fault
from tests.support.api import get, post, put
from tests.support.sales import unique

SETTINGS, PREVIEW = "/lead-settings/settings", "/lead-settings/sla/preview"
CREATED = "2025-01-20T10:00:00Z"
MONDAYS = {"timezone": "Europe/Berlin", "hours": {"mon": [["09:00", "13:00"]]}}
EVERY_MONDAY = [str(date(2025, 1, 6) + timedelta(weeks=week)) for week in range(520)]


def policy(**more: Any) -> dict[str, Any]:
    return {"name": "All", "isDefault": True, "responseMinutes": 60, **more}


def only(**more: Any) -> dict[str, Any]:
    return {"policies": [policy(**more)]}


def calendar(**more: Any) -> dict[str, Any]:
    return only(businessHours={**MONDAYS, **more})


POLICY = "sla.policies[0]"
CALENDAR = f"{POLICY}.businessHours"
WEEK = f"{CALENDAR}.hours"
WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("no policies", {"policies": []}, "sla.policies"),
    ("no default", only(isDefault=False), "sla.policies"),
    ("two defaults", {"policies": [policy(), policy(name="B")]}, "sla.policies[1].isDefault"),
    ("at risk from the start", {"atRiskAfterPercent": 0}, "sla.atRiskAfterPercent"),
    ("at risk after the deadline", {"atRiskAfterPercent": 101}, "sla.atRiskAfterPercent"),
    ("a response in no time", only(responseMinutes=0), f"{POLICY}.responseMinutes"),
    ("a response in no time to some", only(responseMinutes={"high": 0, "*": 9}), f"{POLICY}.responseMinutes.high"),
    ("an escalation at the deadline", {"escalations": [{"afterMinutes": 0}]}, "sla.escalations[0].afterMinutes"),
    ("an escalation before the deadline", {"escalations": [{"afterMinutes": -5}]}, "sla.escalations[0].afterMinutes"),
    (
        "escalations not one after the other",
        {"escalations": [{"afterMinutes": 30}, {"afterMinutes": 10}]},
        "sla.escalations[1].afterMinutes",
    ),
    ("a zone that does not exist", calendar(timezone="Europe/Atlantis"), f"{CALENDAR}.timezone"),
    ("a calendar that never opens", calendar(hours={}), WEEK),
    (
        "a calendar of exceptions",
        calendar(hours={}, exceptions={"2025-12-27": [["10:00", "14:00"]]}),
        f"{CALENDAR}.hours",
    ),
    ("a calendar that holidays close", calendar(holidays=EVERY_MONDAY), CALENDAR),
    (
        "windows that overlap",
        calendar(hours={"mon": [["09:00", "13:00"], ["12:00", "14:00"]]}),
        f"{WEEK}.mon[1]",
    ),
    (
        "a window of more time than there is within ten years",
        only(responseMinutes={"low": 150_000, "*": 60}, businessHours=MONDAYS),
        f"{POLICY}.responseMinutes.low",
    ),
    (
        "an escalation after more time than there is within ten years",
        {**only(responseMinutes=60_000, businessHours=MONDAYS), "escalations": [{"afterMinutes": 90_000}]},
        "sla.escalations[0].afterMinutes",
    ),
]


@pytest.mark.parametrize(("section", "path"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG])
async def test_what_makes_no_sense_is_refused_by_its_path_when_it_is_set_and_when_it_is_tried(
    section: dict[str, Any], path: str, api: httpx.AsyncClient
) -> None:
    before = await get(api, SETTINGS)
    setting = await put(api, SETTINGS, {"sla": section}, expect=422)
    trying = await post(api, PREVIEW, {"createdAt": CREATED, "sla": section}, expect=422)
    assert path in {field for field, _ in at_fault(setting)}
    assert at_fault(trying) == at_fault(setting)
    assert await get(api, SETTINGS) == before


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"createdAt": "9999-12-31T23:59:59Z"}, {"createdAt"}),
        ({"createdAt": "1999-12-31T23:59:59Z"}, {"createdAt"}),
        ({"createdAt": CREATED, "until": "2036-01-20T10:00:00Z"}, {"until"}),
        ({"createdAt": CREATED, "priority": "urgent", "source": "moon"}, {"priority", "source"}),
        ({"createdAt": CREATED, "pipelineId": str(uuid4())}, {"pipelineId"}),
        ({"createdAt": CREATED, "sla": {"policy": []}}, {"sla.policy"}),
    ],
)
async def test_a_preview_of_what_no_lead_can_be_is_refused_by_its_field(
    body: dict[str, Any], fields: set[str], api: httpx.AsyncClient
) -> None:
    assert {field for field, _ in at_fault(await post(api, PREVIEW, body, expect=422))} == fields


async def test_a_policy_can_be_tried_before_leads_depend_on_it(api: httpx.AsyncClient) -> None:
    before = await get(api, SETTINGS)
    hours = {"timezone": "Asia/Karachi", "hours": {"mon": [["09:00", "15:30"]], "tue": [["09:00", "17:00"]]}}
    draft = {"policies": [policy(name="Karachi", businessHours=hours)], "atRiskAfterPercent": 25}
    body = {"createdAt": CREATED, "until": "2025-01-21T10:00:00Z", "sla": draft}
    # 15:00 in Karachi on a Monday: half an hour on that day, and half an hour on the next.
    assert await post(api, PREVIEW, body, expect=200) == {
        "policy": "Karachi",
        "atRiskAt": "2025-01-20T10:15:00Z",
        "responseDeadline": "2025-01-21T04:30:00Z",
        "elapsedBusinessSeconds": 23400,
    }
    assert (await post(api, PREVIEW, {**body, "until": "2025-01-19T00:00:00Z"}, expect=200))[
        "elapsedBusinessSeconds"
    ] == 0
    assert await get(api, SETTINGS) == before


async def test_a_preview_by_the_settings_in_force_is_what_a_lead_is_promised(api: httpx.AsyncClient) -> None:
    given = {"priority": "high", "source": "website"}
    lead = await post(api, "/leads", {"lastName": unique("Tried"), **given})
    sla = await get(api, f"/leads/{lead['id']}/sla")
    found = await post(api, PREVIEW, {"createdAt": lead["createdAt"], **given}, expect=200)
    assert [found[name] for name in ("policy", "atRiskAt", "responseDeadline")] == [
        sla[name] for name in ("slaPolicy", "atRiskAt", "responseDeadline")
    ]


async def test_a_preview_under_a_key_is_the_first_answer_again(api: httpx.AsyncClient) -> None:
    body, headers = {"createdAt": CREATED, "sla": {"atRiskAfterPercent": 50}}, {"Idempotency-Key": unique("key")}
    first = await api.post(PREVIEW, json=body, headers=headers)
    again = await api.post(PREVIEW, json=body, headers=headers)
    other = await api.post(PREVIEW, json={**body, "priority": "high"}, headers=headers)
    assert (first.status_code, again.json()) == (200, first.json())
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
