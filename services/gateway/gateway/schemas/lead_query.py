"""Filters, order and pages of `GET /leads`, of the export and of the SLA summary."""

from typing import Annotated, Any, Literal

from pydantic import Field

from gateway.schemas.base import Limit, PageNumber, Query
from gateway.schemas.types import Assignees, ByComma, Ids, Instant, QueryFlag, Texts
from kit.rpc.times import to_timestamp

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


class ExportQuery(SummaryQuery):
    """Which leads, and in which order."""

    search: str = Field(
        "",
        max_length=200,
        description="Anywhere in first, last or full name, e-mail or company; case and accents do not matter.",
    )
    stage_id: Ids = Field(default_factory=list)
    priority: Texts = Field(default_factory=list)
    source: Texts = Field(default_factory=list)
    status: Annotated[list[Status], ByComma] = Field(default_factory=list)
    sla_status: Annotated[list[SlaStatus], ByComma] = Field(default_factory=list)
    qualified: QueryFlag | None = None
    sort_by: SortBy = "createdAt"
    sort_dir: Literal["asc", "desc"] = "desc"

    def which(self) -> dict[str, Any]:
        """It in the proto fields of a request for a list."""
        return {
            "search": self.search,
            "stage_ids": self.stage_id,
            "pipeline_ids": self.pipeline_id,
            "priorities": self.priority,
            "sources": self.source,
            "assigned_to": self.assigned_to,
            "statuses": [f"LEAD_STATUS_{status.upper()}" for status in self.status],
            "sla_statuses": self.sla_status,
            "qualified": self.qualified,
            "created_from": to_timestamp(self.created_from),
            "created_to": to_timestamp(self.created_to),
            "sort_by": self.sort_by,
            "sort_dir": self.sort_dir,
        }


class LeadQuery(ExportQuery):
    """Which leads, in which order, and which page of them."""

    page: PageNumber | None = Field(None, description="From 1; not together with a cursor.")
    limit: Limit = 25
    cursor: str = Field("", max_length=2000, description="`meta.nextCursor` of an earlier answer.")
    with_total: QueryFlag = Field(True, description="false: without `meta.total` and `meta.totalPages`, any search.")
