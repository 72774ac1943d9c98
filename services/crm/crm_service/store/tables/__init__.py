"""The tables of the crm database."""

from crm_service.store.tables.common import COLLATION, METADATA
from crm_service.store.tables.conversions import (
    CONVERSION_RECORDS,
    IDEMPOTENCY_KEYS,
    OPPORTUNITY_MOVES,
    UNDONE_RETIREMENTS,
)
from crm_service.store.tables.copies import OPPORTUNITY_LINES, RECORD_DOCUMENTS, RECORD_MEMBERS, RECORD_NOTES
from crm_service.store.tables.records import ACCOUNTS, CONTACTS, OPPORTUNITIES, PRODUCTS

__all__ = [
    "ACCOUNTS",
    "COLLATION",
    "CONTACTS",
    "CONVERSION_RECORDS",
    "IDEMPOTENCY_KEYS",
    "METADATA",
    "OPPORTUNITIES",
    "OPPORTUNITY_LINES",
    "OPPORTUNITY_MOVES",
    "PRODUCTS",
    "RECORD_DOCUMENTS",
    "RECORD_MEMBERS",
    "RECORD_NOTES",
    "UNDONE_RETIREMENTS",
]
