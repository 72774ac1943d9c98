"""Secrets of one stack: made at its first start, kept in its folder, readable by its owner only."""

import secrets
from dataclasses import asdict, dataclass
from datetime import timedelta
from uuid import UUID

from kit.ids import new_id
from kit.tokens import sign_token
from leadline_stack.data_folder import DataFolder, read_json, write_json
from leadline_stack.errors import StackError

SERVICES = ("settings", "leads", "crm")


@dataclass(frozen=True, slots=True)
class Secrets:
    """The secret that tokens are signed with, the first administrator's id, and the databases' passwords."""

    token_secret: str
    admin_id: str
    passwords: dict[str, str]

    def token(self, *, role: str, permissions: list[str], subject: UUID | None = None, expires_in: timedelta) -> str:
        """A token that this stack accepts; the subject is the first administrator where none is named."""
        return sign_token(
            self.token_secret,
            subject=subject or UUID(self.admin_id),
            role=role,
            permissions=permissions,
            expires_in=expires_in,
        )


def load_or_make_secrets(folder: DataFolder) -> Secrets:
    """The folder's secrets."""
    known = read_json(folder.secrets)
    if known is not None:
        return _read(known, folder)
    made = Secrets(
        token_secret=secrets.token_urlsafe(48),
        admin_id=str(new_id()),
        passwords={name: secrets.token_urlsafe(24) for name in ("postgres", *SERVICES)},
    )
    write_json(folder.secrets, asdict(made), mode=0o600)
    return made


def load_secrets(folder: DataFolder) -> Secrets:
    """The folder's secrets.

    Raises:
        StackError: there are none yet.
    """
    known = read_json(folder.secrets)
    if known is None:
        message = f"The stack in {folder.path} has never been started. Start it with `leadline up`."
        raise StackError(message)
    return _read(known, folder)


def _read(known: object, folder: DataFolder) -> Secrets:
    try:
        return Secrets(**known)  # type: ignore[arg-type]
    except TypeError:
        message = f"{folder.secrets} is damaged. Restore it, or start with another --data-dir."
        raise StackError(message) from None
