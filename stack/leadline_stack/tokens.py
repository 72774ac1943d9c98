"""`leadline token`: signs a token with the secret of a data folder, whether its stack runs or not."""

import re
from datetime import timedelta
from uuid import UUID

from kit.tokens import sign_token
from leadline_stack.stack_secrets import StackSecrets

ADMIN = "admin"
_UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_DURATION = re.compile(r"(?:\d{1,6}[dhms])+")
_PERMISSION = re.compile(r"[a-z_]+:[a-z_]+")
_LONGEST = timedelta(days=365)


def parse_duration(text: str) -> timedelta:
    """A time such as 8h, 30m or 1d12h, at most a year.

    Raises:
        ValueError: it is none.
    """
    if not _DURATION.fullmatch(text):
        message = "must be a time such as 8h, 30m or 1d12h"
        raise ValueError(message)
    pieces = re.findall(r"(\d+)([dhms])", text)
    found = sum((timedelta(**{_UNITS[unit]: int(number)}) for number, unit in pieces), timedelta())
    if not timedelta(0) < found <= _LONGEST:
        message = "must be more than nothing and at most 365d"
        raise ValueError(message)
    return found


def parse_permissions(text: str) -> tuple[str, ...]:
    """Permissions by comma.

    Raises:
        ValueError: one is not in the form that permissions have.
    """
    found = tuple(part.strip() for part in text.split(","))
    for permission in found:
        if not _PERMISSION.fullmatch(permission):
            message = f"{permission!r} is no permission; they look like leads:view"
            raise ValueError(message)
    return found


def make_token(
    secrets: StackSecrets, *, role: str, permissions: tuple[str, ...], subject: UUID | None, expires_in: timedelta
) -> str:
    """Sign it. Without a subject it speaks for the user that the folder was given at its first start."""
    return sign_token(
        secrets.token_secret,
        subject=subject or UUID(secrets.admin_id),
        role=role,
        permissions=permissions,
        expires_in=expires_in,
    )
