"""RetirementService: what the workflow that deletes a setting asks of leads."""

from uuid import UUID

from leadline.leads.v1 import retirement_service_pb2 as pb
from leadline.leads.v1 import retirement_service_pb2_grpc as pb_grpc

from kit.errors import invalid_field
from kit.ids import parse_id
from kit.paging import limit_of
from kit.rpc.guard import Context
from leads_service.rpc.situation import Parts
from leads_service.usecases import retirement_moves, retiring

_AT_ONCE = 200
_MOST_AT_ONCE = 1_000


class RetirementServicer(pb_grpc.RetirementServiceServicer):
    """Each step is one transaction."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def CountRetiring(self, request: pb.CountRetiringRequest, _context: Context) -> pb.CountRetiringResponse:
        """How many use the entry."""
        retirement_id = _id(request.retirement_id)
        async with self._parts.database.reading() as connection:
            users = await retiring.count_users(connection, retirement_id)
        return pb.CountRetiringResponse(records=users.records, conversions=users.conversions)

    async def MoveRetiring(self, request: pb.MoveRetiringRequest, _context: Context) -> pb.MoveRetiringResponse:
        """Moves the next records."""
        retirement_id, limit = _id(request.retirement_id), _limit(request.limit)
        async with self._parts.database.transaction() as tx:
            step = await retirement_moves.move(tx, retirement_id, limit, self._parts.by_leadline())
        return pb.MoveRetiringResponse(moved=step.moved, left=step.left)

    async def RestoreRetiring(
        self, request: pb.RestoreRetiringRequest, _context: Context
    ) -> pb.RestoreRetiringResponse:
        """Moves the next records back."""
        retirement_id, limit = _id(request.retirement_id), _limit(request.limit)
        async with self._parts.database.transaction() as tx:
            left = await retirement_moves.restore(tx, retirement_id, limit, self._parts.by_leadline())
        return pb.RestoreRetiringResponse(left=left)

    async def EndRetirement(self, request: pb.EndRetirementRequest, _context: Context) -> pb.EndRetirementResponse:
        """Forgets the deletion."""
        retirement_id = _id(request.retirement_id)
        revision = request.revision if request.HasField("revision") else None
        if revision is not None and revision < 1:
            raise invalid_field("revision", "OUT_OF_RANGE", "Must be a revision of the configuration.")
        async with self._parts.database.transaction() as tx:
            await retiring.end(tx, retirement_id, revision, self._parts.clock())
        return pb.EndRetirementResponse()


def _id(text: str) -> UUID:
    return parse_id(text, "retirementId")


def _limit(given: int) -> int:
    return limit_of(given, _AT_ONCE, _MOST_AT_ONCE)
