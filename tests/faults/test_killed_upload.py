"""The leads service dies while a document comes in: nothing of it is seen, and sent again it is kept once."""

import os
import signal
from collections.abc import AsyncIterator

import httpx

from tests.support.api import get, post
from tests.support.stack import RunningStack

_CHUNK = 256 * 1024
_HEAD = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n%PDF-1.7\n'
_HEADERS = {"content-type": "multipart/form-data; boundary=b", "idempotency-key": "killed-upload"}


async def test_an_upload_that_dies_with_the_service_is_not_seen_and_sent_again_kept_once(
    stack: RunningStack, api: httpx.AsyncClient
) -> None:
    lead = await post(api, "/leads", {"lastName": "Johnson"})
    url, content, pids = f"/leads/{lead['id']}/documents", os.urandom(_CHUNK), []

    async def body(*, killing: bool) -> AsyncIterator[bytes]:
        yield _HEAD
        for place in range(60):
            yield content
            if killing and place == 30:
                pids.append(stack.send("leads", signal.SIGKILL))
        yield b"\r\n--b--\r\n"

    died = await api.post(url, content=body(killing=True), headers=_HEADERS)
    assert (died.status_code, died.json()["code"]) == (503, "part_unavailable")
    await stack.restarted("leads", *pids)
    assert (await get(api, url))["meta"]["total"] == 0
    kept = [await api.post(url, content=body(killing=False), headers=_HEADERS) for _ in range(2)]
    assert [answer.status_code for answer in kept] == [201, 201]
    assert kept[0].json() == kept[1].json()
    assert (await get(api, url))["meta"]["total"] == 1
    downloaded = await api.get(kept[0].headers["location"])
    assert downloaded.content == _HEAD.rpartition(b"\r\n\r\n")[2] + content * 60
