"""The secrets of one stack: made at its first start, kept in its folder, readable for its user only."""

import json
import os
import secrets
from dataclasses import asdict, dataclass
from uuid import UUID

from kit.ids import new_id
from leadline_stack.data_folder import DataFolder
from leadline_stack.errors import StackError

DATABASE_USERS = ("postgres", "settings", "leads", "crm")


@dataclass(frozen=True, slots=True)
class StackSecrets:
    """What nobody else may know: the tokens' secret, whom they speak for, the passwords of the database users."""

    token_secret: str
    admin_id: str
    passwords: dict[str, str]


def ensure_secrets(folder: DataFolder) -> StackSecrets:
    """The secrets of the folder, made where it is new.

    Raises:
        StackError: they are gone, or cannot be read.
    """
    if not folder.secrets.exists() and not folder.postgres.exists():
        _write(folder, _new())
    return read_secrets(folder)


def read_secrets(folder: DataFolder) -> StackSecrets:
    """The secrets of the folder.

    Raises:
        StackError: they are gone, or cannot be read.
    """
    try:
        return _parse(folder.secrets.read_text())
    except FileNotFoundError:
        message = f"{folder.secrets} is missing. Without it the databases beside it cannot be opened: put it back."
        raise StackError(message) from None
    except PermissionError:
        message = f"There is no right to read {folder.secrets}."
        raise StackError(message) from None
    except (ValueError, KeyError, TypeError):
        message = f"{folder.secrets} is not what Leadline wrote. Put back the one that belongs to this folder."
        raise StackError(message) from None


def _parse(text: str) -> StackSecrets:
    values = json.loads(text)
    return StackSecrets(
        token_secret=str(values["token_secret"]),
        admin_id=str(UUID(values["admin_id"])),
        passwords={name: str(values["passwords"][name]) for name in DATABASE_USERS},
    )


def _new() -> StackSecrets:
    return StackSecrets(
        token_secret=secrets.token_urlsafe(48),
        admin_id=str(new_id()),
        # Letters and digits only: they become parts of URLs.
        passwords={name: secrets.token_hex(24) for name in DATABASE_USERS},
    )


def _write(folder: DataFolder, new: StackSecrets) -> None:
    unfinished = folder.secrets.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(asdict(new), file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(folder.secrets)
