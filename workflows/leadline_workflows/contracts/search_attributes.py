"""Search attributes that operators filter runs by. Registered with the namespace before the first start."""

from typing import Final

LEAD_ID: Final = "LeadId"
SLA_STATUS: Final = "SlaStatus"
PRIORITY: Final = "Priority"
STAGE: Final = "Stage"
OWNER: Final = "Owner"

# All are keywords: PostgreSQL visibility holds ten of them for a namespace.
KEYWORDS: Final = (LEAD_ID, SLA_STATUS, PRIORITY, STAGE, OWNER)
