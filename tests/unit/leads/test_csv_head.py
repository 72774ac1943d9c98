"""How CSV files begin, and what is none."""

import codecs
import io
import json
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import ErrorKind, LeadlineError
from leads_service.domain.csv_cells import csv_text
from leads_service.domain.csv_head import LONGEST_HEAD_BYTES, CsvHead, read_head
from leads_service.domain.import_files import IncomingFile
from tests.unit.leads.refusals import faults, refusal

NAMES = st.lists(
    st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=12), min_size=1, max_size=20, unique=True
)


def head_of(content: bytes) -> CsvHead:
    return read_head(content, is_all=True)


def workbook() -> bytes:
    """A file such as spreadsheets keep."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return file.getvalue()


@given(NAMES, st.sampled_from([",", ";", "\t"]), st.sampled_from(["\n", "\r\n", ""]), st.booleans())
def test_columns_and_what_is_between_them_are_found(names: list[str], delimiter: str, end: str, marked: bool) -> None:
    mark = codecs.BOM_UTF8 if marked else b""
    line = mark + (delimiter.join(names) + end).encode()
    found = head_of(line + (b"1,2;3\t4\n" if end else b""))
    assert (found.columns, found.size) == (tuple(names), len(line))
    assert found.delimiter == delimiter or len(names) == 1


def test_names_are_trimmed_and_a_nameless_last_column_is_none() -> None:
    assert head_of(b' Last Name ,"E-mail, work",\n').columns == ("Last Name", "E-mail, work")


def test_a_name_that_was_marked_as_text_is_plain() -> None:
    assert head_of(b"'=Name,b\n").columns == ("=Name", "b")


def test_a_name_may_go_on_in_the_next_line() -> None:
    assert head_of(b'"Last\nName",Email\nJones,\n') == CsvHead(",", ("Last\nName", "Email"), 18)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "EMPTY"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "NOT_CSV"),
        (workbook(), "NOT_CSV"),
        (json.dumps({"lastName": "Jones"}).encode(), "NOT_CSV"),
        (json.dumps([{"lastName": "Jones"}], indent=2).encode(), "NOT_CSV"),
        (b"[]", "NOT_CSV"),
        (b"<html><body>", "NOT_CSV"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>", "NOT_CSV"),
        (b"%PDF-1.7\n", "NOT_CSV"),
        ("Last Name,Ort\nMüller,Köln\n".encode("latin-1"), "NOT_UTF8"),
        ("Last Name\n".encode("utf-16"), "NOT_CSV"),
        (b"\n\nLast Name\n", "NOT_CSV"),
        (b"a,,c\n", "NOT_CSV"),
        (b"a,b,,\n", "NOT_CSV"),
        (b"a,b,a\n", "NOT_CSV"),
        (b'"a,b\n1,2\n', "NOT_CSV"),
        (b"a\rb\rc", "NOT_CSV"),
        (",".join(f"c{number}" for number in range(201)).encode(), "NOT_CSV"),
        (b"x" * 201, "NOT_CSV"),
        (b"a\x07,b\n", "NOT_CSV"),
    ],
)
def test_what_is_no_csv_is_told(content: bytes, reason: str) -> None:
    with faults(("file", reason)):
        head_of(content)


def test_brackets_may_be_part_of_names() -> None:
    assert head_of(b"[Id],[Last Name]\n").columns == ("[Id]", "[Last Name]")


def test_the_columns_must_be_within_the_first_bytes() -> None:
    names = [f"{number:0190}" for number in range(200)]
    assert len(read_head(csv_text([names]).encode()[:LONGEST_HEAD_BYTES], is_all=False).columns) == 200
    with faults(("file", "NOT_CSV")):
        read_head(b"a" * LONGEST_HEAD_BYTES, is_all=False)


@pytest.mark.parametrize("place", [LONGEST_HEAD_BYTES - 1, LONGEST_HEAD_BYTES - 2])
def test_a_letter_may_be_cut_where_the_beginning_ends(place: int) -> None:
    content = (b"Name\n" + b"x" * (place - 5) + "\u20ac".encode())[:LONGEST_HEAD_BYTES]
    assert read_head(content, is_all=False).columns == ("Name",)
    with faults(("file", "NOT_UTF8")):
        read_head(content, is_all=True)


@given(st.integers(1, 70_000), st.integers(0, 200_000))
def test_a_file_is_known_however_it_comes(size: int, length: int) -> None:
    content = b"Name,Email\n" + b"x,y\n" * (length // 4)
    whole, cut = IncomingFile(1_000_000), IncomingFile(1_000_000)
    whole.take(content)
    for start in range(0, len(content), size):
        cut.take(content[start : start + size])
    assert cut.whole() == whole.whole()
    assert whole.whole().size_bytes == len(content)


def test_a_file_is_refused_as_soon_as_it_can_be() -> None:
    incoming = IncomingFile(LONGEST_HEAD_BYTES)
    incoming.take(b"Name\n" + b"x" * (LONGEST_HEAD_BYTES - 5))
    with refusal("UPLOAD_TOO_LARGE", ErrorKind.TOO_LARGE):
        incoming.take(b"x")
    other = IncomingFile(10 * LONGEST_HEAD_BYTES)
    with pytest.raises(LeadlineError, match="CSV"):
        other.take(b"x\x00" * LONGEST_HEAD_BYTES)
