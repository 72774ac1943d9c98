"""The ``leadline`` command."""

import asyncio
import json
import re
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, NoReturn
from uuid import UUID

import typer
from rich.console import Console

from leadline_stack import report
from leadline_stack.data_folder import DataFolder, existing_folder, open_folder, read_json
from leadline_stack.errors import StackError
from leadline_stack.follow import print_log
from leadline_stack.ports import GATEWAY, TEMPORAL, TEMPORAL_UI, choose_ports
from leadline_stack.secrets import load_or_make_secrets, load_secrets
from leadline_stack.stack import Stack

app = typer.Typer(
    help="Leadline on one machine: databases, Temporal, all services and the gateway.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

DEFAULT_FOLDER = Path(".leadline")
DataDir = Annotated[Path, typer.Option(help="The folder that keeps everything.", show_default=True)]

_DURATION = re.compile(r"(\d{1,6})([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@app.command()
def up(
    *,
    data_dir: DataDir = DEFAULT_FOLDER,
    gateway_port: Annotated[int | None, typer.Option(help=f"REST API; {GATEWAY} by default.", min=1, max=65535)] = None,
    temporal_port: Annotated[
        int | None, typer.Option(help=f"Temporal server; {TEMPORAL} by default.", min=1, max=65535)
    ] = None,
    temporal_ui_port: Annotated[
        int | None, typer.Option(help=f"Temporal UI; {TEMPORAL_UI} by default.", min=1, max=65535)
    ] = None,
    ephemeral: Annotated[
        bool, typer.Option("--ephemeral", help="Free ports and a temporary folder, removed at the end.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON line on standard output once ready.")] = False,
) -> None:
    """Start the whole product and keep it running until Ctrl-C or SIGTERM."""
    folder_path = Path(tempfile.mkdtemp(prefix="leadline-")) if ephemeral else data_dir
    console = Console(stderr=True)
    try:
        ports = (gateway_port, temporal_port, temporal_ui_port)
        asyncio.run(_up(folder_path, ports, console, ephemeral=ephemeral, as_json=as_json))
    except StackError as error:
        _fail(error)
    finally:
        if ephemeral:
            shutil.rmtree(folder_path, ignore_errors=True)


async def _up(
    path: Path, wanted: tuple[int | None, int | None, int | None], console: Console, *, ephemeral: bool, as_json: bool
) -> None:
    say = report.progress(console, time.monotonic())
    folder = open_folder(path)
    folder.lock()
    stop = _stop_event()
    stack = Stack(folder, choose_ports(*wanted, ephemeral=ephemeral), load_or_make_secrets(folder), say)
    try:
        if await _unless_stopped(stop, stack.up):
            _show(stack, console, as_json=as_json)
            await stop.wait()
    finally:
        await stack.down()
    say("everything has stopped")


async def _unless_stopped(stop: asyncio.Event, work: Callable[[], Any]) -> bool:
    """Do the work; false when it was cut short by the wish to stop."""
    working, stopping = asyncio.ensure_future(work()), asyncio.ensure_future(stop.wait())
    await asyncio.wait([working, stopping], return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if working.done():
        working.result()
        return True
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    return False


def _stop_event() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    return stop


def _show(stack: Stack, console: Console, *, as_json: bool) -> None:
    description = stack.description()
    if as_json:
        print(json.dumps(description), flush=True)  # noqa: T201 - the answer of the command
        return
    console.print(report.ready_panel(description, str(stack.folder.logs)))
    console.print("An administrator's token for the next 8 hours, ready to paste:")
    print(f"export TOKEN={description['token']}", flush=True)  # noqa: T201 - to be copied, so never wrapped


@app.command()
def token(
    role: Annotated[str, typer.Option(help="admin, or any other role.")] = "",
    permissions: Annotated[str, typer.Option(help="By comma, such as leads:view,leads:create.")] = "",
    sub: Annotated[UUID | None, typer.Option(help="The user's id; the first administrator by default.")] = None,
    expires_in: Annotated[str, typer.Option(help="Such as 90s, 30m, 8h or 7d.")] = "8h",
    data_dir: DataDir = DEFAULT_FOLDER,
) -> None:
    """Print a token that the stack accepts, and nothing else."""
    if bool(role) == bool(permissions) and role != "admin":
        message = "Give --role admin, or --permissions such as leads:view,leads:create."
        raise typer.BadParameter(message)
    granted = [each.strip() for each in permissions.split(",") if each.strip()]
    lifetime = _lifetime(expires_in)
    try:
        secrets = load_secrets(existing_folder(data_dir))
    except StackError as error:
        _fail(error)
    signed = secrets.token(role=role or "user", permissions=granted, subject=sub, expires_in=lifetime)
    print(signed)  # noqa: T201 - the answer of the command


def _lifetime(text: str) -> timedelta:
    found = _DURATION.fullmatch(text)
    if found is None:
        message = "Use a number and s, m, h or d, such as 8h."
        raise typer.BadParameter(message, param_hint="--expires-in")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


@app.command()
def status(data_dir: DataDir = DEFAULT_FOLDER) -> None:
    """Show each part with its state, memory and port; exit code 1 when not all of them run."""
    folder, state = _running_state(data_dir)
    table, all_run = report.parts_table(state)
    Console().print(table)
    if not (all_run and state["ready"]):
        _fail(StackError(f"Not everything runs. Look at `leadline logs PART`, or into {folder.logs}."))


@app.command()
def logs(
    part: Annotated[str | None, typer.Argument(help="Only this part's log; all by default.")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as they grow, until Ctrl-C.")] = False,
    lines: Annotated[int, typer.Option(help="How many lines from the end.", min=0, max=100_000)] = 40,
    data_dir: DataDir = DEFAULT_FOLDER,
) -> None:
    """Print the ends of the logs."""
    try:
        print_log(existing_folder(data_dir).logs, part, lines=lines, follow=follow)
    except StackError as error:
        _fail(error)
    except KeyboardInterrupt:
        raise typer.Exit(0) from None


def _running_state(data_dir: Path) -> tuple[DataFolder, dict[str, Any]]:
    try:
        folder = existing_folder(data_dir)
        state = read_json(folder.state)
    except StackError as error:
        _fail(error)
    if state is None:
        _fail(StackError(f"Nothing runs on {folder.path}. Start it with `leadline up`."))
    return folder, state


def _fail(error: StackError) -> NoReturn:
    print(f"leadline: {error}", file=sys.stderr)  # noqa: T201 - a sentence for people
    raise typer.Exit(1)


if __name__ == "__main__":
    app()
