"""Reading the parts' logs: their ends, and on as they grow."""

import time
from collections import deque
from pathlib import Path

import typer

from leadline_stack.errors import StackError

_LOOK_SECONDS = 0.3


def print_log(folder: Path, part: str | None, *, lines: int, follow: bool) -> None:
    """Print the last lines of one log or of all, each with its part's name, and go on where that is wanted.

    Raises:
        StackError: there is no such part.
    """
    files = {file.stem: file for file in sorted(folder.glob("*.log"))}
    if part is not None and part not in files:
        message = f"There is no part {part}. The parts are {', '.join(files)}."
        raise StackError(message)
    chosen = {part: files[part]} if part is not None else files
    places = {name: _print_end(name, file, lines, named=part is None) for name, file in chosen.items()}
    while follow:
        time.sleep(_LOOK_SECONDS)
        for name, file in chosen.items():
            places[name] = _print_from(name, file, places[name], named=part is None)


def _print_end(name: str, file: Path, lines: int, *, named: bool) -> int:
    with file.open(errors="replace") as log:
        for line in deque(log, maxlen=lines):
            _print(name, line, named=named)
        return log.tell()


def _print_from(name: str, file: Path, place: int, *, named: bool) -> int:
    if file.stat().st_size < place:  # begun anew
        place = 0
    with file.open(errors="replace") as log:
        log.seek(place)
        for line in log:
            _print(name, line, named=named)
        return log.tell()


def _print(name: str, line: str, *, named: bool) -> None:
    typer.echo(f"{name}: {line}" if named else line, nl=False)
