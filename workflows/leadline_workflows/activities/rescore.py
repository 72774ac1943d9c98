"""The activities of the workflows that have all open leads scored anew. Both are retried until they succeed."""

import grpc
from leadline.leads.v1 import scoring_service_pb2
from leadline.leads.v1.scoring_service_pb2_grpc import ScoringServiceStub
from temporalio import activity

from leadline_workflows.activities.door import Door
from leadline_workflows.activities.stint import for_a_while
from leadline_workflows.contracts import names
from leadline_workflows.contracts.rescore import RescoreProgress

_STATES = {
    scoring_service_pb2.RESCORE_STATE_NONE: "none",
    scoring_service_pb2.RESCORE_STATE_REQUESTED: "requested",
    scoring_service_pb2.RESCORE_STATE_RUNNING: "running",
    scoring_service_pb2.RESCORE_STATE_COMPLETED: "completed",
}
_UNDER_WAY = {"requested", "running"}


class RescoreActivities:
    """Has the leads service score its open leads anew."""

    def __init__(self, door: Door, leads: grpc.aio.Channel) -> None:
        self._door = door
        self._scoring = ScoringServiceStub(leads)

    @activity.defn(name=names.RESCORE_BATCH)
    async def rescore_batch(self) -> RescoreProgress:
        """Have the next leads scored. The leads service knows where it was: a repeated attempt loses nothing."""
        progress = RescoreProgress()
        for _ in for_a_while():
            progress = await self._next()
            activity.heartbeat(progress)
            if progress.state not in _UNDER_WAY:
                break
        return progress

    @activity.defn(name=names.REQUEST_DAILY_RESCORE)
    async def request_daily_rescore(self) -> bool:
        """Ask for a pass, if a rule depends on time; whether one does."""
        request = scoring_service_pb2.RequestDailyRescoreRequest()
        response = await self._door.ask_until_done(self._scoring.RequestDailyRescore, request)
        return response.requested

    async def _next(self) -> RescoreProgress:
        request = scoring_service_pb2.RescoreLeadsRequest()
        found = (await self._door.ask_until_done(self._scoring.RescoreLeads, request)).rescore
        return RescoreProgress(_STATES[found.state], found.processed, found.total, found.changed)
