"""What is being deleted: nothing enters it, and whoever has it already keeps it (spec: stages)."""

from uuid import UUID

from kit.errors import refused
from leads_service.domain.configuration import Configuration, Retiring
from leads_service.domain.lead import Lead

# The attributes of a lead that name an entry of the settings.
_ENTERED_BY = {
    "pipeline_id": Retiring.PIPELINE,
    "stage_id": Retiring.STAGE,
    "priority": Retiring.PRIORITY,
    "source": Retiring.SOURCE,
    "disqualification_reason": Retiring.DISQUALIFICATION_REASON,
}


def require_open(kind: Retiring, entry: UUID | str, configuration: Configuration) -> None:
    """Refuse to enter an entry that is being deleted: a stage or pipeline by id, another one by name.

    Raises:
        LeadlineError: RETIRING.
    """
    retirement_id = configuration.retirement_of(kind, entry)
    if retirement_id is not None:
        kind_for_people = kind.replace("_", " ")
        raise refused(
            "RETIRING",
            f"This {kind_for_people} is being deleted. Choose another one.",
            metadata={"retirementId": str(retirement_id)},
        )


def require_nothing_retiring_entered(before: Lead | None, after: Lead, configuration: Configuration) -> None:
    """Refuse a change that gives a lead what is being deleted, unless the lead has had it.

    Raises:
        LeadlineError: RETIRING.
    """
    for attribute, kind in _ENTERED_BY.items():
        entry = getattr(after, attribute)
        if entry is not None and (before is None or entry != getattr(before, attribute)):
            require_open(kind, entry, configuration)
