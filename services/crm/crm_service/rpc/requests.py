"""Requests as what the use cases take; everything that is wrong with one is named at once. Lists are in `lists`."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID

from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message
from leadline.crm.v1 import conversion_record_service_pb2 as conversion_pb
from leadline.crm.v1 import placement_service_pb2 as placement_pb
from leadline.crm.v1 import record_service_pb2, records_pb2

from crm_service.domain import conversion, copies, placement
from crm_service.domain.conversion import ContactLink, NewAccount, NewContact, NewOpportunity, Sought
from crm_service.domain.fields import Rule, checked, id_, required, rest_name
from crm_service.domain.lines import LINE, MOST_LINES, OpportunityLine, require_distinct
from crm_service.domain.placement import StageMove
from crm_service.domain.product import PRODUCT
from crm_service.domain.records import RecordDocument, RecordMember, RecordNote
from kit.errors import FieldViolation, invalid, invalid_field
from kit.ids import parse_id
from kit.rpc.times import optional_instant

_CONVERSION: Mapping[str, Rule] = {"conversion_id": required(id_)}


class OfConversion(Protocol):
    """A request that belongs to a conversion."""

    @property
    def conversion_id(self) -> str:
        """Which conversion."""


class OfRetirement(Protocol):
    """A request that belongs to the deletion of a pipeline or stage."""

    @property
    def retirement_id(self) -> str:
        """Which deletion."""


def conversion_id(request: OfConversion) -> UUID:
    """The conversion that the request belongs to."""
    found: UUID = checked(_CONVERSION, {"conversion_id": request.conversion_id})["conversion_id"]
    return found


def account_wanted(request: conversion_pb.EnsureAccountRequest) -> UUID | NewAccount:
    """The account to link, or to make where none matches."""
    if request.link_id:
        return parse_id(request.link_id, "linkId")
    return NewAccount(**_new(conversion.NEW_ACCOUNT, request), is_person=request.is_person)


def contact_wanted(request: conversion_pb.EnsureContactRequest) -> ContactLink | NewContact:
    """The contact to link, or to make where none matches."""
    if request.link_id:
        rules = {"link_id": id_, "account_id": id_}
        ids = checked(rules, _given(rules, request))
        return ContactLink(id=ids["link_id"], account_id=ids["account_id"])
    return NewContact(**_new(conversion.NEW_CONTACT, request))


def opportunity_wanted(request: conversion_pb.EnsureOpportunityRequest) -> UUID | NewOpportunity:
    """The opportunity to link, or to make."""
    if request.link_id:
        return parse_id(request.link_id, "linkId")
    return NewOpportunity(**_new(conversion.NEW_OPPORTUNITY, request), lines=_lines(request.lines))


def sought(request: conversion_pb.MatchRecordsRequest) -> Sought:
    """What to match by."""
    return Sought(**checked(conversion.SOUGHT, _given(conversion.SOUGHT, request)))


def notes(request: conversion_pb.CopyNotesRequest) -> Sequence[RecordNote]:
    """The notes to copy, at most 100."""
    _require_few("notes", request.notes, copies.MOST_COPIES)
    return [
        RecordNote(**_dated(copies.NOTE, note, "created_at", f"notes.{place}."))
        for place, note in enumerate(request.notes)
    ]


def documents(request: conversion_pb.CopyDocumentsRequest) -> Sequence[RecordDocument]:
    """The documents to link, at most 100."""
    _require_few("documents", request.documents, copies.MOST_COPIES)
    return [_document(document, f"documents.{place}.") for place, document in enumerate(request.documents)]


def team(request: conversion_pb.CopyTeamRequest) -> Sequence[RecordMember]:
    """The users to add, at most 100."""
    _require_few("team", request.team, copies.MOST_COPIES)
    return [_member(member, f"team.{place}.") for place, member in enumerate(request.team)]


def retirement_id(request: OfRetirement) -> UUID:
    """The deletion that the request belongs to."""
    given = {"retirement_id": request.retirement_id}
    found: UUID = checked(placement.RETIREMENT, given)["retirement_id"]
    return found


def stage_ids(request: placement_pb.CountOpportunitiesRequest) -> Sequence[UUID]:
    """The stages that are asked about, 1 to 1,000."""
    placement.require_few("stageIds", len(request.stage_ids))
    return [parse_id(text, f"stageIds.{place}") for place, text in enumerate(request.stage_ids)]


def stage_moves(request: placement_pb.MoveOpportunitiesRequest) -> Sequence[StageMove]:
    """The moves that are asked for, 1 to 1,000."""
    placement.require_few("moves", len(request.moves))
    moves = [
        StageMove(**checked(placement.MOVE, _given(placement.MOVE, move), path=f"moves.{place}."))
        for place, move in enumerate(request.moves)
    ]
    placement.check_moves(moves)
    return moves


def product_fields(fields: record_service_pb2.ProductFields) -> dict[str, Any]:
    """All fields of a new product, None for those that are absent."""
    return _product_values(fields, PRODUCT)


def product_changes(request: record_service_pb2.UpdateProductRequest) -> dict[str, Any]:
    """The fields that the mask names, None for those that are absent.

    Raises:
        LeadlineError: VALIDATION_FAILED for fields that a product does not have.
    """
    return _product_values(request.fields, _known_paths(request.update_mask))


def expected_version(
    request: record_service_pb2.UpdateProductRequest | record_service_pb2.DeleteProductRequest,
) -> int | None:
    """The version that the caller read, if it said so."""
    return request.expected_version if request.HasField("expected_version") else None


def _new(rules: Mapping[str, Rule], request: Message) -> dict[str, Any]:
    values = checked(rules, _given(rules, request))
    return {"id": values.pop("new_id"), **values}


def _given(rules: Mapping[str, Rule], message: Message) -> dict[str, Any]:
    # An absent text reads as an empty one, which is the same to every rule.
    return {name: getattr(message, name) for name in rules}


def _lines(lines: Sequence[conversion_pb.NewOpportunityLine]) -> Sequence[OpportunityLine]:
    _require_few("lines", lines, MOST_LINES)
    found = [
        OpportunityLine(**checked(LINE, _given(LINE, line), path=f"lines.{place}.")) for place, line in enumerate(lines)
    ]
    require_distinct(found)
    return found


def _document(document: records_pb2.RecordDocument, path: str) -> RecordDocument:
    values = _dated(copies.DOCUMENT, document, "created_at", path)
    if document.size_bytes < 0:
        raise invalid_field(f"{path}sizeBytes", "OUT_OF_RANGE", "Must be 0 or more.")
    return RecordDocument(size_bytes=document.size_bytes, **values)


def _member(member: records_pb2.RecordMember, path: str) -> RecordMember:
    values = _dated(copies.MEMBER, member, "added_at", path)
    return RecordMember(created_by=values.pop("added_by"), created_at=values.pop("added_at"), **values)


def _dated(rules: Mapping[str, Rule], message: Message, date: str, path: str) -> dict[str, Any]:
    """The fields of something that has a date, which must be there."""
    values = checked(rules, _given(rules, message), path=path)
    moment = optional_instant(message, date, path + rest_name(date))
    if moment is None:
        raise invalid_field(path + rest_name(date), "REQUIRED", "Must not be empty.")
    return {**values, date: moment}


def _require_few(field: str, items: Sequence[Any], most: int) -> None:
    if len(items) > most:
        raise invalid_field(field, "TOO_MANY", f"Must be at most {most}.")


def _known_paths(mask: FieldMask) -> Sequence[str]:
    paths = list(dict.fromkeys(mask.paths))
    unknown = [path for path in paths if path not in PRODUCT]
    if unknown:
        raise invalid(
            *(FieldViolation(rest_name(path), "UNKNOWN_FIELD", "There is no such field.") for path in unknown)
        )
    return paths


def _product_values(
    fields: record_service_pb2.ProductFields, names: Mapping[str, Rule] | Sequence[str]
) -> dict[str, Any]:
    return {name: getattr(fields, name) if fields.HasField(name) else None for name in names}  # type: ignore[arg-type]
