"""Configuration of the gateway."""

from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic_settings import NoDecode

from kit.config import TokenSettings


def _by_comma(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


class GatewaySettings(TokenSettings):
    """Where the gateway listens, whom it calls, and its limits."""

    http_listen: str = Field(
        "127.0.0.1:8080", pattern=r"^.+:\d{1,5}$", description="host:port; port 0 takes a free one"
    )
    settings_address: str = Field("127.0.0.1:9101", description="host:port of the settings service")
    leads_address: str = Field("127.0.0.1:9102", description="host:port of the leads service")
    crm_address: str = Field("127.0.0.1:9103", description="host:port of the crm service")
    relay_address: str | None = Field(None, description="host:port of the relay's health, for /readyz")
    worker_address: str | None = Field(None, description="host:port of the worker's health, for /readyz")
    temporal_address: str | None = Field(None, description="host:port of the Temporal server, for /readyz")

    body_limit_bytes: int = Field(1024 * 1024, ge=1024)
    body_timeout_seconds: float = Field(
        30.0, gt=0, description="how long a client may take to send a body, or the next part of an upload"
    )
    call_timeout_seconds: float = Field(5.0, gt=0, description="deadline of each call to a service")
    stream_timeout_seconds: float = Field(
        3600.0, gt=0, description="how long a download or an export may take in all, however slowly it is read"
    )
    # Less than the leads service takes, so that the caller hears of it.
    upload_timeout_seconds: float = Field(840.0, gt=0, description="how long an upload may take in all")
    document_limit_bytes: int = Field(
        25 * 1024 * 1024, ge=1024, description="the largest document; the leads service has a limit of its own"
    )
    import_limit_bytes: int = Field(
        1024 * 1024 * 1024,
        ge=1024,
        description="the largest file of an import; the leads service has a limit of its own",
    )
    convert_wait_seconds: float = Field(
        10.0, ge=0, le=60, description="how long the end of a conversion or deletion is waited for"
    )
    cors_origins: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_by_comma)] = Field(
        (), description="origins whose pages may call the API, by comma; none by default"
    )
