"""Scoring: rule values arrive and go out as they were written, and a rescore is ordered, not waited for."""

import httpx
import pytest
from leadline.leads.v1 import scoring_service_pb2
from leadline.settings.v1 import lists_pb2
from leadline.settings.v1 import settings_service_pb2 as pb

from tests.contract.gateway import samples_settings as settings
from tests.contract.gateway.answers import assert_documented
from tests.contract.gateway.backend import Backend
from tests.contract.gateway.samples import CREATED, CREATED_AT

RULES = "/lead-settings/scoring-rules"
# As it is sent, and as it arrives.
VALUES = [
    ("0.10", "0.10"),
    ("123456789012345678901234567890", "123456789012345678901234567890"),
    ("-1.5E+3", "-1.5E+3"),
    ("7", "7"),
    ("true", "true"),
    ("null", "null"),
    ('"web\\u00e9"', '"webé"'),
    ('""', '""'),
    ('"7"', '"7"'),
    ("[]", "[]"),
    ('["website", 0.50, null]', '["website",0.50,null]'),
    ('{"a": [1e2]}', '{"a":[1e2]}'),
]


@pytest.mark.parametrize(("sent", "arrived"), VALUES)
async def test_any_json_value_arrives_digit_by_digit(
    sent: str, arrived: str, admin: httpx.AsyncClient, backend: Backend
) -> None:
    backend.answers["CreateScoringRule"] = pb.CreateScoringRuleResponse(rule=settings.RULE)
    body = f'{{"name": "x", "field": "source", "operator": "equals", "points": 1, "value": {sent}}}'
    headers = {"content-type": "application/json"}
    assert (await admin.post(RULES, content=body.encode(), headers=headers)).status_code == 201
    request = backend.call.request
    assert isinstance(request, pb.CreateScoringRuleRequest)
    assert request.value == arrived


@pytest.mark.parametrize("value", [arrived for _, arrived in VALUES])
async def test_any_json_value_goes_out_as_it_is(value: str, admin: httpx.AsyncClient, backend: Backend) -> None:
    rule = lists_pb2.ScoringRule(value=value)
    rule.MergeFrom(lists_pb2.ScoringRule(id=settings.RULE_ID, operator="equals"))
    backend.answers["ListScoringRules"] = pb.ListScoringRulesResponse(rules=[rule])
    response = await admin.get(RULES)
    assert f'"value":{value},' in response.text
    assert_documented(response)


async def test_a_rescore_by_hand_answers_202_with_its_state_and_where_to_look(
    admin: httpx.AsyncClient, backend: Backend
) -> None:
    requested = scoring_service_pb2.Rescore(state=scoring_service_pb2.RESCORE_STATE_REQUESTED, requested_at=CREATED_AT)
    backend.answers["RequestRescore"] = scoring_service_pb2.RequestRescoreResponse(rescore=requested)
    response = await admin.post(f"{RULES}/rescore", headers={"idempotency-key": "a-key"})
    assert (response.status_code, response.headers["location"]) == (202, "/lead-settings/scoring-rules/rescore")
    assert response.json() == {**settings.NO_RESCORE_JSON, "state": "requested", "requestedAt": CREATED}
    assert_documented(response)
    assert (backend.call.method, backend.call.request) == (
        "RequestRescore",
        scoring_service_pb2.RequestRescoreRequest(),
    )
    assert backend.call.metadata["idempotency-key"] == "a-key"


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (scoring_service_pb2.RESCORE_STATE_NONE, "none"),
        (scoring_service_pb2.RESCORE_STATE_REQUESTED, "requested"),
        (scoring_service_pb2.RESCORE_STATE_RUNNING, "running"),
        (scoring_service_pb2.RESCORE_STATE_COMPLETED, "completed"),
    ],
)
async def test_each_state_of_a_rescore_has_its_word(
    state: scoring_service_pb2.RescoreState.ValueType, said: str, admin: httpx.AsyncClient, backend: Backend
) -> None:
    answer = scoring_service_pb2.GetRescoreResponse(rescore=scoring_service_pb2.Rescore(state=state))
    backend.answers["GetRescore"] = answer
    response = await admin.get(f"{RULES}/rescore")
    assert response.json()["state"] == said
    assert_documented(response)
