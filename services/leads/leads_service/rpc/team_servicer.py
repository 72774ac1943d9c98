"""TeamService: who works on a lead beside its owner."""

from leadline.leads.v1 import team_service_pb2 as pb
from leadline.leads.v1 import team_service_pb2_grpc as pb_grpc

from kit.db.database import Writing
from kit.db.idempotency import key_of_call
from kit.ids import parse_id
from kit.rpc.guard import Context
from kit.rpc.times import to_timestamp
from leads_service.domain.team import TeamMember
from leads_service.rpc.situation import Parts, caller_id
from leads_service.usecases import team


class TeamServicer(pb_grpc.TeamServiceServicer):
    """Each method is one transaction."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def ListTeam(self, request: pb.ListTeamRequest, _context: Context) -> pb.ListTeamResponse:
        """The whole team."""
        lead_id = parse_id(request.lead_id, "id")
        async with self._parts.database.reading() as connection:
            members = await team.list_team(connection, lead_id)
        return pb.ListTeamResponse(members=[_member(each) for each in members])

    async def AddTeamMember(self, request: pb.AddTeamMemberRequest, context: Context) -> pb.AddTeamMemberResponse:
        """Adds a user; repeated under the same idempotency key, the first answer."""
        key = key_of_call("AddTeamMember", request, context.invocation_metadata())
        return await self._parts.idempotency.once(key, pb.AddTeamMemberResponse, lambda tx: self._add(tx, request))

    async def _add(self, tx: Writing, request: pb.AddTeamMemberRequest) -> pb.AddTeamMemberResponse:
        lead_id, user_id = parse_id(request.lead_id, "id"), parse_id(request.user_id, "userId")
        situation = self._parts.by_caller()
        member = await team.add_member(tx, lead_id, user_id, request.role, added_by=caller_id(), situation=situation)
        return pb.AddTeamMemberResponse(member=_member(member))

    async def RemoveTeamMember(
        self, request: pb.RemoveTeamMemberRequest, _context: Context
    ) -> pb.RemoveTeamMemberResponse:
        """Takes a user out."""
        lead_id, user_id = parse_id(request.lead_id, "id"), parse_id(request.user_id, "userId")
        situation = self._parts.by_caller()
        async with self._parts.database.transaction() as tx:
            await team.remove_member(tx, lead_id, user_id, situation)
        return pb.RemoveTeamMemberResponse()


def _member(member: TeamMember) -> pb.TeamMember:
    return pb.TeamMember(
        lead_id=str(member.lead_id),
        user_id=str(member.user_id),
        role=member.role,
        added_by=str(member.added_by),
        added_at=to_timestamp(member.added_at),
    )
