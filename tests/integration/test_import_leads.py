"""The import command as people run it, against a real HTTP server that answers as the documented API does."""

import csv
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "a good token"


@dataclass
class Leads:
    """`POST /leads`: refuses names that say so, and is away at the first attempt of those that say that."""

    created: dict[str, dict[str, Any]] = field(default_factory=dict)
    attempts: Counter[str] = field(default_factory=Counter)
    at_once: int = 0
    most_at_once: int = 0

    async def create(self, request: Request) -> Response:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return problem(401, "token_invalid", "The token is not one that Leadline accepts.")
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            return self._answer(request.headers["Idempotency-Key"], await request.json())
        finally:
            self.at_once -= 1

    def _answer(self, key: str, body: dict[str, Any]) -> Response:
        self.attempts[key] += 1
        name = str(body.get("lastName"))
        if name.startswith("Away") and self.attempts[key] == 1:
            return problem(503, "part_unavailable", "A part is away.", headers={"Retry-After": "0"})
        if name.startswith("Busy") and self.attempts[key] == 1:
            return problem(409, "idempotency_in_progress", "Still running.", headers={"Retry-After": "0"})
        if name.startswith("Twice"):
            return problem(409, "lead_duplicate", "There is such a lead.")
        if name.startswith("Bad"):
            errors = [{"field": "phone", "code": "invalid", "message": "No number."}]
            return problem(422, "validation_failed", f"phone of {name}", errors=errors)
        if name.startswith("Broken"):
            return Response("oops", 500)
        lead = self.created.setdefault(key, {"id": f"lead-{len(self.created)}", **body})
        return JSONResponse(lead, 201)


def problem(status: int, code: str, detail: str, *, headers: dict[str, str] | None = None, **more: object) -> Response:
    body = {"title": code, "status": status, "code": code, "detail": detail, **more}
    return JSONResponse(body, status, headers, media_type="application/problem+json")


@contextmanager
def serving(leads: Leads) -> Iterator[str]:
    listening = socket.create_server(("127.0.0.1", 0))
    app = Starlette(routes=[Route("/leads", leads.create, methods=["POST"])])
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    deadline = time.monotonic() + 10
    while not server.started:
        assert time.monotonic() < deadline, "the server did not start"
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join(10)
    listening.close()


@pytest.fixture
def leads() -> Leads:
    return Leads()


@pytest.fixture
def url(leads: Leads) -> Iterator[str]:
    with serving(leads) as address:
        yield address


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "leads.csv"


def import_leads(
    file: Path, url: str, *more: str, token: str | None = TOKEN, timeout: float = 60
) -> subprocess.CompletedProcess[str]:
    flags = ["--map", "Last Name=lastName", "--url", url, *more]
    variables = {name: value for name, value in os.environ.items() if not name.upper().endswith("_PROXY")}
    variables |= {"LEADLINE_TOKEN": token} if token else {}
    script = ROOT / "examples" / "import_leads.py"
    return subprocess.run(
        [sys.executable, script, file, *flags],
        check=False,
        capture_output=True,
        text=True,
        timeout=timeout,
        env=variables | {"COLUMNS": "200"},
    )


def write(file: Path, names: list[str]) -> None:
    with file.open("w", newline="", encoding="utf-8") as opened:
        csv.writer(opened).writerows([["Last Name"], *([name] for name in names)])


def test_every_row_is_a_lead_or_is_named_with_its_reason(file: Path, url: str, leads: Leads, tmp_path: Path) -> None:
    write(file, ["Good", "Bad 1", "Twice", "Bad 2", "Away", "Busy", "Bad 3"])
    done = import_leads(file, url, "--report", str(tmp_path / "refused.csv"))
    assert done.returncode == 0, done.stderr
    assert "3 created, 4 refused, 0 failed" in done.stdout
    assert "validation_failed: phone invalid │ 3, 5, 8 │ phone of Bad 1" in done.stdout
    assert "lead_duplicate" in done.stdout
    assert sorted(lead["lastName"] for lead in leads.created.values()) == ["Away", "Busy", "Good"]
    report = list(csv.DictReader((tmp_path / "refused.csv").read_text().splitlines()))
    assert [(row["row"], row["message"]) for row in report if "phone" in row["reason"]] == [
        ("3", "phone of Bad 1"),
        ("5", "phone of Bad 2"),
        ("8", "phone of Bad 3"),
    ]


