"""The tables of the leads database."""

from kit.db.idempotency import idempotency_table
from kit.db.outbox import outbox_table
from leads_service.store.tables.around_a_lead import (
    ACTIVITIES,
    ASSIGNMENT_TURNS,
    CONVERSIONS,
    DOCUMENTS,
    HISTORY,
    NOTES,
    PRODUCT_LINES,
    STAGE_ASSIGNMENTS,
    TEAM_MEMBERS,
    UNUSED_OBJECTS,
)
from leads_service.store.tables.common import METADATA
from leads_service.store.tables.configuration import (
    CLOSED_ENTRIES,
    CONFIGURATION_COPY,
    RESCORE,
    RETIREMENT_MOVES,
    RETIREMENTS,
)
from leads_service.store.tables.counts import (
    LEAD_COUNT_CHANGES,
    LEAD_COUNTS_OF_DAY,
    LEAD_COUNTS_OF_MONTH,
    LEAD_COUNTS_OF_OWNER,
    LEAD_FACETS,
    LEAD_SUMS_OF_MONTH,
    LEAD_TEXTS,
)
from leads_service.store.tables.imports import IMPORT_MATCHES, IMPORT_REFUSALS, IMPORTS
from leads_service.store.tables.leads import LEADS, RUNNING_CLOCK, TO_RECORD
from leads_service.store.tables.sla import CLOCK_CHECKS, NOTIFICATION_NUMBERS, NOTIFICATIONS

OUTBOX = outbox_table(METADATA)
IDEMPOTENCY_KEYS = idempotency_table(METADATA)

__all__ = [
    "ACTIVITIES",
    "ASSIGNMENT_TURNS",
    "CLOCK_CHECKS",
    "CLOSED_ENTRIES",
    "CONFIGURATION_COPY",
    "CONVERSIONS",
    "DOCUMENTS",
    "HISTORY",
    "IDEMPOTENCY_KEYS",
    "IMPORTS",
    "IMPORT_MATCHES",
    "IMPORT_REFUSALS",
    "LEADS",
    "LEAD_COUNTS_OF_DAY",
    "LEAD_COUNTS_OF_MONTH",
    "LEAD_COUNTS_OF_OWNER",
    "LEAD_COUNT_CHANGES",
    "LEAD_FACETS",
    "LEAD_SUMS_OF_MONTH",
    "LEAD_TEXTS",
    "METADATA",
    "NOTES",
    "NOTIFICATIONS",
    "NOTIFICATION_NUMBERS",
    "OUTBOX",
    "PRODUCT_LINES",
    "RESCORE",
    "RETIREMENTS",
    "RETIREMENT_MOVES",
    "RUNNING_CLOCK",
    "STAGE_ASSIGNMENTS",
    "TEAM_MEMBERS",
    "TO_RECORD",
    "UNUSED_OBJECTS",
]
