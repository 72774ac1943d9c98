"""Filters, order and pages of the lists of accounts, contacts, opportunities and products."""

from typing import Any, Literal

from pydantic import Field

from gateway.schemas.base import CursorQuery
from gateway.schemas.types import Assignees, Ids, QueryFlag, Texts


class SearchQuery(CursorQuery):
    """A page of what matches."""

    search: str = Field(
        "",
        max_length=200,
        description="Anywhere in the name (contacts: full name and e-mail; products: name and sku); case and accents "
        "do not matter.",
    )


class RecordQuery(SearchQuery):
    """A page of what matches and has one of these owners. Values of one filter mean or, filters mean and."""

    owner_id: Assignees = Field(default_factory=list, description="User ids, `me` or `none`.")
    sort_dir: Literal["asc", "desc"] = "desc"


class AccountQuery(RecordQuery):
    """Which accounts."""

    email_domain: Texts = Field(default_factory=list)
    sort_by: Literal["createdAt", "updatedAt", "name"] = "createdAt"

    def which(self) -> dict[str, Any]:
        """It in the proto fields of a request for a list."""
        return _fields(self, owner_ids=self.owner_id, email_domains=self.email_domain)


class ContactQuery(RecordQuery):
    """Which contacts."""

    account_id: Ids = Field(default_factory=list)
    email: Texts = Field(default_factory=list, description="The whole address; case does not matter.")
    sort_by: Literal["createdAt", "updatedAt", "firstName", "lastName"] = "createdAt"

    def which(self) -> dict[str, Any]:
        """It in the proto fields of a request for a list."""
        return _fields(self, owner_ids=self.owner_id, account_ids=self.account_id, emails=self.email)


class OpportunityQuery(RecordQuery):
    """Which opportunities."""

    account_id: Ids = Field(default_factory=list)
    contact_id: Ids = Field(default_factory=list)
    pipeline_id: Ids = Field(default_factory=list)
    stage_id: Ids = Field(default_factory=list)
    sort_by: Literal["createdAt", "updatedAt", "name", "value"] = "createdAt"

    def which(self) -> dict[str, Any]:
        """It in the proto fields of a request for a list."""
        return _fields(
            self,
            owner_ids=self.owner_id,
            account_ids=self.account_id,
            contact_ids=self.contact_id,
            pipeline_ids=self.pipeline_id,
            stage_ids=self.stage_id,
        )


class ProductQuery(SearchQuery):
    """Which products."""

    is_active: QueryFlag | None = None
    sort_by: Literal["name", "unitPrice", "createdAt", "updatedAt"] = "name"
    sort_dir: Literal["asc", "desc"] | None = Field(None, description="`asc` by name, else `desc`, unless given.")

    def which(self) -> dict[str, Any]:
        """It in the proto fields of a request for a list."""
        return _fields(self, is_active=self.is_active)


def _fields(query: AccountQuery | ContactQuery | OpportunityQuery | ProductQuery, **filters: Any) -> dict[str, Any]:
    order = {"sort_by": query.sort_by, "sort_dir": query.sort_dir}
    return {"search": query.search, **filters, **order, **query.asked()}
