"""The activities of the check-sla-clocks workflow. Repeated, each finds what is still to be done."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar
from uuid import UUID

import grpc
from leadline.leads.v1 import sla_service_pb2 as pb
from leadline.leads.v1.sla_service_pb2_grpc import SlaServiceStub
from temporalio import activity

from leadline_workflows.activities.clock_difference import differs, is_doubtful
from leadline_workflows.activities.clock_runs import ClockRuns, Run
from leadline_workflows.activities.door import Door
from leadline_workflows.activities.stint import for_a_while
from leadline_workflows.contracts import names
from leadline_workflows.contracts.clock_check import EndClockCheck, LeadsCompared, Missed, RunsCompared, Slice
from leadline_workflows.contracts.sla import Clock

# A run over a million leads has few events, and is seen to go on.
_STINT_SECONDS = 15.0
_PAGE = 500
_RECORDING_SECONDS = 60.0
# Of a lead that there is not, no newer clock will come.
_GONE = "deleted"

Compared = TypeVar("Compared", LeadsCompared, RunsCompared)


@dataclass(frozen=True, slots=True)
class _Difference:
    """A run, the clock that its lead has, and the one that the run knows."""

    run: Run
    clock: pb.SlaClock
    known: Clock

    @property
    def has_lead(self) -> bool:
        return self.clock.version > 0

    @property
    def closed(self) -> Clock:
        """What the run is to know where there is no lead, and so no order."""
        return replace(self.known, version=self.known.version + 1, closed_by=_GONE)

    @property
    def to_repair(self) -> pb.ClockToRepair:
        return pb.ClockToRepair(
            lead_id=self.run.lead_id, known_version=self.known.version, listed_version=self.clock.version
        )


class ClockCheckActivities:
    """Asks the leads service what is so, and Temporal what its runs know."""

    def __init__(self, door: Door, leads: grpc.aio.Channel) -> None:
        self._door = door
        self._sla = SlaServiceStub(leads)

    @activity.defn(name=names.RECORD_MISSED)
    async def record_missed(self) -> Missed:
        """Have recorded what clocks should have recorded by now, as much as one call takes."""
        request = pb.RecordMissedRequest()
        found = await self._door.ask_until_done(self._sla.RecordMissed, request, seconds=_RECORDING_SECONDS)
        return Missed(
            leads=found.checked,
            at_risk=found.at_risk,
            breached=found.breached,
            escalated=found.escalated,
            repaired=found.repaired,
            is_all=found.is_all,
        )

    @activity.defn(name=names.COMPARE_LEADS)
    async def compare_leads(self, order: Slice) -> LeadsCompared:
        """Find leads that wait and have no open run, and have their clocks ordered."""
        done = _resumed(LeadsCompared)
        if done is not None and not done.next:
            return done
        done = done or LeadsCompared(order.begin)
        runs = ClockRuns(activity.client())
        for _ in for_a_while(_STINT_SECONDS):
            done = await self._next_leads(done, _page(order, done.leads), runs)
            activity.heartbeat(done)
            if not done.next or _is_enough(order, done.leads):
                break
        return done

    @activity.defn(name=names.COMPARE_RUNS)
    async def compare_runs(self, order: Slice) -> RunsCompared:
        """Find open runs that know another clock than their lead has, and have them told."""
        done = _resumed(RunsCompared)
        if done is not None and not done.next:
            return done
        done = done or RunsCompared(order.begin)
        runs, token = ClockRuns(activity.client()), None
        begin = done.next
        for _ in for_a_while(_STINT_SECONDS):
            page, token = await runs.page(begin, token, _page(order, done.runs))
            found = await self._compare(page, runs)
            done = _sum(done, found, page[-1].started_at.isoformat() if token and page else "")
            activity.heartbeat(done)
            if not done.next or _is_enough(order, done.runs):
                break
        return done

    @activity.defn(name=names.END_CLOCK_CHECK)
    async def end_clock_check(self, order: EndClockCheck) -> None:
        """Tell who waits for the check that it is over."""
        request = pb.EndClockCheckRequest(check_id=order.check_id, repaired=order.repaired)
        await self._door.ask_until_done(self._sla.EndClockCheck, request)

    async def _next_leads(self, done: LeadsCompared, limit: int, runs: ClockRuns) -> LeadsCompared:
        listed = await self._list(pb.ListClocksRequest(after_lead_id=done.next, limit=limit))
        versions = {each.lead_id: each.clock.version for each in listed}
        missing = await runs.missing(versions.keys()) if versions else []
        repaired = await self._repair(pb.ClockToRepair(lead_id=each, listed_version=versions[each]) for each in missing)
        return LeadsCompared(
            next=listed[-1].lead_id if len(listed) == limit else "",
            leads=done.leads + len(listed),
            without_run=done.without_run + len(missing),
            repaired=done.repaired + repaired,
        )

    async def _compare(self, page: Sequence[Run], runs: ClockRuns) -> RunsCompared:
        """What one page comes to."""
        by_lead = {run.lead_id: run for run in page if _is_id(run.lead_id)}
        listed = await self._list(pb.ListClocksRequest(lead_ids=by_lead.keys())) if by_lead else []
        doubtful = [each for each in listed if is_doubtful(by_lead[each.lead_id], each.clock)]
        heard = await runs.slots.each([by_lead[each.lead_id] for each in doubtful], runs.ask)
        told = [
            _Difference(by_lead[each.lead_id], each.clock, answer.clock)
            for each, answer in zip(doubtful, heard, strict=True)
            if answer.clock and differs(answer.clock, each.clock)
        ]
        without_lead = [each for each in told if not each.has_lead]
        different = [each for each in told if each.has_lead]
        await runs.slots.each(without_lead, lambda each: runs.close(each.run, each.closed))
        return RunsCompared(
            runs=len(page),
            without_lead=len(without_lead),
            different=len(different),
            silent=sum(answer.is_silent for answer in heard),
            repaired=await self._repair(each.to_repair for each in different),
        )

    async def _list(self, request: pb.ListClocksRequest) -> Sequence[pb.ClockOfLead]:
        return (await self._door.ask_until_done(self._sla.ListClocks, request)).clocks

    async def _repair(self, clocks: Iterable[pb.ClockToRepair]) -> int:
        request = pb.RepairClocksRequest(clocks=clocks)
        if not request.clocks:
            return 0
        return (await self._door.ask_until_done(self._sla.RepairClocks, request)).repaired


def _resumed(kind: type[Compared]) -> Compared | None:
    """How far the attempt before this one was."""
    details = activity.info().heartbeat_details
    return kind(**details[0]) if details else None


def _page(order: Slice, done: int) -> int:
    return max(1, min(_PAGE, order.most - done)) if order.most else _PAGE


def _is_enough(order: Slice, done: int) -> bool:
    return bool(order.most) and done >= order.most


def _sum(done: RunsCompared, found: RunsCompared, following: str) -> RunsCompared:
    return RunsCompared(
        next=following,
        runs=done.runs + found.runs,
        without_lead=done.without_lead + found.without_lead,
        different=done.different + found.different,
        silent=done.silent + found.silent,
        repaired=done.repaired + found.repaired,
    )


def _is_id(text: str) -> bool:
    """Whether it is the id of a lead: an operator may have started a run under any."""
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
