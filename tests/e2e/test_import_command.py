"""The import command of the examples, as people run it, against the whole product."""

import asyncio
import sys
from pathlib import Path

import httpx
import pytest

from tests.support.imports import csv_of, leads_of, rows_of
from tests.support.sales import unique
from tests.support.stack import RunningStack

SCRIPT = Path(__file__).resolve().parents[2] / "examples" / "import_leads.py"
COLUMNS = ("Last Name", "E-mail", "Company", "Origin", "Internal")
FLAGS = ["--map", "E-mail=email", "--map", "Origin=source", "--map", "Internal=", "--value", "source:Messe=event"]


async def run(stack: RunningStack, file: Path, *flags: str) -> tuple[int, str, str]:
    """The command's exit code, and what it said."""
    command = [sys.executable, str(SCRIPT), str(file), "--url", stack.about["gateway"], *flags]
    variables = {"LEADLINE_TOKEN": stack.about["token"], "COLUMNS": "300"}
    process = await asyncio.create_subprocess_exec(
        *command, env=variables, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    said, complained = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode or 0, said.decode(), complained.decode()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return written(tmp_path / "leads.csv", csv_of(COLUMNS, [["A", "", "", "", ""]]))


def written(file: Path, content: bytes) -> Path:
    file.write_bytes(content)
    return file


async def test_a_file_is_imported_once_and_what_was_refused_is_written_down(
    stack: RunningStack, api: httpx.AsyncClient, file: Path, tmp_path: Path
) -> None:
    company, refused = unique("Command"), tmp_path / "refused.csv"
    rows = [["Müller", "m@müller.io", company, "Messe", "secret"], ["Bad", "none", company, "", ""]]
    written(file, csv_of(COLUMNS, rows).decode().encode("cp1252"))
    flags = [*FLAGS, "--set", "priority=high", "--encoding", "cp1252", "--refused", str(refused)]
    for _ in range(2):
        code, said, complained = await run(stack, file, *flags)
        assert (code, said) == (0, "1 created, 0 updated, 0 skipped, 1 refused\n"), complained
    (lead,) = await leads_of(api, company)
    assert (lead["lastName"], lead["source"], lead["priority"]) == ("Müller", "event", "high")
    assert (lead["email"], lead["customFields"]) == ("m@müller.io", {})
    assert [each["Last Name"] for each in rows_of(refused.read_bytes())] == ["Bad"]


async def test_what_the_service_refuses_is_told_in_its_words(stack: RunningStack, file: Path) -> None:
    code, said, complained = await run(stack, file, "--map", "Nothing=email")
    assert (code, said) == (1, "")
    assert "options.mapping.Nothing" in complained
    assert "Traceback" not in complained
