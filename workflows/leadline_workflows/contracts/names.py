"""Names that are written into histories and must never change: workflow types, messages, activities, task queues."""

from typing import Final
from uuid import UUID

LEAD_SLA: Final = "lead-sla"
LEAD_CONVERSION: Final = "lead-conversion"

SLA_QUEUE: Final = "lead-sla"
CONVERSION_QUEUE: Final = "lead-conversion"

# Signal of lead-sla: carries the whole clock as it is now; one that is not newer than the known one changes nothing.
CLOCK_CHANGED: Final = "clock-changed"
# Query of lead-sla: the clock as the workflow knows it.
CLOCK: Final = "clock"
# Update of lead-sla, for operators: asks the leads service now, and answers the clock as it is there.
REFRESH: Final = "refresh"

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


def lead_sla_id(lead_id: UUID | str) -> str:
    """The id of the one SLA clock of a lead."""
    return f"{LEAD_SLA}/{lead_id}"


def lead_conversion_id(lead_id: UUID | str) -> str:
    """The id of a lead's conversion; a lead that could not be converted may be tried again under the same id."""
    return f"{LEAD_CONVERSION}/{lead_id}"
