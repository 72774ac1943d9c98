"""The parts' logs: bounded when a stack starts, shown by `leadline logs`."""

import sys
import time
from collections.abc import Sequence
from pathlib import Path

from leadline_stack.data_folder import DataFolder

_KEEP_BYTES = 10 * 1024 * 1024
_TAIL_BYTES = 1024 * 1024
_LOOK_EVERY_SECONDS = 0.2


def rotate(folder: DataFolder) -> None:
    """Put aside logs that have grown long; one old log is kept for each part."""
    for log in folder.logs.glob("*.log"):
        if log.stat().st_size > _KEEP_BYTES:
            log.replace(log.with_suffix(".log.old"))


def last_lines(log: Path, count: int) -> list[str]:
    """The last lines of a log, at most a megabyte of it; none where there is no log."""
    try:
        with log.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - _TAIL_BYTES))
            text = file.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return []
    return text.splitlines()[-count:] if count else []


def names(folder: DataFolder) -> list[str]:
    """The parts that have logs."""
    return sorted(log.stem for log in folder.logs.glob("*.log"))


def show(folder: DataFolder, parts: Sequence[str], *, lines: int, follow: bool) -> None:
    """Print the last lines of the parts' logs, and with ``follow`` whatever is added, until interrupted."""
    tails = [_Tail(folder.log(part), f"{part:>9} | " if len(parts) > 1 else "") for part in parts]
    for tail in tails:
        tail.print_last(lines)
    while follow:
        for tail in tails:
            tail.print_added()
        time.sleep(_LOOK_EVERY_SECONDS)


class _Tail:
    """The end of one log."""

    def __init__(self, log: Path, prefix: str) -> None:
        self._log = log
        self._prefix = prefix
        self._seen = log.stat().st_size

    def print_last(self, count: int) -> None:
        self._print(last_lines(self._log, count))

    def print_added(self) -> None:
        with self._log.open("rb") as file:
            if file.seek(0, 2) < self._seen:  # put aside, and begun again
                self._seen = 0
            file.seek(self._seen)
            added = file.read(_TAIL_BYTES)
        whole = added[: added.rfind(b"\n") + 1]
        self._seen += len(whole)
        self._print(whole.decode("utf-8", "replace").splitlines())

    def _print(self, lines: Sequence[str]) -> None:
        sys.stdout.writelines(f"{self._prefix}{line}\n" for line in lines)
        sys.stdout.flush()
