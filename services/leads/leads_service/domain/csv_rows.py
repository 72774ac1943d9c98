"""The rows of a CSV file, read from its bytes part by part: each row says how many of them it takes."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass

from kit.errors import FieldViolation

LONGEST_ROW_BYTES = 256 * 1024
_NO_TEXT = {ord("\x00"): "\ufffd", **dict.fromkeys(range(0xD800, 0xE000), "\ufffd")}
_TOO_LONG = FieldViolation("", "TOO_LONG", "The row is too long, or a quote in it is never closed.")
_NOT_UTF8 = FieldViolation("", "NOT_UTF8", "The row is not text in UTF-8.")


@dataclass(frozen=True, slots=True)
class CsvRow:
    """A row of ``size`` bytes, line end included. What has a ``fault`` is no row; its cells are what can be shown."""

    cells: tuple[str, ...]
    size: int
    fault: FieldViolation | None = None

    @property
    def is_blank(self) -> bool:
        """Whether it says nothing at all."""
        return self.fault is None and not any(cell.strip() for cell in self.cells)


class CsvRows:
    """Rows in the order of the file. Lines end with LF or CR LF; within quotes they go on.

    Where a row cannot be read, its first line alone is at fault, and reading goes on behind that: an open quote
    does not swallow the rows behind it.
    """

    def __init__(self, delimiter: str) -> None:
        self._delimiter = delimiter
        self._held = b""
        self._start = 0
        self._ended = False
        # So many bytes of a line that is too long have been dropped.
        self._dropped = 0

    def feed(self, part: bytes) -> Iterator[CsvRow]:
        """The rows that are whole with these bytes."""
        self._held = self._held[self._start :] + part
        self._start = 0
        return self._rows()

    def finish(self) -> Iterator[CsvRow]:
        """The rows that are left when there are no more bytes."""
        self._ended = True
        return self._rows()

    def _rows(self) -> Iterator[CsvRow]:
        while (row := self._next()) is not None:
            yield row

    def _next(self) -> CsvRow | None:
        if self._dropped:
            return self._rest_of_line()
        lines = _Lines(self._held, self._start, ended=self._ended)
        try:
            cells = next(csv.reader(lines, delimiter=self._delimiter, strict=True), None)
        except _TooLongError:
            return self._first_line(_TOO_LONG)
        except csv.Error as error:
            return None if lines.ran_out else self._first_line(_not_csv(error))
        if cells is None:
            return self._rest_of_line() if lines.is_too_long else None
        size, self._start = lines.end - self._start, lines.end
        if lines.is_utf8:
            return CsvRow(tuple(cells), size)
        return CsvRow(tuple(showable(cell) for cell in cells), size, _NOT_UTF8)

    def _first_line(self, fault: FieldViolation) -> CsvRow:
        end = self._held.find(b"\n", self._start) + 1 or len(self._held)
        line, self._start = self._held[self._start : end], end
        shown = showable(line.decode(errors="replace")).rstrip("\r\n") if len(line) <= LONGEST_ROW_BYTES else ""
        return CsvRow((shown,), len(line), fault)

    def _rest_of_line(self) -> CsvRow | None:
        """Drop a line that is too long, however long it is, without holding it."""
        end = self._held.find(b"\n", self._start) + 1 or len(self._held)
        over = self._held[end - 1 : end] == b"\n" or self._ended
        size, self._start = self._dropped + end - self._start, end
        self._dropped = 0 if over else size
        return CsvRow(("",), size, _TOO_LONG) if over else None


class _TooLongError(Exception):
    """A row goes on for too long."""


class _Lines:
    """The lines from ``start`` on, as text, for the reader of one row; ``end`` is behind those that it has taken."""

    def __init__(self, held: bytes, start: int, *, ended: bool) -> None:
        self.end = start
        self.is_utf8 = True
        self.ran_out = False
        self._held = held
        self._start = start
        self._ended = ended

    @property
    def is_too_long(self) -> bool:
        """Whether the line that has not ended yet is too long already."""
        return len(self._held) - self._start > LONGEST_ROW_BYTES

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        end = self._held.find(b"\n", self.end) + 1
        if not end and self._ended:
            end = len(self._held)
        if not end and self.is_too_long and self.end > self._start:
            raise _TooLongError
        if end <= self.end:
            self.ran_out = not self._ended
            raise StopIteration
        if end - self._start > LONGEST_ROW_BYTES:
            raise _TooLongError
        line, self.end = self._held[self.end : end], end
        return self._text(line)

    def _text(self, line: bytes) -> str:
        try:
            return line.decode()
        except UnicodeDecodeError:
            self.is_utf8 = False
            return line.decode(errors="surrogateescape")


def _not_csv(error: csv.Error) -> FieldViolation:
    if "field limit" in str(error):
        return _TOO_LONG
    return FieldViolation("", "NOT_CSV", f"The row is not CSV: {error}.")


def showable(text: str) -> str:
    """The text with a sign in the place of what is none, so that it can be kept and shown."""
    return text.translate(_NO_TEXT)
