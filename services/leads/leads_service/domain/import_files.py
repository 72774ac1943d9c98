"""The file of an import on its way in: counted, hashed, and refused as soon as it cannot be one."""

import hashlib
from dataclasses import dataclass

from kit.errors import upload_too_large
from leads_service.domain.csv_head import LONGEST_HEAD_BYTES, CsvHead, read_head


@dataclass(frozen=True, slots=True)
class ImportFile:
    """What is known of a file that has come whole."""

    head: CsvHead
    size_bytes: int
    sha256: bytes


class IncomingFile:
    """A file of at most ``limit`` bytes, of which only the beginning is held."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._hash = hashlib.sha256()
        self._start = bytearray()
        self._head: CsvHead | None = None

    def take(self, part: bytes) -> None:
        """The next bytes.

        Raises:
            LeadlineError: UPLOAD_TOO_LARGE, VALIDATION_FAILED on ``file``.
        """
        self._size += len(part)
        if self._size > self._limit:
            raise upload_too_large(self._limit)
        self._hash.update(part)
        if self._head is None:
            self._start += part[: LONGEST_HEAD_BYTES - len(self._start)]
            if len(self._start) == LONGEST_HEAD_BYTES:
                self._head = read_head(bytes(self._start), is_all=False)

    def whole(self) -> ImportFile:
        """What it is, once all of it has come.

        Raises:
            LeadlineError: VALIDATION_FAILED on ``file``.
        """
        head = self._head or read_head(bytes(self._start), is_all=True)
        return ImportFile(head, self._size, self._hash.digest())
