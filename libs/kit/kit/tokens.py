"""Bearer tokens: checked by every service itself, and signed where a shared secret is configured."""

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import jwt

from kit.config import ServiceTokenSettings, TokenSettings
from kit.context import Principal
from kit.errors import unauthenticated, unavailable

_ASYMMETRIC = ["RS256", "ES256", "EdDSA"]
_CACHE_SIZE = 2048
_CLOCK_LEEWAY_SECONDS = 5


class TokenVerifier:
    """Turns a bearer token into the principal it speaks for.

    A token that passed is remembered until it expires, because checking a signature costs more than
    many of the calls that it protects.
    """

    def __init__(self, settings: TokenSettings) -> None:
        self._issuer = settings.token_issuer
        self._audience = settings.token_audience
        self._algorithms = ["HS256"] if settings.token_secret else _ASYMMETRIC
        self._key: Any = None
        self._jwks: jwt.PyJWKClient | None = None
        if settings.token_secret:
            self._key = settings.token_secret.get_secret_value()
        elif settings.token_public_key_file:
            self._key = settings.token_public_key_file.read_text()
        elif settings.token_jwks_url:
            self._jwks = jwt.PyJWKClient(settings.token_jwks_url, cache_keys=True, timeout=5)
        self._known: OrderedDict[bytes, tuple[float, Principal]] = OrderedDict()

    async def verify(self, token: str) -> Principal:
        """Check the token.

        Raises:
            LeadlineError: TOKEN_INVALID or TOKEN_EXPIRED; PART_UNAVAILABLE while a JWKS URL does not answer.
        """
        digest = hashlib.sha256(token.encode("utf-8", "replace")).digest()
        known = self._known.get(digest)
        if known is not None and known[0] > time.time():
            return known[1]
        claims = await self._claims(token)
        principal = _principal(claims, token)
        self._known[digest] = (float(claims["exp"]), principal)
        if len(self._known) > _CACHE_SIZE:
            self._known.popitem(last=False)
        return principal

    async def _claims(self, token: str) -> dict[str, Any]:
        try:
            key = self._key if self._jwks is None else await self._signing_key(token)
            return jwt.decode(
                token,
                key,
                algorithms=self._algorithms,
                audience=self._audience,
                issuer=self._issuer,
                leeway=_CLOCK_LEEWAY_SECONDS,
                options={"require": ["exp", "sub"], "verify_aud": self._audience is not None},
            )
        except jwt.ExpiredSignatureError:
            raise unauthenticated("TOKEN_EXPIRED", "The token has expired. Get a new one.") from None
        except jwt.PyJWKClientConnectionError:
            raise unavailable("The keys that tokens are checked with cannot be read now. Try again soon.") from None
        except (jwt.PyJWTError, ValueError, TypeError):
            raise unauthenticated("TOKEN_INVALID", "The token is not one that Leadline accepts.") from None

    async def _signing_key(self, token: str) -> Any:
        if self._jwks is None:
            return self._key
        # The client reads the key set with blocking I/O, when it does not know the key yet.
        found = await asyncio.to_thread(self._jwks.get_signing_key_from_jwt, token)
        return found.key


def _principal(claims: dict[str, Any], token: str) -> Principal:
    role = claims.get("role", "")
    permissions = claims.get("permissions", [])
    try:
        user_id = UUID(str(claims["sub"]))
    except ValueError:
        raise unauthenticated("TOKEN_INVALID", "The token's sub is not a UUID.") from None
    if not isinstance(role, str) or not isinstance(permissions, list):
        raise unauthenticated("TOKEN_INVALID", "The token's role or permissions are not of the right type.")
    return Principal(user_id, role, frozenset(str(permission) for permission in permissions), token)


def sign_token(
    secret: str,
    *,
    subject: UUID,
    role: str,
    permissions: Iterable[str] = (),
    expires_in: timedelta,
    issuer: str | None = None,
    audience: str | None = None,
) -> str:
    """Sign an HS256 token with the shared secret, valid from now for ``expires_in``."""
    now = int(time.time())
    claims: dict[str, Any] = {
        "sub": str(subject),
        "role": role,
        "permissions": sorted(permissions),
        "iat": now,
        "exp": now + int(expires_in.total_seconds()),
    }
    if issuer:
        claims["iss"] = issuer
    if audience:
        claims["aud"] = audience
    return jwt.encode(claims, secret, algorithm="HS256")


class ServiceToken:
    """The token of a part that calls other services on its own behalf, with just the permissions it needs."""

    _LIFETIME = timedelta(minutes=10)

    def __init__(self, settings: ServiceTokenSettings, *, subject: UUID, permissions: Iterable[str]) -> None:
        self._settings = settings
        self._subject = subject
        self._permissions = tuple(permissions)
        self._token = ""
        self._renew_at = 0.0

    async def get(self) -> str:
        """A token that is valid for some minutes more."""
        if time.monotonic() >= self._renew_at:
            self._token = await self._new()
            self._renew_at = time.monotonic() + self._LIFETIME.total_seconds() / 2
        return self._token

    async def _new(self) -> str:
        file: Path | None = self._settings.service_token_file
        if file is not None:
            return (await asyncio.to_thread(file.read_text)).strip()
        secret = self._settings.token_secret
        if secret is None:  # refused when the settings were read
            raise unauthenticated("TOKEN_MISSING", "No service token is configured.")
        return sign_token(
            secret.get_secret_value(),
            subject=self._subject,
            role="service",
            permissions=self._permissions,
            expires_in=self._LIFETIME,
            issuer=self._settings.token_issuer,
            audience=self._settings.token_audience,
        )
