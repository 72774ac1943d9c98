"""How a CSV file is read."""

from pathlib import Path

import pytest

from leads_import.rows import Row, UnreadableError, open_leads, unique_names


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "leads.csv"


def read(file: Path, *, encoding: str = "utf-8-sig", delimiter: str = ",") -> tuple[list[Row], str]:
    with open_leads(file, encoding=encoding, delimiter=delimiter) as leads:
        return list(leads.rows()), leads.problem


def test_rows_are_numbered_as_a_spreadsheet_does(file: Path) -> None:
    file.write_bytes(b'Name,Note\r\nA,"two\r\nlines"\r\n\r\nB,\r\n')
    rows, problem = read(file)
    assert [(row.number, row.cells) for row in rows] == [
        (2, {"Name": "A", "Note": "two\r\nlines"}),
        (4, {"Name": "B", "Note": ""}),
    ]
    assert problem == ""


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8"])
def test_a_byte_order_mark_is_no_part_of_the_first_name(file: Path, encoding: str) -> None:
    file.write_bytes("\ufeffName\nJosé\n".encode())
    assert [row.cells for row in read(file, encoding=encoding)[0]] == [{"Name": "José"}]


def test_another_delimiter_and_encoding_can_be_given(file: Path) -> None:
    file.write_bytes("Name;City\nJosé;Köln\n".encode("cp1252"))
    assert [row.cells for row in read(file, encoding="cp1252", delimiter=";")[0]] == [{"Name": "José", "City": "Köln"}]


def test_missing_cells_are_empty_and_surplus_ones_are_counted(file: Path) -> None:
    file.write_text("A,B\n1\n1,2,,\n1,2,3,4\n")
    assert [(row.cells, row.surplus) for row in read(file)[0]] == [
        ({"A": "1", "B": ""}, 0),
        ({"A": "1", "B": "2"}, 0),
        ({"A": "1", "B": "2"}, 2),
    ]


@pytest.mark.parametrize(
    ("header", "names"),
    [
        (["Phone", " Phone ", "Phone"], ["Phone", "Phone1", "Phone2"]),
        (["Phone", "Phone", "Phone1"], ["Phone", "Phone2", "Phone1"]),
        (["Name", "", ""], ["Name", "column2", "column3"]),
    ],
)
def test_every_column_has_a_name_of_its_own(header: list[str], names: list[str]) -> None:
    assert unique_names(header) == names


def test_the_same_row_has_the_same_key_each_time_and_equal_rows_have_different_ones(file: Path) -> None:
    file.write_text("A,B\n1,2\n1,2\n12,\n")
    first, second = read(file)[0], read(file)[0]
    assert [row.key for row in first] == [row.key for row in second]
    assert len({row.key for row in first}) == 3
    assert all(len(row.key) <= 255 for row in first)


def test_the_position_grows_to_the_end_of_the_file(file: Path) -> None:
    file.write_text("A\n" + "some text\n" * 10_000)
    positions = [row.position for row in read(file)[0]]
    assert positions == sorted(positions)
    assert positions[0] < positions[-1] == file.stat().st_size


@pytest.mark.parametrize("content", [b"", b'"never closed', b"\xff\xfe\n"])
def test_a_file_without_a_header_is_refused(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(UnreadableError):
        read(file)


@pytest.mark.parametrize(("encoding", "delimiter"), [("no-such-encoding", ","), ("utf-8", "::")])
def test_an_encoding_or_delimiter_that_is_none_is_refused(file: Path, encoding: str, delimiter: str) -> None:
    file.write_text("A\n1\n")
    with pytest.raises(UnreadableError):
        read(file, encoding=encoding, delimiter=delimiter)


@pytest.mark.parametrize(
    ("content", "said"),
    [(b'A,B\n1,2\n"x"y,2\n', "row 3 is not CSV"), (b"A,B\n1,2\n" + b"1,2\n" * 50_000 + b"\xff,2\n", "cp1252")],
)
def test_reading_ends_where_the_file_makes_no_sense_any_more(file: Path, content: bytes, said: str) -> None:
    file.write_bytes(content)
    rows, problem = read(file)
    assert rows[0].cells == {"A": "1", "B": "2"}
    assert said in problem
