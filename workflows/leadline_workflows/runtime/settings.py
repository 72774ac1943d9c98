"""The worker's configuration, from the environment."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from kit.config import GrpcSettings, ServiceTokenSettings, TemporalSettings


class WorkerSettings(ServiceTokenSettings, TemporalSettings, GrpcSettings):
    """What the worker needs to know. ``listen`` is where its health is served."""

    leads_address: str = Field(description="host:port of the leads service")
    crm_address: str = Field(description="host:port of the CRM service")
    settings_address: str = Field(description="host:port of the settings service")
    # One event loop does all the work: more at once only makes each wait longer.
    concurrent_activities: Annotated[int, Field(ge=1, le=1000)] = 100
    # A cached run that only waits costs about 60 KB, one that is not cached 20 ms of replay when it wakes: with fewer
    # than come due at one instant, each wakes another out of the cache.
    cached_workflows: Annotated[int, Field(ge=0, le=50_000)] = 2500
    shutdown_seconds: Annotated[float, Field(ge=0, le=300, description="for activities under way at SIGTERM")] = 10.0
    temporal_wait_seconds: Annotated[float, Field(ge=0, le=600, description="for Temporal to come up")] = 60.0

    @property
    def shutdown_timeout(self) -> timedelta:
        """How long activities that are under way may go on after SIGTERM."""
        return timedelta(seconds=self.shutdown_seconds)
