"""Who may call what: everything is checked at the service's own door."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from leadline.crm.v1 import conversion_record_service_pb2 as conversion_pb
from leadline.crm.v1 import placement_service_pb2 as placement_pb
from leadline.crm.v1 import record_service_pb2 as pb

from kit.errors import ErrorKind, LeadlineError
from tests.integration.crm.crm_door import Conversion, CrmDoor, unique
from tests.support import tokens

RECORDS = {
    "ListAccounts": "accounts:view",
    "GetAccount": "accounts:view",
    "ListContacts": "contacts:view",
    "GetContact": "contacts:view",
    "ListOpportunities": "opportunities:view",
    "GetOpportunity": "opportunities:view",
    "ListProducts": "products:view",
    "GetProduct": "products:view",
    "CreateProduct": "products:create",
    "UpdateProduct": "products:edit",
    "DeleteProduct": "products:delete",
}
CONVERSIONS = {
    "MatchRecords": "conversion_records:match",
    "EnsureAccount": "conversion_records:write",
    "ReleaseAccount": "conversion_records:write",
    "EnsureContact": "conversion_records:write",
    "ReleaseContact": "conversion_records:write",
    "EnsureOpportunity": "conversion_records:write",
    "ReleaseOpportunity": "conversion_records:write",
    "CopyNotes": "conversion_records:write",
    "RemoveNotes": "conversion_records:write",
    "CopyDocuments": "conversion_records:write",
    "RemoveDocuments": "conversion_records:write",
    "CopyTeam": "conversion_records:write",
    "RemoveTeam": "conversion_records:write",
    "GetConversionRecords": "conversion_records:match",
    "UndoConversion": "conversion_records:write",
}
PLACEMENT = {
    "CountOpportunities": "opportunities:place",
    "MoveOpportunities": "opportunities:place",
    "RestoreOpportunities": "opportunities:place",
}
CALLS = {**RECORDS, **CONVERSIONS, **PLACEMENT}
ALL = {*CALLS.values()}


def calls(door: CrmDoor, method: str) -> tuple[Any, Any]:
    """The method and an empty request for it."""
    if method in RECORDS:
        return getattr(door.records, method), getattr(pb, f"{method}Request")()
    if method in PLACEMENT:
        return getattr(door.placement, method), getattr(placement_pb, f"{method}Request")()
    return getattr(door.conversions, method), getattr(conversion_pb, f"{method}Request")()


@contextmanager
def suppress_invalid() -> Iterator[None]:
    """Lets a request pass that was refused for its values only."""
    try:
        yield
    except LeadlineError as error:
        if error.reason != "VALIDATION_FAILED":
            raise


@pytest.mark.parametrize(("method", "permission"), CALLS.items())
async def test_each_call_needs_its_permission(crm: CrmDoor, method: str, permission: str) -> None:
    with pytest.raises(LeadlineError) as refused:
        await crm.ask(*calls(crm, method), tokens.token(*ALL - {permission}))
    assert (refused.value.kind, refused.value.metadata) == (ErrorKind.FORBIDDEN, {"permission": permission})


@pytest.mark.parametrize(("method", "permission"), CALLS.items())
async def test_each_call_needs_nothing_but_its_permission(crm: CrmDoor, method: str, permission: str) -> None:
    with suppress_invalid():
        await crm.ask(*calls(crm, method), tokens.token(permission))


def test_these_are_all_the_calls() -> None:
    for module, service, known in (
        (pb, "RecordService", RECORDS),
        (conversion_pb, "ConversionRecordService", CONVERSIONS),
        (placement_pb, "PlacementService", PLACEMENT),
    ):
        methods = module.DESCRIPTOR.services_by_name[service].methods
        assert {method.name for method in methods} == set(known)


async def test_a_conversion_passes_with_the_token_of_the_worker(crm: CrmDoor) -> None:
    request = conversion_pb.EnsureAccountRequest(name=unique(), **Conversion(crm)._common())  # type: ignore[arg-type]
    answer = await crm.ask(crm.conversions.EnsureAccount, request, tokens.token("conversion_records:write"))
    assert answer.made


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        (tokens.token("accounts:view", secret="another secret of 32 bytes or more"), "TOKEN_INVALID"),
        ("not a token", "TOKEN_INVALID"),
    ],
)
async def test_no_good_token_no_answer(crm: CrmDoor, token: str, reason: str) -> None:
    with pytest.raises(LeadlineError) as refused:
        await crm.ask(crm.records.ListAccounts, pb.ListAccountsRequest(), token)
    assert (refused.value.kind, refused.value.reason) == (ErrorKind.UNAUTHENTICATED, reason)
