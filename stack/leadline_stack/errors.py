"""Failures that are expected: each is one clear sentence for whoever typed the command, never a traceback."""

from pathlib import Path


class StackError(Exception):
    """Something that the user can put right; the message says what."""


class PartFailedError(StackError):
    """A part did not come up. ``log`` is where it says why."""

    def __init__(self, part: str, cause: str, log: Path) -> None:
        super().__init__(f"{part} did not come up: {cause}.")
        self.part = part
        self.log = log
