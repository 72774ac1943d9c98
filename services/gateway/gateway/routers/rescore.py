"""`/lead-settings/scoring-rules/rescore`: scoring all open leads anew, which the leads service does."""

from leadline.leads.v1 import scoring_service_pb2 as pb
from starlette.responses import Response

from gateway.answers import scoring as answers
from gateway.answers.json import accepted, ok
from gateway.clients import Services
from gateway.headers import IdempotencyKey
from gateway.operations import Operations
from gateway.schemas.scoring import Rescore

operations = Operations("Scoring", pb.DESCRIPTOR.services_by_name["ScoringService"])

_PATH = "/lead-settings/scoring-rules/rescore"


@operations.add("GET", _PATH, "GetRescore", answer=Rescore)
async def get_rescore(services: Services) -> Response:
    """Read how far scoring all open leads anew is."""
    answer = await services.call(services.scoring.GetRescore, pb.GetRescoreRequest())
    return ok(answers.rescore(answer.rescore))


@operations.add("POST", _PATH, "RequestRescore", answer=Rescore, status=202)
async def request_rescore(services: Services, idempotency_key: IdempotencyKey = None) -> Response:
    """Score all open leads anew.

    It begins a moment later. One that is running already begins again.
    """
    answer = await services.call(services.scoring.RequestRescore, pb.RequestRescoreRequest(), key=idempotency_key)
    return accepted(answers.rescore(answer.rescore), _PATH)
