"""What conversions are answered, as protos."""

from leadline.crm.v1 import conversion_record_service_pb2 as pb

from crm_service.domain.records import Kind
from crm_service.domain.undoing import Obstacle, Why
from crm_service.rpc.mapping import account_message, contact_message, opportunity_message
from crm_service.store.steps import Step
from crm_service.usecases.matching import Matches
from crm_service.usecases.undoing import Outcome

_KINDS = {
    Kind.ACCOUNT: pb.RECORD_KIND_ACCOUNT,
    Kind.CONTACT: pb.RECORD_KIND_CONTACT,
    Kind.OPPORTUNITY: pb.RECORD_KIND_OPPORTUNITY,
}
_REASONS = {Why.CHANGED: pb.UNDO_OBSTACLE_REASON_CHANGED, Why.USED: pb.UNDO_OBSTACLE_REASON_USED}


def matches_message(found: Matches) -> pb.MatchRecordsResponse:
    """What matches a lead."""
    accounts = [account_message(each) for each in found.accounts_by_company]
    contacts = [contact_message(each) for each in found.contacts_by_email]
    return pb.MatchRecordsResponse(
        account_by_company=accounts[0] if accounts else None,
        contact_by_email=contacts[0] if contacts else None,
        contacts_by_phone=map(contact_message, found.contacts_by_phone),
        account=account_message(found.account) if found.account else None,
        contact=contact_message(found.contact) if found.contact else None,
        opportunity=opportunity_message(found.opportunity) if found.opportunity else None,
        accounts_by_company=accounts,
        contacts_by_email=contacts,
    )


def outcome_message(outcome: Outcome) -> pb.GetConversionRecordsResponse:
    """What a conversion has ensured, and what stands in the way of undoing it."""
    return pb.GetConversionRecordsResponse(
        records=map(_record, outcome.steps), obstacles=map(_obstacle, outcome.obstacles)
    )


def _record(step: Step) -> pb.ConversionRecord:
    ensured = step.ensured
    return pb.ConversionRecord(
        kind=_KINDS[step.kind],
        record_id=str(ensured.record_id) if ensured else "",
        made=bool(ensured and ensured.made),
        version=ensured.record_version if ensured else 0,
        released=step.released,
    )


def _obstacle(obstacle: Obstacle) -> pb.UndoObstacle:
    return pb.UndoObstacle(kind=_KINDS[obstacle.kind], record_id=str(obstacle.record_id), reason=_REASONS[obstacle.why])
