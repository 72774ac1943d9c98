"""The job that makes Temporal's tables: which calls of Temporal's own tool it comes to.

The tool itself is only in Temporal's image; here a stand-in writes down how it is called.
"""

import os
import subprocess
from pathlib import Path

import pytest

from tests.support.compose import ROOT

JOB = ROOT / "deploy" / "temporal" / "schema.sh"


def calls(folder: Path, *, exit_code: int = 0) -> tuple[int, list[list[str]]]:
    written = folder / "calls"
    tool = folder / "temporal-sql-tool"
    tool.write_text(f'#!/bin/sh\necho "$*" >>{written}\nexit {exit_code}\n')
    tool.chmod(0o755)
    path = f"{folder}:{os.environ['PATH']}"
    done = subprocess.run(["/bin/sh", JOB], check=False, env={"PATH": path}, timeout=20)
    return done.returncode, [line.split() for line in written.read_text().splitlines()]


@pytest.mark.parametrize(("database", "schema"), [("temporal", "temporal"), ("temporal_visibility", "visibility")])
def test_each_database_is_set_up_and_then_updated_to_this_release(tmp_path: Path, database: str, schema: str) -> None:
    code, all_calls = calls(tmp_path)
    mine = [call for call in all_calls if call[:4] == ["--plugin", "postgres12", "--db", database]]
    versions = f"/etc/temporal/schema/postgresql/v12/{schema}/versioned"
    assert (code, len(all_calls)) == (0, 4)
    assert [call[4:] for call in mine] == [
        ["setup-schema", "--version", "0.0"],
        ["update-schema", "--schema-dir", versions],
    ]


def test_a_failing_call_ends_the_job(tmp_path: Path) -> None:
    code, all_calls = calls(tmp_path, exit_code=3)
    assert (code, len(all_calls)) == (3, 1)
