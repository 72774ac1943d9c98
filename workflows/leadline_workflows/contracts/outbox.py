"""Kinds of outbox rows that the relay turns into workflows. A row's payload is the workflow's input as a dict."""

from typing import Final

# Payload: LeadSlaInput with the clock as it is now. Starts the clock, or tells the running one;
# one that has ended goes on only where the order revives it.
SLA_CLOCK: Final = "sla_clock"
# Payload: LeadConversionInput.
CONVERSION: Final = "conversion"
# Payload: UnconversionInput.
UNCONVERSION: Final = "unconversion"
# Payload: empty. Starts rescore-leads, or tells the running one.
RESCORE: Final = "rescore"
# Payload: RetirementInput.
RETIREMENT: Final = "retirement"
# Payload: LeadImportInput.
LEAD_IMPORT: Final = "lead_import"
# Payload: CheckClocksInput.
CLOCK_CHECK: Final = "clock_check"

# The key of the memo that says which request a run was ordered by.
REQUEST_ID: Final = "requestId"
# The key of the memo that says which conversion a run carries out.
CONVERSION_ID: Final = "conversion_id"
# The key of the memo that says which order a run was started by.
ORDER_ID: Final = "order_id"
# The key of the memo that says which retirement a run carries out.
RETIREMENT_ID: Final = "retirement_id"
