"""What may be done with a lead as it stands: the one place where that is decided (spec: leads)."""

from enum import StrEnum

from kit.errors import LeadlineError, not_found, refused
from leads_service.domain.lead import Lead, LeadStatus


class Standing(StrEnum):
    """How a lead stands: by its status, unless it is deleted or being converted."""

    OPEN = "open"
    CONVERTING = "converting"
    CONVERTED = "converted"
    DISQUALIFIED = "disqualified"
    DELETED = "deleted"


class Deed(StrEnum):
    """What is done with a lead."""

    # Its fields, stage, owner, team and product lines; closing and deleting it.
    CHANGE = "change"
    # Notes, activities and documents.
    ADD = "add"
    CONVERT = "convert"
    UNCONVERT = "unconvert"
    REOPEN = "reopen"
    RESTORE = "restore"


PERMITTED: dict[Deed, frozenset[Standing]] = {
    Deed.CHANGE: frozenset({Standing.OPEN}),
    # A running conversion could not carry over what comes in meanwhile.
    Deed.ADD: frozenset({Standing.OPEN, Standing.CONVERTED, Standing.DISQUALIFIED}),
    Deed.CONVERT: frozenset({Standing.OPEN}),
    Deed.UNCONVERT: frozenset({Standing.CONVERTED}),
    Deed.REOPEN: frozenset({Standing.DISQUALIFIED}),
    Deed.RESTORE: frozenset({Standing.DELETED}),
}

_OF_ONE_STANDING = {
    Deed.REOPEN: ("LEAD_NOT_DISQUALIFIED", "Only a disqualified lead is reopened"),
    Deed.UNCONVERT: ("LEAD_NOT_CONVERTED", "Only a converted lead's conversion is undone"),
}


def standing_of(lead: Lead) -> Standing:
    """How the lead stands."""
    if lead.deleted_at is not None:
        return Standing.DELETED
    return Standing.CONVERTING if lead.conversion_id is not None else Standing(lead.status)


def require(lead: Lead, deed: Deed) -> None:
    """Let only that be done with the lead which its standing permits.

    Raises:
        LeadlineError: LEAD_NOT_FOUND for a deleted lead, LEAD_NOT_DELETED, LEAD_CONVERTING, LEAD_NOT_DISQUALIFIED,
            LEAD_NOT_CONVERTED, LEAD_ALREADY_CONVERTED, LEAD_CLOSED.
    """
    standing = standing_of(lead)
    if standing not in PERMITTED[deed]:
        raise _refusal(lead, standing, deed)


def converted_to(lead: Lead) -> dict[str, str]:
    """The ids of the records that a lead was converted to, by their names for callers."""
    ids = {"accountId": lead.account_id, "contactId": lead.contact_id, "opportunityId": lead.opportunity_id}
    return {name: str(value) for name, value in ids.items() if value}


def lead_not_found(lead_id: object) -> LeadlineError:
    """There is no such lead; a deleted one counts as none."""
    return not_found("LEAD_NOT_FOUND", f"There is no lead {lead_id}.")


def _refusal(lead: Lead, standing: Standing, deed: Deed) -> LeadlineError:
    if standing is Standing.DELETED:
        return lead_not_found(lead.id)
    if deed is Deed.RESTORE:
        return refused("LEAD_NOT_DELETED", "The lead is not deleted.")
    if standing is Standing.CONVERTING:
        message = "A conversion of this lead is running, or being undone. Try again when that has ended."
        return refused("LEAD_CONVERTING", message, metadata={"conversionId": str(lead.conversion_id)})
    if deed in _OF_ONE_STANDING:
        reason, message = _OF_ONE_STANDING[deed]
        return refused(reason, f"{message}; this one is {standing}.", metadata={"status": standing})
    if deed is Deed.CONVERT and lead.status is LeadStatus.CONVERTED:
        return _already_converted(lead)
    message = (
        f"The lead is {standing}. Reopen it first."
        if deed is Deed.CONVERT
        else f"The lead is {standing}: it takes notes, activities and documents only."
    )
    return refused("LEAD_CLOSED", message, metadata={"status": standing})


def _already_converted(lead: Lead) -> LeadlineError:
    return refused("LEAD_ALREADY_CONVERTED", "The lead has been converted already.", metadata=converted_to(lead))
