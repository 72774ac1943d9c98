"""Names that are written into histories and must never change: workflow types, messages, activities, task queues."""

from typing import Final
from uuid import UUID

LEAD_SLA: Final = "lead-sla"
# Of runs that the release before began; nothing starts it any more.
LEAD_CONVERSION: Final = "lead-conversion"
CONVERT_LEAD: Final = "convert-lead"
UNCONVERT_LEAD: Final = "unconvert-lead"
RESCORE_LEADS: Final = "rescore-leads"
DAILY_RESCORE: Final = "daily-rescore"
RETIREMENT: Final = "retirement"
LEAD_IMPORT: Final = "lead-import"
CHECK_SLA_CLOCKS: Final = "check-sla-clocks"
CHECK_CONVERSIONS: Final = "check-conversions"

SLA_QUEUE: Final = "lead-sla"
CONVERSION_QUEUE: Final = "lead-conversion"
# What follows from changes of settings: scoring anew, retiring.
SETTINGS_QUEUE: Final = "lead-settings"
IMPORT_QUEUE: Final = "lead-import"
# Of its own: a check is wanted most when the clocks themselves are behind.
CHECK_QUEUE: Final = "checks"

# Signal of lead-sla: carries the whole clock as it is now; one that is not newer than the known one changes nothing.
CLOCK_CHANGED: Final = "clock-changed"
# Query of lead-sla: the clock as the workflow knows it.
CLOCK: Final = "clock"
# Updates of lead-sla, for operators; each answers the clock as it is then. REFRESH reads it anew.
REFRESH: Final = "refresh"
EXTEND_DEADLINE: Final = "extend-deadline"
PAUSE: Final = "pause"
RESUME: Final = "resume"

# Signal of rescore-leads: a run was asked for, once more. Carries nothing; the leads service knows what for.
RESCORE_REQUESTED: Final = "rescore-requested"
# Query of rescore-leads, of retirement, of lead-import and of check-sla-clocks: how far the run is.
PROGRESS: Final = "progress"

# The Schedule that has time-based rules scored anew.
DAILY_RESCORE_SCHEDULE: Final = "rescore-leads-daily"
# The Schedule that has clocks compared with their leads.
CLOCK_CHECK_SCHEDULE: Final = "check-sla-clocks"

# The Schedule that has lost conversions ordered anew.
CONVERSION_CHECK_SCHEDULE: Final = "check-conversions"

# Activities of lead-sla.
RECORD_MILESTONE: Final = "record-milestone"
OPERATE_CLOCK: Final = "operate-clock"

# Updates of convert-lead and unconvert-lead, for operators: try again now what a run waits for, or give it up and undo.
RETRY_NOW: Final = "retry-now"
GIVE_UP: Final = "give-up"

# Activities of lead-conversion and convert-lead.
READ_PLAN: Final = "read-plan"
ENSURE_ACCOUNT: Final = "ensure-account"
RELEASE_ACCOUNT: Final = "release-account"
ENSURE_CONTACT: Final = "ensure-contact"
RELEASE_CONTACT: Final = "release-contact"
ENSURE_OPPORTUNITY: Final = "ensure-opportunity"
RELEASE_OPPORTUNITY: Final = "release-opportunity"
COPY_NOTES: Final = "copy-notes"
REMOVE_NOTES: Final = "remove-notes"
COPY_DOCUMENTS: Final = "copy-documents"
REMOVE_DOCUMENTS: Final = "remove-documents"
COPY_TEAM: Final = "copy-team"
REMOVE_TEAM: Final = "remove-team"
COMPLETE_CONVERSION: Final = "complete-conversion"
START_UNDOING: Final = "start-undoing"
FAIL_CONVERSION: Final = "fail-conversion"

# Activities of unconvert-lead.
UNDO_RECORDS: Final = "undo-records"
COMPLETE_UNCONVERSION: Final = "complete-unconversion"
FAIL_UNCONVERSION: Final = "fail-unconversion"

# Activity of check-conversions.
ORDER_LOST_CONVERSIONS: Final = "order-lost-conversions"

# Activities of rescore-leads and daily-rescore.
RESCORE_BATCH: Final = "rescore-batch"
REQUEST_DAILY_RESCORE: Final = "request-daily-rescore"

# Activities of retirement.
COUNT_RETIRING: Final = "count-retiring"
MOVE_RETIRING: Final = "move-retiring"
RESTORE_RETIRING: Final = "restore-retiring"
COMPLETE_RETIREMENT: Final = "complete-retirement"
FAIL_RETIREMENT: Final = "fail-retirement"
END_RETIREMENT: Final = "end-retirement"

# Activities of lead-import.
IMPORT_BATCH: Final = "import-batch"
END_IMPORT: Final = "end-import"

# Activities of check-sla-clocks.
RECORD_MISSED: Final = "record-missed"
COMPARE_LEADS: Final = "compare-leads"
COMPARE_RUNS: Final = "compare-runs"
END_CLOCK_CHECK: Final = "end-clock-check"


def lead_sla_id(lead_id: UUID | str) -> str:
    """The id of the one SLA clock of a lead."""
    return f"{LEAD_SLA}/{lead_id}"


def lead_conversion_id(lead_id: UUID | str) -> str:
    """The id of a lead's conversion; a lead that could not be converted may be tried again under the same id."""
    return f"lead-conversion/{lead_id}"


def lead_unconversion_id(lead_id: UUID | str) -> str:
    """The id of the undoing of a lead's conversion; one that was refused may be tried again under the same id."""
    return f"lead-unconversion/{lead_id}"


def retirement_id(kind: str, entry_id: UUID | str) -> str:
    """The id of the deletion of a setting, ``retire-stage/<stageId>``; one that failed may be tried again under it."""
    return f"retire-{kind.replace('_', '-')}/{entry_id}"


def lead_import_id(import_id: UUID | str) -> str:
    """The id of the one run that carries out an import."""
    return f"{LEAD_IMPORT}/{import_id}"


def lead_of(workflow_id: str) -> str:
    """The lead whose SLA clock has this id."""
    return workflow_id.removeprefix(f"{LEAD_SLA}/")


def clock_check_id(check_id: UUID | str) -> str:
    """The id of a check of all clocks that somebody asked for."""
    return f"{CHECK_SLA_CLOCKS}/{check_id}"
