"""docker-compose.yml as Compose understands it: read here, and by Docker's own Compose where this machine has it."""

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "docker-compose.yml"
EXAMPLE = ROOT / ".env.example"

Document = dict[str, Any]
Reader = Callable[[Mapping[str, str]], Document]

_VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?::(?P<operator>[-?+])(?P<text>[^}]*))?\}")


class MissingVariableError(Exception):
    """A variable that has to be set is not."""


def raw() -> Document:
    """The file with its variables as they stand there."""
    document: Document = yaml.safe_load(FILE.read_text())
    return document


def variables() -> set[str]:
    """The names of the variables that the file asks for."""
    return {match["name"] for match in _VARIABLE.finditer(FILE.read_text())}


def example() -> dict[str, str]:
    """What `.env.example` sets, empty values included."""
    lines = (line for line in EXAMPLE.read_text().splitlines() if line and not line.startswith("#"))
    return dict(line.split("=", 1) for line in lines)


def filled(**chosen: str) -> dict[str, str]:
    """The example filled in: a password wherever one is needed, and what the caller has chosen."""
    passwords = {name: f"{name.lower()}0" for name in example() if name.endswith("_PASSWORD")}
    return example() | passwords | chosen


def read_here(environment: Mapping[str, str]) -> Document:
    """The file with its variables filled in.

    Raises:
        MissingVariableError: one that is required is empty.
    """
    filled_in: Document = _fill(raw(), environment)
    return filled_in


def read_by_docker(environment: Mapping[str, str]) -> Document:
    """The same, by Docker's Compose, which checks the whole file besides.

    Raises:
        MissingVariableError: what Compose said about the file.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".env") as file:
        file.writelines(f"{name}={value}\n" for name, value in environment.items())
        file.flush()
        done = _compose("--env-file", file.name, "--file", str(FILE), "config", "--format", "json")
    if done.returncode:
        raise MissingVariableError(done.stderr)
    document: Document = json.loads(done.stdout)
    return document


def readers() -> Iterable[Reader]:
    """The readers that this machine has; our own is always one of them."""
    yield read_here
    if shutil.which("docker") and _compose("version").returncode == 0:
        yield read_by_docker


def _compose(*arguments: str) -> subprocess.CompletedProcess[str]:
    # Without the variables of this machine, which Compose would prefer to those of the file.
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "DOCKER_CONFIG") if name in os.environ}
    return subprocess.run(
        ["docker", "compose", *arguments], check=False, env=environment, capture_output=True, text=True, timeout=60
    )


def _fill(value: Any, environment: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _fill(each, environment) for key, each in value.items()}
    if isinstance(value, list):
        return [_fill(each, environment) for each in value]
    if isinstance(value, str):
        return _VARIABLE.sub(lambda match: _value(match, environment), value)
    return value


def _value(match: re.Match[str], environment: Mapping[str, str]) -> str:
    found, text = environment.get(match["name"], ""), match["text"] or ""
    if match["operator"] == "+":
        return text if found else ""
    if match["operator"] == "?" and not found:
        message = f"{match['name']}: {text}"
        raise MissingVariableError(message)
    return found or text
