"""CSV cut into parts between its rows, so that a file of any length travels in little memory."""

from collections.abc import Iterable, Iterator, Sequence

from leads_service.domain.csv_cells import csv_text

LARGEST_PART = 256 * 1024


def csv_parts(rows: Iterable[Sequence[str]], largest: int = LARGEST_PART) -> Iterator[bytes]:
    """The rows as CSV in UTF-8, in parts of whole rows. A part is larger than that only where a single row is."""
    part: list[bytes] = []
    size = 0
    for row in rows:
        line = csv_text([row]).encode()
        if part and size + len(line) > largest:
            yield b"".join(part)
            part, size = [], 0
        part.append(line)
        size += len(line)
    if part:
        yield b"".join(part)
