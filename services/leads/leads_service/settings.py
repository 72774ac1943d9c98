"""Configuration of the leads service and of its relay."""

from pydantic import Field, model_validator

from kit.config import DatabaseSettings, GrpcSettings, ServiceTokenSettings, TemporalSettings


class RelaySettings(GrpcSettings, DatabaseSettings, TemporalSettings):
    """What the relay needs: the leads database and the Temporal server."""


class LeadsSettings(GrpcSettings, DatabaseSettings, ServiceTokenSettings):
    """What the leads service needs: its database, and the services that it calls."""

    settings_address: str = Field("127.0.0.1:9101", description="host:port of the settings service")
    crm_address: str = Field("127.0.0.1:9103", description="host:port of the crm service")
    object_store_url: str = Field(
        description="where documents and imports are kept: file:///folder or s3://bucket/prefix",
        pattern=r"^(file:///|s3://)[^/].*$",
    )
    document_limit_bytes: int = Field(25 * 1024 * 1024, ge=1024, description="the largest document")
    import_limit_bytes: int = Field(1024 * 1024 * 1024, ge=1024, description="the largest file of an import")
    search_leads_max: int = Field(
        1_000, ge=1, description="the most leads that a search with a total looks at: of a filter, or that have a text"
    )
    lists_at_once: int = Field(
        3, ge=1, le=99, description="how many lists and summaries ask the database at once; fewer than its connections"
    )
    page_depth_max: int = Field(
        10_000, ge=1, description="how many leads from both ends of a list a page by number may begin"
    )

    @model_validator(mode="after")
    def _connections_for_short_calls(self) -> "LeadsSettings":
        if self.lists_at_once >= self.database_pool_size:
            message = "set LEADLINE_LISTS_AT_ONCE to fewer than LEADLINE_DATABASE_POOL_SIZE: other calls need some too"
            raise ValueError(message)
        return self
