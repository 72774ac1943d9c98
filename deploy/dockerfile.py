"""Reads this repository's Dockerfiles, for the checks that need no Docker."""

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction: its word in upper case, and what follows it."""

    word: str
    text: str


@dataclass(frozen=True, slots=True)
class Dockerfile:
    """The build stage and the final stage of one image."""

    path: Path
    build: tuple[Instruction, ...]
    final: tuple[Instruction, ...]

    @property
    def command(self) -> list[str]:
        """What a container runs."""
        return [str(word) for word in json.loads(next(each.text for each in self.final if each.word == "CMD"))]

    @property
    def copied(self) -> list[str]:
        """What the build stage copies from the repository, as paths relative to its root."""
        return [source for each in self.build if each.word == "COPY" for source in shlex.split(each.text)[:-1]]


def dockerfiles() -> list[Path]:
    """The Dockerfile of each image."""
    return [*sorted(ROOT.glob("services/*/Dockerfile")), ROOT / "workflows" / "Dockerfile"]


def read(path: Path) -> Dockerfile:
    """The Dockerfile at the path.

    Raises:
        ValueError: it does not have the two stages that all images of this repository have.
    """
    stages: list[list[Instruction]] = []
    for each in _instructions(path.read_text()):
        if each.word == "FROM":
            stages.append([])
        elif stages:
            stages[-1].append(each)
    if len(stages) != 2:
        message = f"{path} has {len(stages)} stages, not a build stage and a final one"
        raise ValueError(message)
    return Dockerfile(path, tuple(stages[0]), tuple(stages[1]))


def _instructions(text: str) -> Iterator[Instruction]:
    for line in text.replace("\\\n", " ").splitlines():
        if line.strip() and not line.startswith("#"):
            word, _, rest = line.partition(" ")
            yield Instruction(word.upper(), rest.strip())
