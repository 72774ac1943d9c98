"""Configuration of the leads service and of its relay."""

from pydantic import Field

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
        3, ge=1, le=99, description="how many lists and summaries ask the database at once, by connections of their own"
    )
    page_depth_max: int = Field(
        10_000, ge=1, description="how many leads from both ends of a list a page by number may begin"
    )
