"""Filters, order and pages of `GET /leads` and of the SLA summary."""

from typing import Annotated, Literal

from pydantic import Field

from gateway.schemas.base import Limit, PageNumber, Query
from gateway.schemas.types import Assignees, ByComma, Ids, Instant, QueryFlag, Texts

Status = Literal["open", "converted", "disqualified"]
SlaStatus = Literal["no_sla", "on_track", "at_risk", "breached", "met", "met_late", "paused"]
SortBy = Literal[
    "createdAt",
    "updatedAt",
    "firstName",
    "lastName",
    "company",
    "score",
    "estimatedValue",
    "priority",
    "stage",
    "slaDeadline",
]


class SummaryQuery(Query):
    """Which leads a summary counts. Values of one filter mean or, filters mean and."""

    assigned_to: Assignees = Field(default_factory=list, description="User ids, `me` or `none`.")
    pipeline_id: Ids = Field(default_factory=list)
    created_from: Instant | None = Field(None, description="Created at or after.")
    created_to: Instant | None = Field(None, description="Created before.")


class LeadQuery(SummaryQuery):
    """Which leads, in which order, and which page of them."""

    search: str = Field(
        "", max_length=200, description="Anywhere in first, last or full name, e-mail or company; case does not matter."
    )
    stage_id: Ids = Field(default_factory=list)
    priority: Texts = Field(default_factory=list)
    source: Texts = Field(default_factory=list)
    status: Annotated[list[Status], ByComma] = Field(default_factory=list)
    sla_status: Annotated[list[SlaStatus], ByComma] = Field(default_factory=list)
    qualified: QueryFlag | None = None
    page: PageNumber | None = Field(None, description="From 1; not together with a cursor.")
    limit: Limit = 25
    cursor: str = Field("", max_length=2000, description="`meta.nextCursor` of an earlier answer.")
    sort_by: SortBy = "createdAt"
    sort_dir: Literal["asc", "desc"] = "desc"
