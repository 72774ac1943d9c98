"""`leadline up`: the whole product, from an empty folder or one with data, until it is asked to end."""

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from leadline_stack.data_folder import DEFAULT, DataFolder, locked, open_folder
from leadline_stack.errors import PartFailedError, StackError
from leadline_stack.keeper import PartStatus
from leadline_stack.leftovers import end_all, end_postgres
from leadline_stack.logs import rotate
from leadline_stack.ports import choose_ports, claimed_usual_ports
from leadline_stack.postgres import prepared_owner
from leadline_stack.product import Product
from leadline_stack.programs import script
from leadline_stack.report import Report, announce, announce_json
from leadline_stack.stack_secrets import ensure_secrets
from leadline_stack.state import StateFile, addresses, read_state
from leadline_stack.supervisor import Supervisor

_TOKEN_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class UpOptions:
    """What was asked for. Ports that are nothing: the usual ones, or free ones when ``ephemeral``."""

    data_dir: Path | None
    gateway_port: int | None
    temporal_port: int | None
    temporal_ui_port: int | None
    ephemeral: bool
    as_json: bool

    @property
    def asked_ports(self) -> dict[str, int | None]:
        """The ports of the options, by name."""
        return {"gateway": self.gateway_port, "temporal": self.temporal_port, "temporal_ui": self.temporal_ui_port}


def up(options: UpOptions) -> int:
    """Run the stack until it is asked to end. The exit code: 0, or 1 for what kept it from being ready, said here."""
    os.umask(0o077)  # what the stack keeps is for its user only
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # until there is something to be stopped in order
    report = Report()
    try:
        with _folder(options) as folder, locked(folder), claimed_usual_ports() as usual_for_parts:
            product = _prepare(options, folder, report, usual_for_parts=usual_for_parts)
            return asyncio.run(_run(product, options, report))
    except StackError as error:
        report.refuse(str(error))
        return 1


@contextmanager
def _folder(options: UpOptions) -> Iterator[DataFolder]:
    if not options.ephemeral:
        yield open_folder(options.data_dir or DEFAULT)
        return
    path = Path(tempfile.mkdtemp(prefix="leadline-"))
    try:
        yield open_folder(path)
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _prepare(options: UpOptions, folder: DataFolder, report: Report, *, usual_for_parts: bool) -> Product:
    previous = read_state(folder)
    if previous is not None:
        end_all(process for name, part in previous.parts.items() if name != "postgres" and (process := part.process))
    end_postgres(folder.postgres)
    rotate(folder)
    ports = choose_ports(options.asked_ports, any_free=options.ephemeral, usual_for_parts=usual_for_parts)
    return Product(folder, ports, ensure_secrets(folder), prepared_owner(folder, report.say))


async def _run(product: Product, options: UpOptions, report: Report) -> int:
    stop, hurry = _signals()
    state = StateFile(product.folder, product.ports)

    def watch(status: PartStatus) -> None:
        report.change(status)
        state.change(status)

    supervisor = Supervisor(product.parts(), watch)
    keeping = asyncio.create_task(state.keep())
    report.begin()
    was_ready = False

    async def announce_it() -> None:
        nonlocal was_ready
        report.end()
        await _announce(product, as_json=options.as_json)
        was_ready = True

    try:
        await supervisor.run(stop, announce_it)
    except PartFailedError as error:
        report.refuse(str(error))
        report.show_log(error.log, kept=not options.ephemeral)
    finally:
        report.begin()
        await _stop(supervisor, hurry)
        report.end()
        state.close()
        await keeping
    report.say("Everything is stopped.")
    return 0 if was_ready else 1


def _signals() -> tuple[asyncio.Event, asyncio.Event]:
    """Set when the stack is asked to end, and when whoever sits before it will not wait for that."""
    stop, hurry = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def interrupted() -> None:
        (hurry if stop.is_set() else stop).set()

    loop.add_signal_handler(signal.SIGINT, interrupted)
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    loop.add_signal_handler(signal.SIGHUP, stop.set)
    return stop, hurry


async def _stop(supervisor: Supervisor, hurry: asyncio.Event) -> None:
    stopping, hurried = asyncio.create_task(supervisor.stop()), asyncio.create_task(hurry.wait())
    await asyncio.wait({stopping, hurried}, return_when=asyncio.FIRST_COMPLETED)
    if not stopping.done():
        await supervisor.kill()
    hurried.cancel()
    await stopping


async def _announce(product: Product, *, as_json: bool) -> None:
    ports = product.ports.as_numbers()
    place: dict[str, Any] = {
        **addresses(product.ports),
        "grpc": {name: f"127.0.0.1:{ports[name]}" for name in ("leads", "settings", "crm")},
        "dataDir": str(product.folder.path),
        "token": await _admin_token(product.folder),
    }
    if as_json:
        announce_json(place)
    else:
        announce(place, product.folder.logs)


async def _admin_token(folder: DataFolder) -> str:
    """An administrator's token, from the command for it: what signs tokens would stay in this process for ever."""
    process = await asyncio.create_subprocess_exec(
        *(script("leadline"), "token", "--role", "admin", "--data-dir", str(folder.path)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(_TOKEN_SECONDS):
        answer, _ = await process.communicate()
    if process.returncode:
        message = f"The command for tokens ended with exit code {process.returncode}."
        raise StackError(message)
    return answer.decode().strip()
