"""Reads a CSV file row by row, never the whole of it."""

import codecs
import csv
import hashlib
import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO


class UnreadableError(Exception):
    """The file is not what a CSV file with a header looks like; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the file.

    ``number`` is the one that a spreadsheet shows: the header is row 1, a cell with line breaks is part of one row.
    ``key`` is the same at each reading of the same row. ``surplus`` counts the cells beyond the header's.
    ``position`` says how many bytes of the file have been read.
    """

    number: int
    cells: dict[str, str]
    key: str
    surplus: int
    position: int


class LeadsFile:
    """A CSV file with a header, in the midst of being read. ``size`` is in bytes.

    Raises:
        UnreadableError: it is empty, or its first row cannot be read.
    """

    def __init__(self, file: TextIO, size: int, delimiter: str) -> None:
        self.size = size
        # What kept the reading from reaching the end of the file.
        self.problem = ""
        self._file = file
        self._reader = csv.reader(file, delimiter=delimiter, strict=True)
        try:
            self.header = unique_names(next(self._reader, []))
        except (csv.Error, UnicodeDecodeError) as error:
            raise UnreadableError(self._explained(1, error)) from None
        if not self.header:
            message = "the file is empty"
            raise UnreadableError(message)

    def rows(self) -> Iterator[Row]:
        """The rows that are not empty. Ends where the file cannot be read any further, and says so in ``problem``."""
        for number in itertools.count(2):
            try:
                cells = next(self._reader, None)
            except (csv.Error, UnicodeDecodeError) as error:
                self.problem = self._explained(number, error)
                return
            if cells is None:
                return
            if any(cell.strip() for cell in cells):
                yield self._row(number, cells)

    def _row(self, number: int, cells: list[str]) -> Row:
        width = len(self.header)
        named = dict(itertools.zip_longest(self.header, cells[:width], fillvalue=""))
        surplus = sum(bool(cell.strip()) for cell in cells[width:])
        return Row(number, named, row_key(number, cells), surplus, self._file.buffer.tell())

    def _explained(self, number: int, error: Exception) -> str:
        if isinstance(error, UnicodeDecodeError):
            return f"row {number} or one soon after it is not {self._file.encoding}; try --encoding cp1252"
        return f"row {number} is not CSV: {error}"


@contextmanager
def open_leads(path: Path, *, encoding: str, delimiter: str) -> Iterator[LeadsFile]:
    """Open a CSV file, up to the end of the block.

    Raises:
        UnreadableError: see LeadsFile; or there is no such encoding, or the delimiter is not one character.
    """
    try:
        codecs.lookup(encoding)
        csv.reader([], delimiter=delimiter)
    except (LookupError, TypeError) as error:
        raise UnreadableError(str(error)) from None
    with path.open(encoding=encoding, newline="") as file:
        yield LeadsFile(file, path.stat().st_size, delimiter)


def row_key(number: int, cells: Sequence[str]) -> str:
    """A key that the same row of the same file has at each run, so that importing again makes no lead twice."""
    content = "\x1f".join([str(number), *cells])
    return f"import-{hashlib.sha256(content.encode()).hexdigest()}"


def unique_names(header: Sequence[str]) -> list[str]:
    """The columns' names: a second `Phone` is called `Phone1`, a third one `Phone2`, a nameless fourth `column4`."""
    names: list[str] = []
    for position, cell in enumerate(header, start=1):
        name = cell.strip().lstrip("\ufeff") or f"column{position}"
        taken = {*names, *(other.strip() for other in header[position:])}
        numbered = (f"{name}{number}" for number in itertools.count(1))
        names.append(name if name not in names else next(each for each in numbered if each not in taken))
    return names
