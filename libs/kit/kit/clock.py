"""The clock of the edges. Domain code never asks for the time, it is told."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The present, aware, UTC."""
    return datetime.now(UTC)
