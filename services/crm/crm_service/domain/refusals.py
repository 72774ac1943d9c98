"""The refusals that several use cases share."""

from collections.abc import Sequence
from uuid import UUID

from crm_service.domain.undoing import Obstacle, Why
from kit.errors import FieldViolation, LeadlineError, invalid_field, not_found, refused


def missing(noun: str, record_id: UUID) -> LeadlineError:
    """There is no such account, contact, opportunity or product; a deleted one counts as none."""
    return not_found(f"{noun.upper()}_NOT_FOUND", f"There is no {noun} {record_id}.")


def conversion_closed() -> LeadlineError:
    """The step has been undone, maybe before it came."""
    return refused("CONVERSION_CLOSED", "This conversion has been undone.")


def retirement_closed() -> LeadlineError:
    """What the deletion has moved is being moved back, or is back."""
    return refused("RETIREMENT_CLOSED", "This deletion has been undone.")


def contact_of_another_account(account_id: UUID) -> LeadlineError:
    """The contact belongs to ``account_id``, which is not the one that the conversion is for."""
    return refused(
        "CONTACT_OF_ANOTHER_ACCOUNT",
        "The contact belongs to another account.",
        metadata={"accountId": str(account_id)},
    )


def records_changed(obstacles: Sequence[Obstacle]) -> LeadlineError:
    """The conversion cannot be undone as if it had not been: each record that stands in the way is named."""
    sentences = {
        Why.CHANGED: "It has been changed since the conversion made it.",
        Why.USED: "Something that the conversion did not make uses it.",
    }
    violations = [FieldViolation(f"{each.kind}Id", each.why.upper(), sentences[each.why]) for each in obstacles]
    message = "What the conversion made has changed or come to be used since."
    metadata = {f"{each.kind}Id": str(each.record_id) for each in obstacles}
    return refused("RECORDS_CHANGED", message, violations=violations, metadata=metadata)


def id_taken(record_id: UUID) -> LeadlineError:
    """The id of what is to be made belongs to something that is there."""
    return invalid_field("newId", "NOT_UNIQUE", f"There is something with the id {record_id} already.")
