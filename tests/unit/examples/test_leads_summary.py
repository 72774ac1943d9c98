"""What an import says at its end."""

import csv
import io
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from leads_import.sending import Created, Failed, Refused, retry_after
from leads_import.summary import Summary, ranges


def some() -> Summary:
    summary = Summary()
    summary.add(2, Created("an id"))
    for number in (7, 3, 4):
        summary.add(number, Refused("validation_failed: phone INVALID", f"message of row {number}"))
    summary.add(9, Refused("lead_duplicate", "there already"))
    summary.add(8, Failed("no_answer", "connection lost"))
    return summary


def test_rows_are_counted_and_grouped_by_their_reason() -> None:
    console = Console(file=io.StringIO(), width=200)
    some().print(console)
    said = console.file.getvalue()  # type: ignore[attr-defined] # a StringIO
    assert "1 created, 4 refused, 1 failed" in said
    assert "│ 3     │ validation_failed: phone INVALID │ 3-4, 7 │ message of row 3 │" in said
    assert "│ 1     │ lead_duplicate" in said
    assert "no_answer │ 8" in said


def test_the_report_names_each_row_that_is_no_lead_in_order(tmp_path: Path) -> None:
    some().write_report(tmp_path / "refused.csv")
    with (tmp_path / "refused.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["row"] for row in rows] == ["3", "4", "7", "8", "9"]
    assert rows[0] == {
        "row": "3",
        "result": "refused",
        "reason": "validation_failed: phone INVALID",
        "message": "message of row 3",
    }
    assert rows[3]["result"] == "failed"


@given(st.sets(st.integers(min_value=2, max_value=60)))
def test_ranges_say_each_number_once(numbers: set[int]) -> None:
    said: list[int] = []
    for span in ranges(numbers).split(", ") if numbers else []:
        first, _, last = span.partition("-")
        said += range(int(first), int(last or first) + 1)
    assert said == sorted(numbers)


@pytest.mark.parametrize(("header", "seconds"), [("7", 7), ("0", 0), (None, None), ("soon", None), ("-3", None)])
def test_a_retry_after_in_seconds_is_understood(header: str | None, seconds: float | None) -> None:
    assert retry_after(header) == seconds


def test_a_retry_after_as_a_date_is_understood() -> None:
    later = format_datetime(datetime.fromtimestamp(time.time(), UTC) + timedelta(seconds=30), usegmt=True)
    assert retry_after(later) == pytest.approx(30, abs=3)
    assert retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0
