"""Opening a disqualified lead again, with a clock that starts anew (spec: leads, SLA)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from leads_service.domain import stage_gate
from leads_service.domain.drafts import Draft
from leads_service.domain.json_values import instant_text
from leads_service.domain.lead import Lead, LeadStatus
from leads_service.domain.life_cycle import require_identity
from leads_service.domain.ownership import assigning
from leads_service.domain.placing import place_to_reopen
from leads_service.domain.retiring import require_nothing_retiring_entered
from leads_service.domain.settling import Situation
from leads_service.domain.standing import Deed, require
from leads_service.domain.visibility import check_write, with_kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopening:
    """At which stage, the one where the lead was unless said, and what that stage asks for."""

    stage_id: UUID | None = None
    stage_values: Mapping[str, Any]


def reopen(lead: Lead, wanted: Reopening, situation: Situation) -> Draft:
    """The lead, open again, through the gate of its stage; the way there need not be step by step.

    Its owner stays; a lead without one is given one by the stage, as on every entry. Nobody has answered it: the
    activity keeps what was promised and answered before.

    Raises:
        LeadlineError: FIELD_NOT_EDITABLE, LEAD_NOT_FOUND, LEAD_NOT_DISQUALIFIED, LEAD_CONVERTING, VALIDATION_FAILED
            naming all that is wrong, RETIRING, STAGE_FIELDS_MISSING.
    """
    given = _given(wanted)
    check_write(given, lead, lead.stage_id, situation)
    require(lead, Deed.REOPEN)
    configuration = situation.configuration
    stage = place_to_reopen(lead, wanted.stage_id, configuration)
    values = with_kept(given, lead, situation)["stage_field_values"]
    asks = assigning(stage.id, configuration) if lead.assigned_to is None and "assignedTo" not in values else None
    entered = stage_gate.enter(lead, stage, values, configuration, will_be_owned=asks is not None)
    require_identity(entered)
    after = _opened(entered, situation)
    require_nothing_retiring_entered(lead, after, configuration)
    told = situation.activity(after, "lead_reopened", "Reopened", metadata=_what_was(lead))
    return Draft(lead, after, (told,), situation, asks)


def _given(wanted: Reopening) -> dict[str, Any]:
    place = {} if wanted.stage_id is None else {"stage_id": wanted.stage_id}
    return {**place, "stage_field_values": wanted.stage_values}


def _opened(lead: Lead, situation: Situation) -> Lead:
    """The lead without what closed it, and without its promise: it is made a new one."""
    return replace(
        lead,
        status=LeadStatus.OPEN,
        disqualified_at=None,
        disqualification_reason=None,
        disqualification_notes=None,
        closed_from_stage_id=None,
        reopened_at=situation.now,
        first_response_at=None,
        sla=None,
    )


def _what_was(lead: Lead) -> dict[str, object]:
    instants = {
        "firstResponseAt": lead.first_response_at,
        "responseDeadline": lead.sla.deadline if lead.sla else None,
    }
    told = {name: instant_text(at) for name, at in instants.items() if at}
    return {"reason": lead.disqualification_reason, **told}
