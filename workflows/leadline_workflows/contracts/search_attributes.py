"""Search attributes that operators filter runs by. Registered with the namespace before the first start."""

from collections.abc import Mapping
from typing import Final

LEAD_ID: Final = "LeadId"
SLA_STATUS: Final = "SlaStatus"
PRIORITY: Final = "Priority"
STAGE: Final = "Stage"
OWNER: Final = "Owner"
# When the first response is due; clocks that stand still or are over have none.
SLA_DEADLINE: Final = "SlaDeadline"
# Why a run needs somebody's eye: a part that it waits for, or a compensation that does not come to its end.
ATTENTION: Final = "Attention"

# PostgreSQL visibility holds ten keywords for a namespace, and three instants.
KEYWORDS: Final = (LEAD_ID, SLA_STATUS, PRIORITY, STAGE, OWNER, ATTENTION)
DATETIMES: Final = (SLA_DEADLINE,)
# With the names of their types as Temporal's command line has them.
TYPES: Final[Mapping[str, str]] = dict.fromkeys(KEYWORDS, "Keyword") | dict.fromkeys(DATETIMES, "Datetime")