def test_importing_the_file_again_makes_no_lead_twice(file: Path, url: str, leads: Leads) -> None:
    write(file, ["Same", "Same", "Other"])
    for _ in range(2):
        assert "3 created, 0 refused, 0 failed" in import_leads(file, url).stdout
    assert len(leads.created) == 3
    assert set(leads.attempts.values()) == {2}


def test_a_fault_of_the_server_is_a_failure_and_not_a_refusal(file: Path, url: str) -> None:
    write(file, ["Good", "Broken", "Good too"])
    done = import_leads(file, url)
    assert done.returncode == 1
    assert "2 created, 0 refused, 1 failed" in done.stdout


def test_no_more_rows_are_sent_at_a_time_than_asked_for(file: Path, url: str, leads: Leads) -> None:
    write(file, [f"Name {number}" for number in range(300)])
    done = import_leads(file, url, "--concurrency", "3")
    assert done.returncode == 0, done.stderr
    assert len(leads.created) == 300
    assert leads.most_at_once <= 3


def test_only_so_many_rows_are_sent_as_asked_for(file: Path, url: str, leads: Leads) -> None:
    write(file, [f"Name {number}" for number in range(50)])
    assert "7 created" in import_leads(file, url, "--limit", "7").stdout
    assert {lead["lastName"] for lead in leads.created.values()} == {f"Name {number}" for number in range(7)}


def test_a_token_that_is_not_accepted_ends_the_import_at_once(file: Path, url: str, leads: Leads) -> None:
    write(file, [f"Name {number}" for number in range(300)])
    done = import_leads(file, url, "--token", "another")
    assert done.returncode == 1
    assert "the token is not accepted: The token is not one that Leadline accepts." in done.stderr
    assert not leads.created


def test_a_gateway_that_is_down_ends_the_import_instead_of_failing_every_row(file: Path) -> None:
    write(file, [f"Name {number}" for number in range(1000)])
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]
    done = import_leads(file, f"http://127.0.0.1:{port}", "--patience", "0.2")
    assert done.returncode == 1
    assert "20 rows in a row failed" in done.stderr
    assert "no_answer" in done.stdout


def test_a_file_that_ends_in_the_middle_is_imported_up_to_there_and_said_to_be_broken(
    file: Path, url: str, leads: Leads
) -> None:
    file.write_text('Last Name\nFirst\nSecond\n"never closed')
    done = import_leads(file, url)
    assert done.returncode == 1
    assert "row 4 is not CSV" in done.stderr
    assert len(leads.created) == 2


def test_a_row_with_more_cells_than_columns_is_not_sent(file: Path, url: str, leads: Leads) -> None:
    file.write_text("Last Name\nJohnson, Alice\nGood\n")
    done = import_leads(file, url)
    assert done.returncode == 0
    assert "row_malformed" in done.stdout
    assert [lead["lastName"] for lead in leads.created.values()] == ["Good"]


def test_a_dry_run_prints_bodies_and_needs_neither_gateway_nor_token(file: Path) -> None:
    write(file, [f"Name {number}" for number in range(50)])
    done = import_leads(file, "http://127.0.0.1:1", "--dry-run", "--set", "source=website", token=None)
    assert done.returncode == 0, done.stderr
    printed = [json.loads(part.partition(":")[2]) for part in done.stdout.split("row ")[1:]]
    assert printed == [{"source": "website", "lastName": f"Name {number}"} for number in range(5)]


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--map", "E-mail=email"], "no column E-mail"),
        (["--map", "Last Name=surname"], "twice"),
        (["--set", "surname=x"], "no lead field"),
        (["--url", "127.0.0.1:8080"], "http"),
        (["--concurrency", "0"], "--concurrency"),
        (["--report", "no/such/folder/report.csv"], "no folder"),
    ],
)
def test_wrong_flags_are_told_before_anything_is_sent(
    file: Path, url: str, leads: Leads, flags: list[str], said: str
) -> None:
    write(file, ["Good"])
    done = import_leads(file, url, *flags)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not leads.attempts


def test_a_missing_token_is_told(file: Path, url: str) -> None:
    write(file, ["Good"])
    done = import_leads(file, url, token=None)
    assert done.returncode == 2
    assert "LEADLINE_TOKEN" in done.stderr
