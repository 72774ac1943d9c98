"""RetirementService: what the workflow that carries out a deletion reports."""

from uuid import UUID

from leadline.settings.v1 import retirement_service_pb2 as pb
from leadline.settings.v1 import retirement_service_pb2_grpc

from kit.db.database import Database
from kit.ids import parse_id
from kit.rpc.guard import Context
from settings_service.rpc.mapping import retirement_message
from settings_service.usecases.retirements import complete_retirement, fail_retirement, report_retirement


class RetirementServicer(retirement_service_pb2_grpc.RetirementServiceServicer):
    """Each call is one transaction, and may be repeated."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ReportRetirement(
        self, request: pb.ReportRetirementRequest, _context: Context
    ) -> pb.ReportRetirementResponse:
        """Keeps how far it is."""
        retirement_id = _id(request.retirement_id)
        async with self._database.transaction() as tx:
            retirement = await report_retirement(tx, retirement_id, request.total, request.moved)
        return pb.ReportRetirementResponse(retirement=retirement_message(retirement))

    async def CompleteRetirement(
        self, request: pb.CompleteRetirementRequest, _context: Context
    ) -> pb.CompleteRetirementResponse:
        """Deletes the entry."""
        retirement_id = _id(request.retirement_id)
        async with self._database.transaction() as tx:
            ended = await complete_retirement(tx, retirement_id)
        return pb.CompleteRetirementResponse(retirement=retirement_message(ended), revision=ended.revision or 0)

    async def FailRetirement(self, request: pb.FailRetirementRequest, _context: Context) -> pb.FailRetirementResponse:
        """Opens the entry again."""
        retirement_id = _id(request.retirement_id)
        async with self._database.transaction() as tx:
            ended = await fail_retirement(tx, retirement_id, request.reason, request.message)
        return pb.FailRetirementResponse(retirement=retirement_message(ended))


def _id(text: str) -> UUID:
    return parse_id(text, "retirementId")
