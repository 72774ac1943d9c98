"""Orders to the activities of a deletion, and what services may answer to them."""

import pytest

from kit.errors import forbidden, not_found, refused, unavailable
from leadline_workflows.contracts.retirement import MoveRetiring, RetirementProgress, StageMove
from tests.workflows.scripted_services import Services

RETIREMENT = "retirement-1"
LEADS_ONLY = MoveRetiring(RETIREMENT, progress=RetirementProgress(700, 100))
BOTH = MoveRetiring(RETIREMENT, [StageMove("stage-1", "pipeline-2", "stage-2")], RetirementProgress(700, 100))

UNKNOWN = not_found("RETIREMENT_NOT_FOUND", "There is no such deletion.")
CLOSED = refused("RETIREMENT_CLOSED", "It is over.")
AWAY = unavailable("away")
OBSTACLES = pytest.mark.parametrize(
    "obstacle", [AWAY, forbidden("PERMISSION_MISSING", "no")], ids=lambda error: error.reason
)


def reports(services: Services) -> list[tuple[int, int]]:
    """What the settings service was told: total and moved, one after the other."""
    return [(each.total, each.moved) for each in services.settings.of("ReportRetirement")]
