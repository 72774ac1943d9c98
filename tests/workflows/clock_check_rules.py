"""Leads and runs of clocks as a check meets them: numbered, so many of each, some of them to be repaired."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from temporalio import activity

from leadline_workflows.contracts import names
from leadline_workflows.contracts.clock_check import EndClockCheck, LeadsCompared, Missed, RunsCompared, Slice
from tests.workflows.step_rules import StepRules


@dataclass
class ClockCheckRules(StepRules):
    """Of the leads, every hundredth has no run; of the runs, every hundredth knows another clock than its lead.

    An activity goes through ``batch`` of them and says where it stopped by number. ``slices`` is what was asked for.
    """

    leads: int = 0
    runs: int = 0
    batch: int = 1000
    missed: list[Missed] = field(default_factory=list)
    slices: list[tuple[str, str, int]] = field(default_factory=list)

    def activities(self) -> list[Callable[..., Any]]:
        """All steps, under the names that the workflow calls them by."""
        return [self.record_missed, self.compare_leads, self.compare_runs, self.end_clock_check]

    @activity.defn(name=names.RECORD_MISSED)
    async def record_missed(self) -> Missed:
        """What the test says, and in the end nothing."""
        await self._take(names.RECORD_MISSED, None)
        return self.missed.pop(0) if self.missed else Missed(is_all=True)

    @activity.defn(name=names.COMPARE_LEADS)
    async def compare_leads(self, order: Slice) -> LeadsCompared:
        """The next leads."""
        await self._take(names.COMPARE_LEADS, order)
        begin, end = self._slice("leads", order, self.leads)
        found = end // 100 - begin // 100
        return LeadsCompared(_next(end, self.leads), end - begin, found, found)

    @activity.defn(name=names.COMPARE_RUNS)
    async def compare_runs(self, order: Slice) -> RunsCompared:
        """The next runs."""
        await self._take(names.COMPARE_RUNS, order)
        begin, end = self._slice("runs", order, self.runs)
        found = end // 100 - begin // 100
        return RunsCompared(_next(end, self.runs), end - begin, different=found, repaired=found)

    @activity.defn(name=names.END_CLOCK_CHECK)
    async def end_clock_check(self, order: EndClockCheck) -> None:
        """Whoever waits hears of it."""
        await self._take(names.END_CLOCK_CHECK, order)

    def _slice(self, what: str, order: Slice, total: int) -> tuple[int, int]:
        self.slices.append((what, order.begin, order.most))
        begin = int(order.begin or 0)
        return begin, min(begin + min(self.batch, order.most or self.batch), total)


def _next(end: int, total: int) -> str:
    return str(end) if end < total else ""
