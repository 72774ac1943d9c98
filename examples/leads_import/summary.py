"""What came of an import: how many leads, and every other row with its reason."""

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from rich.console import Console
from rich.table import Table

from leads_import.sending import Created, Failed, Outcome, Refused

Rows = dict[str, dict[int, str]]


class Summary:
    """Counts what was created and keeps the rows that were not, by reason."""

    def __init__(self) -> None:
        self.created = 0
        # Reason to row number to message.
        self.refused: Rows = defaultdict(dict)
        self.failed: Rows = defaultdict(dict)

    def add(self, number: int, outcome: Outcome) -> None:
        """Take in what came of a row."""
        match outcome:
            case Created():
                self.created += 1
            case Refused(reason, message):
                self.refused[reason][number] = message
            case Failed(reason, message):
                self.failed[reason][number] = message

    def line(self) -> str:
        """The three counts."""
        return f"{self.created} created, {_count(self.refused)} refused, {_count(self.failed)} failed"

    def print(self, console: Console) -> None:
        """Print the counts and, by reason, which rows were refused and which failed."""
        console.print(self.line(), style="bold", highlight=False)
        for title, rows in (("Refused", self.refused), ("Failed", self.failed)):
            if rows:
                console.print(_table(title, rows))

    def write_report(self, path: Path) -> None:
        """Write each row that is no lead with its reason, in the order of the file."""
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["row", "result", "reason", "message"])
            writer.writerows(sorted([*_lines("refused", self.refused), *_lines("failed", self.failed)]))


def ranges(numbers: Iterable[int]) -> str:
    """Row numbers in few words: `2-5, 9`."""
    spans: list[str] = []
    for _, group in groupby(enumerate(sorted(numbers)), key=lambda pair: pair[1] - pair[0]):
        members = [number for _, number in group]
        spans.append(f"{members[0]}-{members[-1]}" if len(members) > 1 else str(members[0]))
    return ", ".join(spans)


def _table(title: str, rows: Rows) -> Table:
    table = Table("count", "reason", "rows", "for example", title=title, title_justify="left", show_lines=True)
    for reason, found in sorted(rows.items(), key=lambda item: -len(item[1])):
        table.add_row(str(len(found)), reason, ranges(found), found[min(found)])
    return table


def _lines(result: str, rows: Rows) -> Iterator[tuple[int, str, str, str]]:
    for reason, found in rows.items():
        for number, message in found.items():
            yield number, result, reason, message


def _count(rows: Rows) -> int:
    return sum(len(found) for found in rows.values())
