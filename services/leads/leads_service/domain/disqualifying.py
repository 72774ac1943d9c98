"""Closing a lead that will not buy (spec: leads, stages)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from leads_service.domain import stage_gate
from leads_service.domain.configuration import Configuration
from leads_service.domain.drafts import Draft
from leads_service.domain.faults import Faults
from leads_service.domain.fields import clean_text, one_of
from leads_service.domain.first_response import CLOSING, answered
from leads_service.domain.lead import Change, Lead, LeadStatus
from leads_service.domain.life_cycle import require_identity
from leads_service.domain.retiring import require_nothing_retiring_entered
from leads_service.domain.settling import Situation
from leads_service.domain.standing import Deed, require
from leads_service.domain.visibility import check_write, with_kept

_LONGEST_NOTES = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Disqualification:
    """Why, in a configured reason and in the caller's own words, and what the lost stage asks for."""

    reason: str
    notes: str = ""
    stage_values: Mapping[str, Any]


def disqualify(lead: Lead, wanted: Disqualification, situation: Situation) -> Change:
    """The lead, disqualified: in its pipeline's lost stage where one can be entered, with its first response given.

    The lost stage gives it no owner: whoever had the lead keeps it.

    Raises:
        LeadlineError: FIELD_NOT_EDITABLE, LEAD_CLOSED, LEAD_CONVERTING, VALIDATION_FAILED naming all that is wrong,
            RETIRING, STAGE_FIELDS_MISSING.
    """
    given = {"stage_field_values": wanted.stage_values}
    check_write(given, lead, lead.stage_id, situation)
    require(lead, Deed.CHANGE)
    why = _why(wanted, situation.configuration)
    lost = _in_lost_stage(lead, with_kept(given, lead, situation)["stage_field_values"], situation.configuration)
    after = replace(
        lost, status=LeadStatus.DISQUALIFIED, disqualified_at=situation.now, closed_from_stage_id=lead.stage_id, **why
    )
    require_nothing_retiring_entered(lead, after, situation.configuration)
    after, responses = answered(after, CLOSING, situation.now, situation)
    facts = {"reason": after.disqualification_reason}
    told = situation.activity(after, "lead_disqualified", "Disqualified", metadata=facts)
    return Draft(lead, after, (told, *responses), situation).settled()


def _why(wanted: Disqualification, configuration: Configuration) -> dict[str, Any]:
    faults = Faults()
    reason = faults.note(lambda: one_of("reason", wanted.reason, configuration.disqualification_reasons))
    notes = faults.finish(lambda: clean_text("notes", wanted.notes, longest=_LONGEST_NOTES, required=False))
    return {"disqualification_reason": reason, "disqualification_notes": notes or None}


def _in_lost_stage(lead: Lead, stage_values: Mapping[str, Any], configuration: Configuration) -> Lead:
    """The lead where lost ones are. Values that come for a stage that it does not leave are checked all the same."""
    stage = configuration.lost_stage(lead.pipeline_id) or configuration.stage(lead.stage_id)
    if stage is None or (stage.id == lead.stage_id and not stage_values):
        return lead
    entered = stage_gate.enter(lead, stage, stage_values, configuration)
    require_identity(entered)
    return entered
