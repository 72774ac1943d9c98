"""What the `leadline` command refuses: one clear sentence, an exit code, no traceback, and nothing started."""

import os
import pwd
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from leadline_stack.data_folder import locked, open_folder
from leadline_stack.ports import choose_ports
from leadline_stack.stack_secrets import ensure_secrets

LEADLINE = str(Path(sys.executable).parent / "leadline")
UUID = "0190c0de-0000-7000-8000-000000000001"

# As somebody without rights, given up only when all is imported: the interpreter may lie where only root looks.
_WITHOUT_RIGHTS = """
import os, sys, pathlib
from leadline_stack.up import UpOptions, up
user = int(sys.argv[2])
if user:
    os.setgroups([])
    os.setgid(user)
    os.setuid(user)
sys.exit(up(UpOptions(pathlib.Path(sys.argv[1]), None, None, None, False, True)))
"""


def run(*command: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "COLUMNS": "300", "NO_COLOR": "1"}
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=60, env=environment, cwd=cwd)


def leadline(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return run(LEADLINE, *arguments, cwd=cwd)


def refused(done: subprocess.CompletedProcess[str], *words: str, code: int = 1) -> None:
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in " ".join(done.stderr.split())


def up(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    ports = choose_ports({}, any_free=True)
    usual = ("--temporal-port", str(ports.temporal), "--temporal-ui-port", str(ports.temporal_ui))
    return leadline("up", "--data-dir", str(folder), *usual, "--gateway-port", str(ports.gateway), *options, "--json")


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    refused(up(tmp_path), "is no Leadline data folder", "--data-dir")
    assert [each.name for each in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    refused(up(tmp_path / "file"), "is not a folder", "--data-dir")
    refused(up(tmp_path / "file" / "below"), "is not a folder", "--data-dir")


def test_a_folder_of_a_later_format_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "leadline.json").write_text('{"format": 2}')
    refused(up(tmp_path), "has format 2")


def test_a_port_in_use_is_named_with_its_option(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen(1)
        port = str(taken.getsockname()[1])
        refused(up(tmp_path / "data", "--gateway-port", port), f"Port {port} is in use", "--gateway-port")


def test_a_second_stack_on_the_same_folder_is_told_of_the_first(tmp_path: Path) -> None:
    with locked(open_folder(tmp_path / "data")):
        refused(up(tmp_path / "data"), "already running", str(tmp_path / "data"), "leadline status")


@pytest.mark.parametrize("where", ["", "below"])
def test_a_folder_without_the_right_to_write_is_named(tmp_path: Path, where: str) -> None:
    user = pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else 0
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o755)
    for folder in tmp_path.parents:
        if user and not folder.stat().st_mode & 0o001:
            folder.chmod(folder.stat().st_mode | 0o001)
    tmp_path.chmod(0o755)
    if not user:
        closed.chmod(0o555)
    done = run(sys.executable, "-c", _WITHOUT_RIGHTS, str(closed / where), str(user))
    refused(done, "There is no right to write to", str(closed / where), "--data-dir")


def test_a_part_that_does_not_come_up_is_named_with_the_end_of_its_log(tmp_path: Path) -> None:
    folder = open_folder(tmp_path / "data")
    ensure_secrets(folder)
    folder.postgres.mkdir()
    (folder.postgres / "PG_VERSION").write_text("9.6\n")
    done = up(folder.path)
    refused(done, "postgres did not come up", str(folder.log("postgres")), "Everything is stopped")
    assert not folder.state.exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "--role admin"),
        (("--role", "manager"), "--permissions"),
        (("--role", "admin", "--permissions", "leads:view"), "leave one of the two away"),
        (("--permissions", "leads"), "no permission"),
        (("--role", "admin", "--expires-in", "soon"), "8h"),
        (("--role", "admin", "--sub", "me"), "UUID"),
    ],
)
def test_a_token_that_makes_no_sense_is_refused(arguments: tuple[str, ...], words: str) -> None:
    refused(leadline("token", *arguments), words, code=2)


def test_a_token_is_printed_and_nothing_else_whether_the_stack_runs_or_not(tmp_path: Path) -> None:
    ensure_secrets(open_folder(tmp_path / ".leadline"))
    done = leadline("token", "--permissions", "leads:view", "--sub", UUID, "--expires-in", "30m", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+\n", done.stdout)


@pytest.mark.parametrize("command", [("token", "--role", "admin"), ("status",), ("logs",)])
def test_commands_without_a_data_folder_say_so(tmp_path: Path, command: tuple[str, ...]) -> None:
    refused(leadline(*command, cwd=tmp_path), "There is no Leadline data folder", "--data-dir")


def test_a_log_of_a_part_that_is_not_there_names_those_that_are(tmp_path: Path) -> None:
    open_folder(tmp_path / ".leadline").log("relay").write_text("one\ntwo\nthree\n")
    refused(leadline("logs", "realy", cwd=tmp_path), "relay", code=2)
    done = leadline("logs", "relay", "--lines", "2", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "two\nthree\n")


def test_a_temporary_stack_takes_no_folder(tmp_path: Path) -> None:
    refused(leadline("up", "--ephemeral", "--data-dir", str(tmp_path)), "--ephemeral", code=2)
