"""Names that are written into histories and must never change: workflow types, messages, activities, task queues."""

from typing import Final
from uuid import UUID

LEAD_SLA: Final = "lead-sla"
LEAD_CONVERSION: Final = "lead-conversion"
RESCORE_LEADS: Final = "rescore-leads"
DAILY_RESCORE: Final = "daily-rescore"
RETIREMENT: Final = "retirement"
LEAD_IMPORT: Final = "lead-import"

SLA_QUEUE: Final = "lead-sla"
CONVERSION_QUEUE: Final = "lead-conversion"
# What follows from changes of settings: scoring anew, retiring.
SETTINGS_QUEUE: Final = "lead-settings"
IMPORT_QUEUE: Final = "lead-import"

# Signal of lead-sla: carries the whole clock as it is now; one that is not newer than the known one changes nothing.
CLOCK_CHANGED: Final = "clock-changed"
# Query of lead-sla: the clock as the workflow knows it.
CLOCK: Final = "clock"
# Update of lead-sla, for operators: asks the leads service now, and answers the clock as it is there.
REFRESH: Final = "refresh"

# Signal of rescore-leads: a run was asked for, once more. Carries nothing; the leads service knows what for.
RESCORE_REQUESTED: Final = "rescore-requested"
# Query of rescore-leads, of retirement and of lead-import: how far the run is.
PROGRESS: Final = "progress"

# The Schedule that has time-based rules scored anew.
DAILY_RESCORE_SCHEDULE: Final = "rescore-leads-daily"

# Activities of lead-sla.
RECORD_MILESTONE: Final = "record-milestone"

# Activities of lead-conversion.
READ_PLAN: Final = "read-plan"
ENSURE_ACCOUNT: Final = "ensure-account"
RELEASE_ACCOUNT: Final = "release-account"
ENSURE_CONTACT: Final = "ensure-contact"
RELEASE_CONTACT: Final = "release-contact"
ENSURE_OPPORTUNITY: Final = "ensure-opportunity"
RELEASE_OPPORTUNITY: Final = "release-opportunity"
COPY_NOTES: Final = "copy-notes"
REMOVE_NOTES: Final = "remove-notes"
COMPLETE_CONVERSION: Final = "complete-conversion"
FAIL_CONVERSION: Final = "fail-conversion"

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


def lead_sla_id(lead_id: UUID | str) -> str:
    """The id of the one SLA clock of a lead."""
    return f"{LEAD_SLA}/{lead_id}"


def lead_conversion_id(lead_id: UUID | str) -> str:
    """The id of a lead's conversion; a lead that could not be converted may be tried again under the same id."""
    return f"{LEAD_CONVERSION}/{lead_id}"


def retirement_id(kind: str, entry_id: UUID | str) -> str:
    """The id of the deletion of a setting, ``retire-stage/<stageId>``; one that failed may be tried again under it."""
    return f"retire-{kind.replace('_', '-')}/{entry_id}"


def lead_import_id(import_id: UUID | str) -> str:
    """The id of the one run that carries out an import."""
    return f"{LEAD_IMPORT}/{import_id}"
