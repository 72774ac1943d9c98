"""What the servicers work with, and under which circumstances a call happens."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from kit.clock import Clock
from kit.context import current_principal
from kit.db.database import Database, LongReads
from kit.db.idempotency import Idempotency
from kit.object_store import ObjectStore
from leads_service.config_feed import ConfigurationHolder
from leads_service.domain.lead import Actor, Origin
from leads_service.domain.settling import Situation
from leads_service.store.lead_list import Means


@dataclass(frozen=True, slots=True)
class Limits:
    """The most bytes of what is sent in parts."""

    document_bytes: int
    import_bytes: int


@dataclass(frozen=True, slots=True)
class Parts:
    """What all servicers of the leads service share."""

    database: Database
    idempotency: Idempotency
    configuration: ConfigurationHolder
    clock: Clock
    objects: ObjectStore
    limits: Limits
    lists: Means
    long_reads: LongReads

    def by_caller(self, comes_by: Origin = Origin.SINGLE) -> Situation:
        """Something that the caller, a person, does now."""
        return Situation(self.configuration.current(), caller(), self.clock(), comes_by)

    def by_leadline(self) -> Situation:
        """Something that a clock or a workflow of ours does now."""
        return Situation(self.configuration.current(), Actor(None), self.clock())


def caller() -> Actor:
    """The person whose token came with the call."""
    principal = current_principal()
    return Actor(principal.user_id, principal.is_admin)


def caller_id() -> UUID:
    """The user whose token came with the call."""
    return current_principal().user_id


def expected_version(request: Any) -> int | None:
    """The version that the caller has seen, of a request that may carry one."""
    return request.expected_version if request.HasField("expected_version") else None
