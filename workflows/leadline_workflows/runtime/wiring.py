"""The activities with everything they call, put together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from grpc.aio import Channel
from temporalio.client import Client
from temporalio.worker import Worker

from kit.rpc.calls import open_channel
from kit.tokens import ServiceToken
from leadline_workflows.activities.clock_check import ClockCheckActivities
from leadline_workflows.activities.conversion import ConversionActivities
from leadline_workflows.activities.conversion_check import ConversionCheckActivities
from leadline_workflows.activities.conversion_copies import CopyActivities
from leadline_workflows.activities.conversion_plans import ConversionPlans
from leadline_workflows.activities.conversion_undo import UndoActivities
from leadline_workflows.activities.door import Door
from leadline_workflows.activities.lead_import import ImportActivities
from leadline_workflows.activities.rescore import RescoreActivities
from leadline_workflows.activities.retirement import RetirementActivities
from leadline_workflows.activities.retirement_undo import RetirementUndoActivities
from leadline_workflows.activities.sla import SlaActivities
from leadline_workflows.activities.unconversion import UnconversionActivities
from leadline_workflows.runtime.settings import WorkerSettings
from leadline_workflows.runtime.worker import (
    Activities,
    Limits,
    check_worker,
    conversion_worker,
    import_worker,
    settings_worker,
    sla_worker,
)

# Whom the worker's tokens speak for.
_SUBJECT = UUID("0190c0de-0000-7000-8000-0000000000f1")
_PERMISSIONS = (
    "sla:record",
    "conversions:run",
    "leads:view",
    "conversion_records:write",
    "scoring:run",
    "retirements:run",
    "opportunities:place",
    "imports:run",
)


@dataclass(frozen=True, slots=True)
class ActivitySet:
    """The activities of each task queue."""

    sla: Activities
    conversion: Activities
    settings: Activities
    imports: Activities
    checks: Activities


@asynccontextmanager
async def open_activities(settings: WorkerSettings) -> AsyncIterator[ActivitySet]:
    """The activities over open channels, which are closed at the end."""
    door = Door(ServiceToken(settings, subject=_SUBJECT, permissions=_PERMISSIONS))
    async with (
        open_channel(settings.leads_address) as leads,
        open_channel(settings.crm_address) as crm,
        open_channel(settings.settings_address) as lead_settings,
    ):
        yield ActivitySet(
            sla=_sla(door, leads),
            conversion=_conversion(door, leads, crm),
            settings=_settings(door, leads, crm, lead_settings),
            imports=_imports(door, leads),
            checks=_checks(door, leads),
        )


def _sla(door: Door, leads: Channel) -> Activities:
    activities = SlaActivities(door, leads)
    return [activities.record_milestone, activities.operate_clock]


def _conversion(door: Door, leads: Channel, crm: Channel) -> Activities:
    plans = ConversionPlans(door, leads)
    forward, copies = ConversionActivities(door, plans, leads, crm), CopyActivities(door, plans, leads, crm)
    undo, unconversion = UndoActivities(door, plans, leads, crm), UnconversionActivities(door, plans, leads, crm)
    return [
        forward.read_plan,
        forward.ensure_account,
        forward.ensure_contact,
        forward.ensure_opportunity,
        copies.copy_notes,
        copies.copy_documents,
        copies.copy_team,
        forward.complete_conversion,
        undo.remove_team,
        undo.remove_documents,
        undo.remove_notes,
        undo.release_opportunity,
        undo.release_contact,
        undo.release_account,
        undo.start_undoing,
        undo.fail_conversion,
        unconversion.undo_records,
        unconversion.complete_unconversion,
        unconversion.fail_unconversion,
    ]


def _settings(door: Door, leads: Channel, crm: Channel, lead_settings: Channel) -> Activities:
    rescore = RescoreActivities(door, leads)
    forward = RetirementActivities(door, leads, crm, lead_settings)
    undo = RetirementUndoActivities(door, leads, crm, lead_settings)
    return [
        rescore.rescore_batch,
        rescore.request_daily_rescore,
        forward.count_retiring,
        forward.move_retiring,
        forward.complete_retirement,
        forward.end_retirement,
        undo.restore_retiring,
        undo.fail_retirement,
    ]


def _imports(door: Door, leads: Channel) -> Activities:
    activities = ImportActivities(door, leads)
    return [activities.import_batch, activities.end_import]


def _checks(door: Door, leads: Channel) -> Activities:
    check = ClockCheckActivities(door, leads)
    return [
        check.record_missed,
        check.compare_leads,
        check.compare_runs,
        check.end_clock_check,
        ConversionCheckActivities(door, leads).order_lost_conversions,
    ]


def make_workers(client: Client, settings: WorkerSettings, activities: ActivitySet) -> list[Worker]:
    """A worker for each task queue."""
    limits = Limits(
        settings.cached_workflows, settings.concurrent_activities, settings.shutdown_timeout, sandboxed=False
    )
    return [
        sla_worker(client, activities.sla, limits),
        conversion_worker(client, activities.conversion, limits),
        settings_worker(client, activities.settings, limits),
        import_worker(client, activities.imports, limits),
        check_worker(client, activities.checks, limits),
    ]
