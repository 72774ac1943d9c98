"""Tokens for tests, signed with a secret of theirs."""

from datetime import timedelta
from uuid import UUID

from pydantic import SecretStr

from kit.config import TokenSettings
from kit.tokens import sign_token

SECRET = "a secret of the tests, 32 bytes or more"
USER_ID = UUID("0190c0de-0000-7000-8000-000000000001")
ADMIN_ID = UUID("0190c0de-0000-7000-8000-00000000000a")


def settings() -> TokenSettings:
    """Token settings that accept these tokens."""
    return TokenSettings(token_secret=SecretStr(SECRET))


def token(
    *permissions: str,
    subject: UUID = USER_ID,
    role: str = "user",
    expires_in: timedelta = timedelta(hours=1),
    secret: str = SECRET,
) -> str:
    """A token with just these permissions."""
    return sign_token(secret, subject=subject, role=role, permissions=permissions, expires_in=expires_in)


def admin_token() -> str:
    """An administrator's token."""
    return token(subject=ADMIN_ID, role="admin")
