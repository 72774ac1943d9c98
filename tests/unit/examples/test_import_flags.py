"""The flags of the import command: what they say to the API, and which are refused before anything is sent."""

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

SCRIPT = Path(__file__).resolve().parents[3] / "examples" / "import_leads.py"


@pytest.fixture(scope="module")
def command() -> Iterator[ModuleType]:
    spec = importlib.util.spec_from_file_location("import_leads", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["import_leads"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["import_leads"]


@pytest.fixture
def options(command: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The options that the command would send."""
    sent: list[str] = []
    monkeypatch.setattr(command, "_run", lambda _importer, _name, _content, said, _refused: sent.append(said))
    return sent


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "leads.csv"
    path.write_bytes(b"lastName\nA\n")
    return str(path)


def run(command: ModuleType, *flags: str) -> Any:
    app = typer.Typer()
    app.command()(command.main)
    return CliRunner().invoke(app, flags, env={"COLUMNS": "300", "LEADLINE_TOKEN": "a-token"}, color=False)


def test_flags_say_what_the_api_takes(command: ModuleType, options: list[str], file: str) -> None:
    flags = ["--map", "E-mail = x=email", "--map", "Internal=", "--set", "priority=high", "--duplicates", "update"]
    flags += ["--value", "source:Trade Show=event", "--value", "source:*=other", "--dry-run"]
    assert run(command, file, *flags).exit_code == 0
    assert options == [
        '{"mapping": {"E-mail = x": "email", "Internal": null}, "restToCustomFields": false, '
        '"defaults": {"priority": "high"}, "values": {"source": {"Trade Show": "event", "*": "other"}}, '
        '"duplicates": "update", "dryRun": true}'
    ]


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["--map", "E-mail"], "there must be ="),
        (["--map", "=email"], "there must be ="),
        (["--map", "E-mail=email", "--map", "E-mail=phone"], "mapped twice"),
        (["--value", "event=fair"], "FIELD:OLD=NEW"),
        (["--encoding", "klingon"], "unknown encoding"),
        (["--duplicates", "merge"], "merge"),
        (["--refused", "no/such/folder.csv"], "no folder"),
        (["--url", "127.0.0.1:8080"], "http"),
        (["--token", ""], "LEADLINE_TOKEN"),
    ],
    ids=lambda each: each if isinstance(each, str) else " ".join(each),
)
def test_wrong_flags_are_told_before_anything_is_sent(
    flags: list[str], told: str, command: ModuleType, options: list[str], file: str
) -> None:
    done = run(command, file, *flags)
    assert done.exit_code == 2
    assert told in done.output
    assert options == []


def test_a_file_in_another_encoding_than_said_is_told(command: ModuleType, options: list[str], file: str) -> None:
    Path(file).write_bytes(b"lastName\n\x81\n")
    done = run(command, file, "--encoding", "cp1252")
    assert done.exit_code == 1
    assert "it is not cp1252" in done.output
    assert options == []
