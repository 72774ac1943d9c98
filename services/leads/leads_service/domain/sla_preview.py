"""What would be promised to a lead that is created at some time, so that a policy can be tried (spec: SLA)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from kit.errors import invalid_field
from kit.ids import new_id
from leads_service.domain.business_clock import business_time_between
from leads_service.domain.configuration import Settings
from leads_service.domain.faults import Faults
from leads_service.domain.fields import clean_fields
from leads_service.domain.lead import Lead
from leads_service.domain.placing import first_place
from leads_service.domain.retiring import require_nothing_retiring_entered
from leads_service.domain.settling import Situation, settle

_EARLIEST, _END = datetime(2000, 1, 1, tzinfo=UTC), datetime(2101, 1, 1, tzinfo=UTC)
_LONGEST = timedelta(days=3660)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A lead as far as policies are chosen by it: ``given`` may hold priority, source and pipeline_id."""

    created_at: datetime
    given: Mapping[str, Any]
    created_by: UUID
    # Until when business time is counted; until now where nothing is said.
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be promised, and the policy's whole seconds of business time from creation; nothing and 0 without."""

    policy: str | None = None
    at_risk_at: datetime | None = None
    deadline: datetime | None = None
    elapsed_seconds: int = 0


def preview(trial: Trial, settings: Settings, situation: Situation) -> Preview:
    """What these settings promise to such a lead. It is settled like one that is created, and then forgotten.

    Raises:
        LeadlineError: VALIDATION_FAILED naming all that is wrong, RETIRING.
    """
    configuration = replace(situation.configuration, settings=settings)
    lead = _would_be(trial, replace(situation, configuration=configuration))
    then = replace(situation, configuration=configuration, now=trial.created_at)
    promised = settle(None, lead, [], then).lead.sla
    if promised is None:
        return Preview()
    hours = next(policy.business_hours for policy in settings.policies if policy.name == promised.policy)
    passed = business_time_between(trial.created_at, trial.until or situation.now, hours)
    return Preview(promised.policy, promised.at_risk_at, promised.deadline, passed // timedelta(seconds=1))


def _would_be(trial: Trial, situation: Situation) -> Lead:
    configuration, faults = situation.configuration, Faults()
    faults.note(lambda: _require_known_times(trial))
    fields = clean_fields(trial.given, configuration, faults)
    stage = faults.finish(lambda: first_place(fields, configuration))
    lead = Lead(
        id=new_id(),
        priority=fields.get("priority") or configuration.default_priority().name,
        source=fields.get("source"),
        pipeline_id=stage.pipeline_id,
        stage_id=stage.id,
        created_by=trial.created_by,
        created_at=trial.created_at,
        updated_at=trial.created_at,
    )
    require_nothing_retiring_entered(None, lead, configuration)
    return lead


def _require_known_times(trial: Trial) -> None:
    if not _EARLIEST <= trial.created_at < _END:
        raise invalid_field("createdAt", "OUT_OF_RANGE", "Must be from the year 2000 up to the end of 2100.")
    if trial.until is not None and trial.until - trial.created_at > _LONGEST:
        raise invalid_field("until", "OUT_OF_RANGE", "Must be at most ten years after createdAt.")
