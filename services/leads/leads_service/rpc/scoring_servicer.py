"""ScoringService: the run that scores all open leads anew."""

from leadline.leads.v1 import scoring_service_pb2 as pb
from leadline.leads.v1 import scoring_service_pb2_grpc as pb_grpc

from kit.db.database import Writing
from kit.db.idempotency import key_of_call
from kit.paging import limit_of
from kit.rpc.guard import Context
from kit.rpc.times import to_timestamp
from leads_service.rpc.situation import Parts
from leads_service.store.rescore import COMPLETED, NONE, REQUESTED, RUNNING, Rescore
from leads_service.usecases import rescoring

_STATES = {
    NONE: pb.RESCORE_STATE_NONE,
    REQUESTED: pb.RESCORE_STATE_REQUESTED,
    RUNNING: pb.RESCORE_STATE_RUNNING,
    COMPLETED: pb.RESCORE_STATE_COMPLETED,
}
_AT_ONCE = 1_000
_MOST_AT_ONCE = 5_000


class ScoringServicer(pb_grpc.ScoringServiceServicer):
    """Each method but GetRescore is one transaction."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def GetRescore(self, _request: pb.GetRescoreRequest, _context: Context) -> pb.GetRescoreResponse:
        """How the newest run stands."""
        async with self._parts.database.reading() as connection:
            return pb.GetRescoreResponse(rescore=_rescore(await rescoring.get_rescore(connection)))

    async def RequestRescore(self, request: pb.RequestRescoreRequest, context: Context) -> pb.RequestRescoreResponse:
        """Asks for a run; repeated under the same idempotency key, the first answer."""
        key = key_of_call("RequestRescore", request, context.invocation_metadata())
        return await self._parts.idempotency.once(key, pb.RequestRescoreResponse, self._request)

    async def _request(self, tx: Writing) -> pb.RequestRescoreResponse:
        requested = await rescoring.request_rescore(tx, self._parts.by_leadline())
        return pb.RequestRescoreResponse(rescore=_rescore(requested))

    async def RequestDailyRescore(
        self, _request: pb.RequestDailyRescoreRequest, _context: Context
    ) -> pb.RequestDailyRescoreResponse:
        """Asks for a run if a rule depends on time."""
        async with self._parts.database.transaction() as tx:
            requested = await rescoring.request_daily_rescore(tx, self._parts.by_leadline())
        return pb.RequestDailyRescoreResponse(requested=requested)

    async def RescoreLeads(self, request: pb.RescoreLeadsRequest, _context: Context) -> pb.RescoreLeadsResponse:
        """Scores the next leads."""
        limit = limit_of(request.limit, _AT_ONCE, _MOST_AT_ONCE)
        async with self._parts.database.transaction() as tx:
            run = await rescoring.rescore_leads(tx, limit, self._parts.by_leadline())
        return pb.RescoreLeadsResponse(rescore=_rescore(run))


def _rescore(run: Rescore) -> pb.Rescore:
    return pb.Rescore(
        state=_STATES[run.state],
        processed=run.processed,
        total=run.total,
        changed=run.changed,
        requested_at=to_timestamp(run.requested_at),
        started_at=to_timestamp(run.started_at),
        ended_at=to_timestamp(run.ended_at),
    )
