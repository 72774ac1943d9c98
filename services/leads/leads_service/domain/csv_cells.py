"""Cells of CSV files that people open in spreadsheets: text that would be taken for a formula is marked as text."""

import csv
import io
import re
from collections.abc import Iterable, Sequence

_MARK = "'"
# What spreadsheets take for the beginning of a formula.
_FORMULA = re.compile(r"'*[=+\-@\t\r\n]")
_MARKED = re.compile(r"'+[=+\-@\t\r\n]")
# Numbers and phone numbers begin so, too, and do no harm.
_NUMBER = re.compile(r"[+-][0-9 ().,/-]*")


def safe_cell(text: str) -> str:
    """The text as a cell that no spreadsheet runs as a formula: such text gets an apostrophe before it."""
    return f"{_MARK}{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def plain_cell(cell: str) -> str:
    """The text of a cell that ``safe_cell`` has made, or that a person has marked in the same way."""
    return cell[1:] if _MARKED.match(cell) else cell


def csv_text(rows: Iterable[Sequence[str]]) -> str:
    """The rows as CSV with commas, each ended by a line break; the cells as they are."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue()
