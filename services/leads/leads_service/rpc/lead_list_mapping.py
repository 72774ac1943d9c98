"""Turns a request for a list of leads into filter, order and place, and refuses what makes no sense."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from leadline.leads.v1 import lead_service_pb2 as pb

from kit.errors import invalid_field
from kit.ids import parse_id
from kit.paging import cursor_of, few, limit_of, no_cursor, page_of, place_of
from kit.rpc.times import optional_instant
from leads_service.domain.configuration import Configuration
from leads_service.domain.lead import Actor, Lead
from leads_service.domain.shown_lead import ShownLead
from leads_service.domain.sla import SlaStatus
from leads_service.domain.visibility import hidden_from
from leads_service.rpc.lead_mapping import STATUSES
from leads_service.store.lead_list import SORT_COLUMNS, LeadFilter, LeadOrder, LeadPage, Span

_RANKED = ("priority", "stage")
_SORTS = (*SORT_COLUMNS, *_RANKED)
_LONGEST_SEARCH = 200
_STATUS_NAMES = {number: status.value for status, number in STATUSES.items()}


@dataclass(frozen=True, slots=True)
class Listing:
    """What a caller wants listed, and from where on."""

    which: LeadFilter
    order: LeadOrder
    span: Span

    @classmethod
    def of(cls, request: pb.ListLeadsRequest, configuration: Configuration, caller: UUID) -> "Listing":
        """The listing that is asked for.

        Raises:
            LeadlineError: VALIDATION_FAILED.
        """
        order = _order(request, configuration)
        if request.cursor and request.page:
            raise invalid_field("cursor", "NOT_ALLOWED", "Use page or cursor, not both.")
        if request.cursor:
            place = place_of(request.cursor, _order_name(order))
            if not order.has_key(place.key):
                raise no_cursor()
            return cls(_filter(request, caller), order, Span(limit_of(request.limit), after=place))
        return cls(_filter(request, caller), order, Span(*page_of(request.page, request.limit)))

    def cursor(self, page: LeadPage[Lead | ShownLead], viewer: Actor, configuration: Configuration) -> str:
        """The cursor for what comes behind this page. It tells nothing that the viewer may not see."""
        end = page.end
        if end is not None and self.order.by in hidden_from(viewer, page.leads[-1].stage_id, configuration):
            end = replace(end, key=None, is_told=False)
        return cursor_of(end, _order_name(self.order))


def owners_of(values: Sequence[str], caller: UUID) -> tuple[list[UUID], bool]:
    """The users meant by ids and ``me``, and whether ``none`` is among them.

    Raises:
        LeadlineError: VALIDATION_FAILED.
    """
    ids = [
        caller if value == "me" else parse_id(value, "assignedTo")
        for value in few(values, "assignedTo")
        if value != "none"
    ]
    return ids, "none" in values


def ids_of(values: Sequence[str], field: str) -> list[UUID]:
    """Ids of a filter.

    Raises:
        LeadlineError: VALIDATION_FAILED.
    """
    return [parse_id(value, field) for value in few(values, field)]


def _filter(request: pb.ListLeadsRequest, caller: UUID) -> LeadFilter:
    if len(request.search) > _LONGEST_SEARCH or "\x00" in request.search:
        raise invalid_field("search", "TOO_LONG", f"Must have at most {_LONGEST_SEARCH} characters, none of them NUL.")
    owners, unassigned = owners_of(request.assigned_to, caller)
    return LeadFilter(
        search=request.search.strip(),
        stage_ids=ids_of(request.stage_ids, "stageId"),
        pipeline_ids=ids_of(request.pipeline_ids, "pipelineId"),
        priorities=few(request.priorities, "priority"),
        sources=few(request.sources, "source"),
        owners=owners,
        unassigned=unassigned,
        statuses=[_STATUS_NAMES[status] for status in _known(request.statuses, _STATUS_NAMES, "status")],
        sla_statuses=_known(request.sla_statuses, list(SlaStatus), "slaStatus"),
        qualified=request.qualified if request.HasField("qualified") else None,
        created_from=optional_instant(request, "created_from", "createdFrom"),
        created_to=optional_instant(request, "created_to", "createdTo"),
    )


def _known(values: Sequence[Any], known: Iterable[Any], field: str) -> Sequence[Any]:
    if any(value not in known for value in few(values, field)):
        raise invalid_field(field, "NOT_ALLOWED", "Has a value that is none of the documented ones.")
    return values


def _order(request: pb.ListLeadsRequest, configuration: Configuration) -> LeadOrder:
    by = request.sort_by or "createdAt"
    if by not in _SORTS:
        raise invalid_field("sortBy", "NOT_ALLOWED", f"Use one of {', '.join(_SORTS)}.")
    if request.sort_dir not in {"", "asc", "desc"}:
        raise invalid_field("sortDir", "NOT_ALLOWED", "Use asc or desc.")
    ranks: Mapping[Any, int] | None = None
    if by == "priority":
        ranks = {priority.name: priority.position for priority in configuration.priorities}
    elif by == "stage":
        ranks = {stage.id: stage.position for stage in configuration.stages}
    return LeadOrder(by, request.sort_dir != "asc", ranks)


def _order_name(order: LeadOrder) -> str:
    return f"{order.by} {'desc' if order.descending else 'asc'}"
