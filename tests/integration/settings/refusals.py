"""Looking at refusals."""

from collections.abc import Awaitable
from typing import Any

import pytest

from kit.errors import LeadlineError


async def refused(work: Awaitable[Any]) -> LeadlineError:
    """How a call is refused."""
    with pytest.raises(LeadlineError) as error:
        await work
    return error.value


async def faults_of(work: Awaitable[Any]) -> list[tuple[str, str]]:
    """The fields at fault, each with its reason, in the order in which they are named."""
    error = await refused(work)
    assert error.reason == "VALIDATION_FAILED"
    assert all(violation.message for violation in error.violations)
    return [(violation.field, violation.reason) for violation in error.violations]
