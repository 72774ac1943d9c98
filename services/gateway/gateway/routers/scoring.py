"""`/lead-settings/scoring-rules`."""

from leadline.settings.v1 import lists_pb2
from leadline.settings.v1 import settings_service_pb2 as pb
from starlette.responses import Response

from gateway.answers import scoring as answers
from gateway.answers.json import created, no_content, ok
from gateway.clients import Services
from gateway.headers import IdempotencyKey, IfMatch
from gateway.operations import Operations
from gateway.schemas.base import PathId
from gateway.schemas.scoring import NewScoringRule, ScoringRule, ScoringRuleChanges

operations = Operations("Scoring", pb.DESCRIPTOR.services_by_name["SettingsService"])

_PATH = "/lead-settings/scoring-rules"


@operations.add("GET", _PATH, "ListScoringRules", answer=list[ScoringRule])
async def list_scoring_rules(services: Services) -> Response:
    """List scoring rules, by position."""
    answer = await services.call(services.settings.ListScoringRules, pb.ListScoringRulesRequest())
    return ok([answers.rule(each) for each in answer.rules])


@operations.add("POST", _PATH, "CreateScoringRule", answer=ScoringRule, status=201)
async def create_scoring_rule(
    services: Services, body: NewScoringRule, idempotency_key: IdempotencyKey = None
) -> Response:
    """Create a scoring rule.

    All open leads are scored anew. `Location` is where the rule can be changed; the list shows it.
    """
    request = pb.CreateScoringRuleRequest(**body.values())
    made = (await services.call(services.settings.CreateScoringRule, request, key=idempotency_key)).rule
    return created(answers.rule(made), f"{_PATH}/{made.id}", version=made.version)


@operations.add("PUT", _PATH + "/{id}", "UpdateScoringRule", answer=ScoringRule)
async def update_scoring_rule(
    services: Services, rule_id: PathId, body: ScoringRuleChanges, if_match: IfMatch = None
) -> Response:
    """Change a scoring rule.

    All open leads are scored anew.
    """
    rule = lists_pb2.ScoringRule(id=rule_id, **body.values())
    request = pb.UpdateScoringRuleRequest(rule=rule, update_mask=body.mask(), expected_version=if_match)
    changed = (await services.call(services.settings.UpdateScoringRule, request)).rule
    return ok(answers.rule(changed), version=changed.version)


@operations.add("DELETE", _PATH + "/{id}", "DeleteScoringRule", status=204)
async def delete_scoring_rule(services: Services, rule_id: PathId, if_match: IfMatch = None) -> Response:
    """Delete a scoring rule.

    All open leads are scored anew.
    """
    request = pb.DeleteScoringRuleRequest(rule_id=rule_id, expected_version=if_match)
    await services.call(services.settings.DeleteScoringRule, request)
    return no_content()
