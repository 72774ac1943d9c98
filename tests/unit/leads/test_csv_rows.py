"""Rows of CSV files, read from bytes part by part."""

import csv
import io
from collections.abc import Sequence
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads_service.domain.csv_cells import csv_text, plain_cell, safe_cell
from leads_service.domain.csv_parts import csv_parts
from leads_service.domain.csv_rows import LONGEST_ROW_BYTES, CsvRow, CsvRows

# Whatever people write; files with NUL are no text.
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8)
NASTY = st.text(st.sampled_from("\"',;\t\r\n =+-@a1é\u2028"), max_size=8)
ROWS = st.lists(st.lists(TEXTS | NASTY, min_size=1, max_size=4), max_size=6)


def read(content: bytes, size: int = 7, delimiter: str = ",") -> list[CsvRow]:
    """The rows of a file that comes in parts of this size."""
    rows = CsvRows(delimiter)
    found = [row for start in range(0, len(content), size) for row in rows.feed(content[start : start + size])]
    return found + list(rows.finish())


def cells(rows: Sequence[CsvRow]) -> list[list[str]]:
    return [list(row.cells) for row in rows]


def faults(rows: Sequence[CsvRow]) -> list[str]:
    return [row.fault.reason if row.fault else "" for row in rows]


@given(ROWS, st.sampled_from(",;\t"), st.sampled_from(["\n", "\r\n"]), st.integers(1, 50))
def test_what_was_written_is_read_back_however_it_is_cut(
    rows: list[list[str]], delimiter: str, line_end: str, size: int
) -> None:
    text = io.StringIO()
    # The writer leaves CR without quotes where it does not end its lines.
    quoted: Literal[0, 1] = csv.QUOTE_MINIMAL if line_end == "\r\n" else csv.QUOTE_ALL
    csv.writer(text, delimiter=delimiter, lineterminator=line_end, quoting=quoted).writerows(rows)
    content = text.getvalue().encode()
    found = read(content, size, delimiter)
    assert cells(found) == rows
    assert faults(found) == [""] * len(rows)


@given(ROWS, st.integers(1, 50), st.data())
def test_each_row_says_where_the_next_one_begins(rows: list[list[str]], size: int, data: st.DataObject) -> None:
    content = csv_text(rows).encode()
    found = read(content, size)
    assert sum(row.size for row in found) == len(content)
    behind = data.draw(st.integers(0, len(found)))
    start = sum(row.size for row in found[:behind])
    assert cells(read(content[start:], size)) == rows[behind:]


@given(st.binary(max_size=60) | NASTY.map(str.encode), st.integers(1, 20))
def test_bytes_of_any_kind_are_gone_through_to_the_end(content: bytes, size: int) -> None:
    found = read(content, size)
    assert sum(row.size for row in found) == len(content)
    assert all(row.size > 0 for row in found)
    assert found == read(content, len(content) or 1)


def test_an_open_quote_is_at_fault_alone() -> None:
    found = read(b'a,b\n"c,d\ne,f\ng,h')
    assert cells(found) == [["a", "b"], ['"c,d'], ["e", "f"], ["g", "h"]]
    assert faults(found) == ["", "NOT_CSV", "", ""]


def test_an_open_quote_before_much_more_is_at_fault_alone() -> None:
    rest = [["x" * 1000, str(number)] for number in range(400)]
    found = read(b'"c,d\n' + csv_text(rest).encode(), 64 * 1024)
    assert (found[0].fault and found[0].fault.reason, found[0].size) == ("TOO_LONG", 5)
    assert cells(found[1:]) == rest


@pytest.mark.parametrize("end", [b"\n", b""])
@pytest.mark.parametrize("size", [1000, 64 * 1024, 10 * LONGEST_ROW_BYTES])
def test_a_row_that_is_too_long_is_passed_over(size: int, end: bytes) -> None:
    long = b"x" * (3 * LONGEST_ROW_BYTES) + end
    found = read(b"a\n" + long + b"b\n" * bool(end), size)
    assert cells(found) == [["a"], [""], ["b"]][: len(found)]
    assert len(found) == 2 + bool(end)
    assert faults(found)[1] == "TOO_LONG"
    assert found[1].size == len(long)


def test_the_longest_row_may_have_just_so_many_bytes() -> None:
    line = b",".join([b"x" * 1023] * 256)
    assert len(line) == LONGEST_ROW_BYTES - 1
    assert faults(read(line + b"\n", 4096)) == [""]
    assert faults(read(line + b"x\n", 4096)) == ["TOO_LONG"]


def test_a_cell_that_is_too_long_is_at_fault() -> None:
    assert faults(read(b"a\n" + b"x" * 200_000 + b"\nb\n", 5000)) == ["", "TOO_LONG", ""]


def test_bytes_that_are_no_text_are_at_fault_and_shown_as_such() -> None:
    found = read("Müller,1\n".encode("latin-1") + "Müller,2\n".encode())
    assert cells(found) == [["M�ller", "1"], ["Müller", "2"]]
    assert faults(found) == ["NOT_UTF8", ""]


def test_lines_that_say_nothing_are_blank_and_faults_are_not() -> None:
    found = read(b'\n  \r\n,,\n"",\t\na,\n"')
    assert [row.is_blank for row in found] == [True, True, True, True, False, False]


@given(TEXTS | NASTY)
def test_a_safe_cell_is_plain_again_and_no_formula(text: str) -> None:
    assert plain_cell(safe_cell(text)) == text
    first = safe_cell(text)[:1]
    assert first not in {"=", "@", "\t", "\r", "\n"}
    assert first not in {"+", "-"} or not any(char.isalpha() for char in text)


@pytest.mark.parametrize("text", ["+1 (212) 555-0123", "-12.50", "Alice", "", "'tis", "2+2", "a=b"])
def test_what_does_no_harm_stays_as_it_is(text: str) -> None:
    assert safe_cell(text) == text == plain_cell(text)


@pytest.mark.parametrize(
    "text", ["=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+cmd|' /C calc'!A0", "\t=1", "'=1", "-a"]
)
def test_what_a_spreadsheet_would_run_is_marked(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


def test_an_apostrophe_that_a_person_has_put_before_a_number_is_taken_away() -> None:
    assert plain_cell("'+12125550123") == "+12125550123"


@given(ROWS)
def test_parts_have_whole_rows(rows: list[list[str]]) -> None:
    parts = list(csv_parts(rows, 30))
    assert b"".join(parts).decode() == csv_text(rows)
    assert [row for part in parts for row in cells(read(part))] == rows
