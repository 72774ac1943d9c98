"""Configuration from the environment, prefix ``LEADLINE_``. Each service adds what only it needs."""

from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

Port = Annotated[int, Field(ge=0, le=65535)]


Kind = TypeVar("Kind", bound="Settings")


class Settings(BaseSettings):
    """The base of every part's configuration."""

    # Whoever leaves a value empty in a compose or unit file has not set it.
    model_config = SettingsConfigDict(env_prefix="LEADLINE_", env_ignore_empty=True, extra="ignore", frozen=True)

    log_level: str = Field("info", description="debug, info, warning or error")

    @field_validator("log_level")
    @classmethod
    def _known_level(cls, value: str) -> str:
        if value.lower() not in {"debug", "info", "warning", "error"}:
            message = "must be debug, info, warning or error"
            raise ValueError(message)
        return value.lower()


class TokenSettings(Settings):
    """How bearer tokens are checked. Exactly one source of keys: a shared secret, a key file or a JWKS URL."""

    token_secret: SecretStr | None = Field(None, description="HS256, for development; 32 bytes or more")
    token_public_key_file: Path | None = Field(None, description="PEM: RS256, ES256 or EdDSA")
    token_jwks_url: str | None = Field(None, description="RS256, ES256 or EdDSA")
    token_issuer: str | None = None
    token_audience: str | None = None

    @model_validator(mode="after")
    def _one_source_of_keys(self) -> "TokenSettings":
        sources = [self.token_secret, self.token_public_key_file, self.token_jwks_url]
        if sum(source is not None for source in sources) != 1:
            message = "set exactly one of LEADLINE_TOKEN_SECRET, LEADLINE_TOKEN_PUBLIC_KEY_FILE, _JWKS_URL"
            raise ValueError(message)
        if self.token_secret is not None and len(self.token_secret.get_secret_value().encode()) < 32:
            message = "LEADLINE_TOKEN_SECRET must have 32 bytes or more"
            raise ValueError(message)
        return self


class ServiceTokenSettings(TokenSettings):
    """For parts that call other services on their own behalf.

    With ``LEADLINE_TOKEN_SECRET`` they sign their own short-lived tokens. Otherwise the token's issuer
    provides one in a file, which is read again when it is replaced.
    """

    service_token_file: Path | None = None

    @model_validator(mode="after")
    def _some_service_token(self) -> "ServiceTokenSettings":
        if self.token_secret is None and self.service_token_file is None:
            message = "set LEADLINE_SERVICE_TOKEN_FILE where LEADLINE_TOKEN_SECRET is not set"
            raise ValueError(message)
        return self


class GrpcSettings(Settings):
    """Where a gRPC server listens."""

    listen: str = Field("127.0.0.1:0", description="host:port of the gRPC server; port 0 takes a free one")


class DatabaseSettings(Settings):
    """The service's own PostgreSQL database."""

    database_url: SecretStr = Field(description="postgresql://user:password@host:port/name")
    database_pool_size: Annotated[int, Field(ge=1, le=100)] = 10


class TemporalSettings(Settings):
    """The Temporal server."""

    temporal_address: str = "127.0.0.1:7233"
    temporal_namespace: str = "default"


def read_settings(kind: type[Kind]) -> Kind:
    """The configuration of a part from its environment.

    Raises:
        SystemExit: says what is wrong with which variable, and shows no value, since a secret may be among them.
    """
    try:
        return kind()
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False)
        raise SystemExit("\n".join(_sentence(each["loc"], each["msg"]) for each in found)) from None


def _sentence(location: tuple[int | str, ...], message: str) -> str:
    return ": ".join([*(f"LEADLINE_{part}".upper() for part in location[:1]), message])
