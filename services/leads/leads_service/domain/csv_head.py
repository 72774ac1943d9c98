"""How a CSV file begins: what keeps its cells apart, and the names of its columns. What is no CSV is told so."""

import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass

from kit.errors import LeadlineError, invalid_field
from leads_service.domain.csv_cells import plain_cell
from leads_service.domain.csv_rows import CsvRow, CsvRows
from leads_service.domain.texts import has_refused_characters

# The line with the columns, and what tells a file of another kind, stand within so many bytes.
LONGEST_HEAD_BYTES = 64 * 1024
_DELIMITERS = (",", ";", "\t")
_MOST_COLUMNS = 200
_LONGEST_NAME = 200
# Files that are text, but another one. Those that are not even text are known by that.
_OTHER_TEXT = re.compile(r"""\s*(<|%PDF-|\{\\rtf|[\[{]\s*(["'\[\]{}]|-?[0-9]|\Z))""")
_PATH = "file"


@dataclass(frozen=True, slots=True)
class CsvHead:
    """What stands between the cells, the columns' names, and where the first row begins."""

    delimiter: str
    columns: tuple[str, ...]
    size: int


def read_head(head: bytes, *, is_all: bool) -> CsvHead:
    """What the first bytes of a file say; ``is_all``: there are no more.

    Names are trimmed. A nameless last column, which some exports have, is none.

    Raises:
        LeadlineError: VALIDATION_FAILED naming ``file``.
    """
    _require_csv(head, is_all=is_all)
    mark = len(codecs.BOM_UTF8) if head.startswith(codecs.BOM_UTF8) else 0
    lines = {delimiter: _first_row(head[mark:], delimiter, is_all=is_all) for delimiter in _DELIMITERS}
    # The first of those that make the most of it.
    delimiter = max(_DELIMITERS, key=lambda each: _width(lines[each]))
    row = lines[delimiter]
    if row is None or row.fault is not None:
        raise _no_csv("Its first line must name the columns, and end within 64 KiB.")
    return CsvHead(delimiter, _names(row.cells), mark + row.size)


def _require_csv(head: bytes, *, is_all: bool) -> None:
    if not head:
        raise invalid_field(_PATH, "EMPTY", "Must not be empty.")
    if b"\x00" in head:
        raise _no_csv()
    try:
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(head, final=is_all)
    except UnicodeDecodeError as error:
        raise invalid_field(_PATH, "NOT_UTF8", "Must be CSV in UTF-8.") from error
    if _OTHER_TEXT.match(text):
        raise _no_csv()


def _first_row(content: bytes, delimiter: str, *, is_all: bool) -> CsvRow | None:
    rows = CsvRows(delimiter)
    found = next(rows.feed(content), None)
    return found or (next(rows.finish(), None) if is_all else None)


def _width(row: CsvRow | None) -> int:
    return len(row.cells) if row is not None and row.fault is None else 0


def _names(cells: Sequence[str]) -> tuple[str, ...]:
    names = tuple(plain_cell(cell).strip() for cell in cells)
    if len(names) > 1 and not names[-1]:
        names = names[:-1]
    if not 1 <= len(names) <= _MOST_COLUMNS:
        raise _no_csv(f"Must have from 1 to {_MOST_COLUMNS} columns.")
    if not all(names):
        raise _no_csv("Its first line must name every column.")
    for name in names:
        if len(name) > _LONGEST_NAME or has_refused_characters(name):
            raise _no_csv(f"The names of columns are text of at most {_LONGEST_NAME} characters.")
        if names.count(name) > 1:
            raise _no_csv(f"Two columns are named {name}.")
    return names


def _no_csv(message: str = "Must be a CSV file.") -> LeadlineError:
    return invalid_field(_PATH, "NOT_CSV", message)
