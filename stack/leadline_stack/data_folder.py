"""The folder with everything that one stack keeps: whose it is, what lies where, and who works with it now."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from leadline_stack.errors import StackError

FORMAT = 1
DEFAULT = Path(".leadline")


@dataclass(frozen=True, slots=True)
class DataFolder:
    """Paths inside a data folder. ``path`` is absolute."""

    path: Path

    @property
    def marker(self) -> Path:
        """Says that the folder is Leadline's, and how it is laid out."""
        return self.path / "leadline.json"

    @property
    def secrets(self) -> Path:
        """The secret of the tokens, the passwords of the databases."""
        return self.path / "secrets.json"

    @property
    def state(self) -> Path:
        """What runs now; absent when nothing does."""
        return self.path / "state.json"

    @property
    def postgres(self) -> Path:
        """PostgreSQL's data."""
        return self.path / "postgres"

    @property
    def temporal(self) -> Path:
        """Temporal's database."""
        return self.path / "temporal.db"

    @property
    def objects(self) -> Path:
        """Documents and the files of imports."""
        return self.path / "objects"

    @property
    def logs(self) -> Path:
        """One log for each part."""
        return self.path / "logs"

    def log(self, part: str) -> Path:
        """The log of a part."""
        return self.logs / f"{part}.log"


def open_folder(path: Path) -> DataFolder:
    """The data folder at the path, made where there is none.

    Raises:
        StackError: the folder is not Leadline's, of another format, or there is no right to work with it.
    """
    folder = DataFolder(path.expanduser().absolute())
    try:
        _make(folder)
        folder.logs.mkdir(exist_ok=True)
    except PermissionError:
        message = f"There is no right to write to {folder.path}. Choose another folder with --data-dir."
        raise StackError(message) from None
    except (NotADirectoryError, FileExistsError):
        message = f"{folder.path} is not a folder. Choose another one with --data-dir."
        raise StackError(message) from None
    except OSError as error:
        message = f"{folder.path} cannot be used: {error.strerror}. Choose another folder with --data-dir."
        raise StackError(message) from None
    return folder


def find_folder(path: Path) -> DataFolder:
    """The data folder at the path, which must be there.

    Raises:
        StackError: there is none, or it is not ours to read.
    """
    folder = DataFolder(path.expanduser().absolute())
    try:
        if not folder.marker.exists():
            message = (
                f"There is no Leadline data folder at {folder.path}. Name it with --data-dir, or run `leadline up`."
            )
            raise StackError(message)
        _check(folder)
    except PermissionError:
        message = f"There is no right to read {folder.path}."
        raise StackError(message) from None
    return folder


@contextmanager
def locked(folder: DataFolder) -> Iterator[None]:
    """Have the folder for ourselves, until the block or the process ends, however it ends.

    Raises:
        StackError: another stack works with it.
    """
    with (folder.path / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            message = (
                f"Leadline is already running on {folder.path}. See it with `leadline status`, stop it where it "
                "was started, or choose another folder with --data-dir."
            )
            raise StackError(message) from None
        yield


def _make(folder: DataFolder) -> None:
    folder.path.mkdir(parents=True, exist_ok=True)
    if folder.marker.exists():
        _check(folder)
        _require_writable(folder)
        return
    if any(folder.path.iterdir()):
        message = (
            f"{folder.path} holds something else and is no Leadline data folder. "
            "Choose an empty or a new folder with --data-dir."
        )
        raise StackError(message)
    if os.geteuid() == 0:
        folder.path.chmod(0o711)  # PostgreSQL runs as another user then, and has to get at its own folder
    folder.marker.write_text(json.dumps({"format": FORMAT}) + "\n")


def _check(folder: DataFolder) -> None:
    try:
        found = json.loads(folder.marker.read_text())["format"]
    except (ValueError, KeyError, TypeError):
        message = f"{folder.marker} is not what Leadline wrote. Choose another folder with --data-dir."
        raise StackError(message) from None
    if found != FORMAT:
        message = (
            f"{folder.path} has format {found}, and this Leadline reads format {FORMAT}. Use the Leadline that made it."
        )
        raise StackError(message)


def _require_writable(folder: DataFolder) -> None:
    probe = folder.path / "lock"
    with probe.open("a"):
        pass
