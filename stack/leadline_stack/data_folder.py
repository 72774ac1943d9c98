"""The folder that holds everything a stack keeps: databases, secrets, logs, state. One stack at a time owns it."""

import fcntl
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from leadline_stack.errors import StackError

FORMAT = 1
_MARKER = "leadline.json"


@dataclass(frozen=True, slots=True)
class DataFolder:
    """A folder that is Leadline's."""

    path: Path

    @property
    def logs(self) -> Path:
        """One file for each part."""
        return self.path / "logs"

    @property
    def postgres(self) -> Path:
        """PostgreSQL's own folder."""
        return self.path / "postgres"

    @property
    def temporal_database(self) -> Path:
        """The Temporal server's database."""
        return self.path / "temporal.db"

    @property
    def secrets(self) -> Path:
        """The token secret and the databases' passwords."""
        return self.path / "secrets.json"

    @property
    def state(self) -> Path:
        """What runs, for the other commands to read."""
        return self.path / "state.json"

    def lock(self) -> int:
        """Own the folder until the process ends; the answer keeps the lock and is not to be closed.

        Raises:
            StackError: another stack owns it.
        """
        descriptor = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            message = (
                f"A stack is running on {self.path} already. Look at `leadline status`, or choose another --data-dir."
            )
            raise StackError(message) from None
        return descriptor


def open_folder(path: Path) -> DataFolder:
    """Take the folder for Leadline, making it where it is not there.

    Raises:
        StackError: it is somebody else's, of another format, or may not be written.
    """
    path = path.expanduser().resolve()
    marker = path / _MARKER
    try:
        path.mkdir(parents=True, exist_ok=True)
        if not marker.exists():
            _require_empty(path)
            write_json(marker, {"format": FORMAT})
        (path / "logs").mkdir(exist_ok=True)
    except OSError as error:
        message = f"Cannot write to {path}: {error.strerror}. Choose a folder of your own with --data-dir."
        raise StackError(message) from None
    _require_format(path)
    return DataFolder(path)


def existing_folder(path: Path) -> DataFolder:
    """The folder of a stack that has been started before.

    Raises:
        StackError: it is no such folder.
    """
    path = path.expanduser().resolve()
    if not (path / _MARKER).exists():
        message = f"There is no stack in {path}. Start one with `leadline up`, or name its folder with --data-dir."
        raise StackError(message)
    _require_format(path)
    return DataFolder(path)


def write_json(path: Path, value: Any, *, mode: int = 0o644) -> None:
    """Replace a file as a whole, so that nobody ever reads half of it."""
    fresh = path.with_suffix(".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w") as file:
        json.dump(value, file, indent=2)
    fresh.replace(path)


def read_json(path: Path) -> Any:
    """The value of a file, nothing where it is not there.

    Raises:
        StackError: it is no JSON, or may not be read.
    """
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        message = f"Cannot read {path}: {error}."
        raise StackError(message) from None


def _require_empty(path: Path) -> None:
    if any(path.iterdir()):
        message = f"{path} holds files that are not Leadline's. Choose an empty folder with --data-dir."
        raise StackError(message)


def _require_format(path: Path) -> None:
    marker = read_json(path / _MARKER)
    if not isinstance(marker, dict) or marker.get("format") != FORMAT:
        message = f"{path} was made by another version of Leadline. Choose another folder with --data-dir."
        raise StackError(message)
