"""The example that hands on notifications, as people run it: killed and started again, it leaves none out."""

import asyncio
import json
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from kit.clock import utc_now
from kit.db.database import Database
from kit.ids import new_id
from kit.rpc.calls import is_serving, open_channel
from leads_service import main as leads_main
from leads_service.domain.lead import Notification
from leads_service.store import notifications
from tests.integration.leads.conftest import leads_settings
from tests.integration.leads.door import USER_TOKEN
from tests.integration.leads.notified import READER_TOKEN
from tests.support.waiting import eventually

SCRIPT = Path(__file__).resolve().parents[3] / "examples" / "watch_notifications.py"


class Hook:
    """A webhook that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.told.append(json.loads(body))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_said: object) -> None:
                """Nothing to the tests' output."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"

    async def count(self) -> int:
        return len(self.told)


@pytest.fixture
def hook() -> Iterator[Hook]:
    made = Hook()
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


@pytest.fixture
async def address(leads_url: str, settings_address: str) -> AsyncIterator[str]:
    """Where a leads service is."""
    async with leads_main.leads_server(leads_settings(leads_url, settings_address)) as server:
        listening = await server.start()
        async with open_channel(listening) as channel:
            await eventually(lambda: is_serving(channel))
        yield listening
        await server.stop()


@asynccontextmanager
async def running(address: str, folder: Path, *flags: str, sent: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """The command while it runs; it is killed in the end."""
    (folder / "token").write_text(sent)
    command = [str(SCRIPT), "--address", address, "--token-file", str(folder / "token")]
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, "--place", str(folder / "place"), *flags, stderr=asyncio.subprocess.PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def write(database: Database, count: int) -> list[str]:
    made = [
        Notification(
            id=new_id(),
            type="sla_breached",
            lead_id=new_id(),
            lead_name="Johnson",
            recipient_ids=(),
            title="The first response to Johnson is overdue",
            metadata={"policy": "Standard Response"},
            occurred_at=utc_now(),
            created_at=utc_now(),
        )
        for _ in range(count)
    ]
    async with database.transaction() as tx:
        await notifications.write(tx, made)
    return [str(each.id) for each in made]


async def test_killed_and_started_again_it_hands_on_each_of_them(
    address: str, database: Database, hook: Hook, tmp_path: Path
) -> None:
    ids = await write(database, 150)
    async with running(address, tmp_path, "--webhook", hook.url, sent=READER_TOKEN):
        await eventually(hook.count, lambda count: count > 20, within=20, every=0.01)
    ids += await write(database, 50)
    async with running(address, tmp_path, "--webhook", hook.url, sent=READER_TOKEN):
        await eventually(hook.count, lambda _: ids[-1] in {each["id"] for each in hook.told}, within=20)
        ids += await write(database, 1)
        await eventually(hook.count, lambda _: ids[-1] in {each["id"] for each in hook.told}, within=20)
    told = [each["id"] for each in hook.told if each["id"] in ids]
    assert list(dict.fromkeys(told)) == ids
    # The one at which it was killed may come twice.
    assert len(told) <= len(ids) + 1
    assert hook.told[-1]["metadata"] == {"policy": "Standard Response"}


async def test_what_the_service_refuses_is_told_in_its_words(address: str, tmp_path: Path) -> None:
    async with running(address, tmp_path, sent=USER_TOKEN) as process:
        _, complained = await asyncio.wait_for(process.communicate(), 20)
    assert (process.returncode, b"notifications:read" in complained, b"Traceback" in complained) == (1, True, False)
