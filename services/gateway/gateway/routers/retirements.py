"""`/lead-settings/retirements`, and how everything that records may use is deleted."""

from typing import Any, Protocol, TypeVar

import grpc
from leadline.settings.v1 import retirement_pb2
from leadline.settings.v1 import settings_service_pb2 as pb
from starlette.responses import Response

from gateway.answers import retirement as answers
from gateway.answers.json import accepted, no_content, ok
from gateway.clients import Clients, Services
from gateway.operations import Operations
from gateway.schemas.base import PathId
from gateway.schemas.retirement import Retirement

operations = Operations("Deletions", pb.DESCRIPTOR.services_by_name["SettingsService"])

TAKES_LONGER: dict[int | str, dict[str, Any]] = {
    202: {"model": Retirement, "description": "It takes longer: `Location` says where to look."}
}

_PATH = "/lead-settings/retirements"


class _Answer(Protocol):
    @property
    def retirement(self) -> retirement_pb2.Retirement:
        """The deletion."""


Asked = TypeVar("Asked")
Answered = TypeVar("Answered", bound=_Answer)


async def retire(
    services: Clients, method: grpc.aio.UnaryUnaryMultiCallable[Asked, Answered], request: Asked
) -> Response:
    """Delete what records may use: 204 when it is gone, 202 while its records are being moved."""
    retirement = (await services.call(method, request, longer_by=services.wait_seconds)).retirement
    if retirement.state == retirement_pb2.RETIREMENT_STATE_COMPLETED:
        return no_content()
    return accepted(answers.retirement(retirement), f"{_PATH}/{retirement.id}")


@operations.add("GET", _PATH, "ListRetirements", answer=list[Retirement])
async def list_retirements(services: Services) -> Response:
    """List deletions that move records, newest first.

    All that are running, and the newest 100 that are over.
    """
    answer = await services.call(services.settings.ListRetirements, pb.ListRetirementsRequest())
    return ok([answers.retirement(each) for each in answer.retirements])


@operations.add("GET", _PATH + "/{id}", "GetRetirement", answer=Retirement)
async def get_retirement(services: Services, retirement_id: PathId) -> Response:
    """Read how a deletion stands."""
    request = pb.GetRetirementRequest(retirement_id=retirement_id)
    return ok(answers.retirement((await services.call(services.settings.GetRetirement, request)).retirement))
