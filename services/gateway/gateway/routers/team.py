"""`/leads/{id}/team`."""

from leadline.leads.v1 import team_service_pb2 as pb
from starlette.responses import Response

from gateway.answers import team as answers
from gateway.answers.json import created, no_content, ok
from gateway.clients import Services
from gateway.headers import IdempotencyKey
from gateway.operations import Operations
from gateway.schemas.base import PathId, UserPathId
from gateway.schemas.team import NewTeamMember, TeamMember

operations = Operations("Team", pb.DESCRIPTOR.services_by_name["TeamService"])


@operations.add("GET", "/leads/{id}/team", "ListTeam", answer=list[TeamMember])
async def list_team(services: Services, lead_id: PathId) -> Response:
    """List a lead's team, in the order in which they joined."""
    answer = await services.call(services.team.ListTeam, pb.ListTeamRequest(lead_id=lead_id))
    return ok([answers.member(each) for each in answer.members])


@operations.add("POST", "/leads/{id}/team", "AddTeamMember", answer=TeamMember, status=201)
async def add_team_member(
    services: Services, lead_id: PathId, body: NewTeamMember, idempotency_key: IdempotencyKey = None
) -> Response:
    """Add a user to a lead's team.

    `Location` is the list: a member has no path to be read at.
    """
    request = pb.AddTeamMemberRequest(lead_id=lead_id, **body.values())
    member = (await services.call(services.team.AddTeamMember, request, key=idempotency_key)).member
    return created(answers.member(member), f"/leads/{lead_id}/team")


@operations.add("DELETE", "/leads/{id}/team/{userId}", "RemoveTeamMember", status=204)
async def remove_team_member(services: Services, lead_id: PathId, user_id: UserPathId) -> Response:
    """Take a user out of a lead's team."""
    request = pb.RemoveTeamMemberRequest(lead_id=lead_id, user_id=user_id)
    await services.call(services.team.RemoveTeamMember, request)
    return no_content()
