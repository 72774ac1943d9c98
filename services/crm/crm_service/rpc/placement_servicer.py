"""PlacementService: where opportunities stand in their pipelines."""

from leadline.crm.v1 import placement_service_pb2 as pb
from leadline.crm.v1 import placement_service_pb2_grpc as pb_grpc
from typing_extensions import override

from crm_service.domain.placement import batch_size
from crm_service.rpc import requests
from crm_service.usecases import placement
from kit.db.database import Database
from kit.rpc.guard import Context


class PlacementServicer(pb_grpc.PlacementServiceServicer):
    """Each write is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @override
    async def CountOpportunities(
        self, request: pb.CountOpportunitiesRequest, context: Context
    ) -> pb.CountOpportunitiesResponse:
        stage_ids = requests.stage_ids(request)
        async with self._database.reading() as connection:
            found = await placement.count_opportunities(connection, stage_ids)
        return pb.CountOpportunitiesResponse(opportunities=found)

    @override
    async def MoveOpportunities(
        self, request: pb.MoveOpportunitiesRequest, context: Context
    ) -> pb.MoveOpportunitiesResponse:
        retirement_id, moves = requests.retirement_id(request), requests.stage_moves(request)
        limit = batch_size(request.limit)
        async with self._database.transaction() as tx:
            moved, left = await placement.move_opportunities(tx, retirement_id, moves, limit)
        return pb.MoveOpportunitiesResponse(moved=moved, left=left)

    @override
    async def RestoreOpportunities(
        self, request: pb.RestoreOpportunitiesRequest, context: Context
    ) -> pb.RestoreOpportunitiesResponse:
        retirement_id, limit = requests.retirement_id(request), batch_size(request.limit)
        async with self._database.transaction() as tx:
            left = await placement.restore_opportunities(tx, retirement_id, limit)
        return pb.RestoreOpportunitiesResponse(left=left)
