"""The Schedules that the product needs: made where they are missing, and brought to what this release wants."""

from dataclasses import replace
from datetime import timedelta

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleCalendarSpec,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleRange,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
)

from kit.logs import get_logger
from leadline_workflows.contracts import names
from leadline_workflows.contracts.clock_check import SLICE, CheckClocksInput

log = get_logger(__name__)

_CALL = timedelta(seconds=10)


async def ensure_schedules(client: Client) -> None:
    """Make the Schedules that are missing, and change those that are different. What an operator paused stays paused.

    Raises:
        RPCError: Temporal does not answer, or refuses.
    """
    await _ensure(client, names.DAILY_RESCORE_SCHEDULE, daily_rescore())
    await _ensure(client, names.CLOCK_CHECK_SCHEDULE, clock_check())
    await _ensure(client, names.CONVERSION_CHECK_SCHEDULE, conversion_check())


async def _ensure(client: Client, schedule_id: str, wanted: Schedule) -> None:
    try:
        await client.create_schedule(schedule_id, wanted, rpc_timeout=_CALL)
    except ScheduleAlreadyRunningError:
        handle = client.get_schedule_handle(schedule_id)
        await handle.update(lambda found: _change(found, wanted), rpc_timeout=_CALL)
    else:
        log.info("Schedule made", schedule=schedule_id)


def daily_rescore() -> Schedule:
    """Every day at 03:00 UTC, or as soon as Temporal is back within a day of that."""
    return Schedule(
        action=ScheduleActionStartWorkflow(
            names.DAILY_RESCORE,
            id=names.DAILY_RESCORE,
            task_queue=names.SETTINGS_QUEUE,
            static_summary="asks for all open leads to be scored anew, where a rule depends on time",
        ),
        # Tuples, as they come back: what is the same must compare as the same.
        spec=ScheduleSpec(
            calendars=[ScheduleCalendarSpec(hour=(ScheduleRange(3),), comment="daily at 03:00 UTC")],
            jitter=timedelta(minutes=5),
        ),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=timedelta(days=1)),
    )


def clock_check() -> Schedule:
    """Every five minutes, unless the check before is still under way. A missed one is left out: the next finds all."""
    summary = "records what clocks missed, and compares the next leads and clocks"
    return _check(names.CHECK_SLA_CLOCKS, CheckClocksInput(most=SLICE), summary=summary)


def conversion_check() -> Schedule:
    """Every five minutes, as the check of clocks."""
    return _check(names.CHECK_CONVERSIONS, summary="orders conversions whose run is gone anew")


def _check(workflow: str, *start: object, summary: str) -> Schedule:
    return Schedule(
        action=ScheduleActionStartWorkflow(
            workflow, args=start, id=workflow, task_queue=names.CHECK_QUEUE, static_summary=summary
        ),
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=timedelta(minutes=5))], jitter=timedelta(seconds=30)),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=timedelta(minutes=1)),
    )


def _change(found: ScheduleUpdateInput, wanted: Schedule) -> ScheduleUpdate | None:
    """The update that is needed. None where nothing is different: an update discards what is due at that moment."""
    known = found.description.schedule
    if _wants(known) == _wants(wanted):
        return None
    log.info("Schedule changed", schedule=found.description.id)
    return ScheduleUpdate(schedule=replace(wanted, state=known.state))


def _wants(schedule: Schedule) -> tuple[object, ...]:
    action = schedule.action
    started = (action.workflow, action.id, action.task_queue) if isinstance(action, ScheduleActionStartWorkflow) else ()
    return (schedule.spec, schedule.policy, *started)
