"""A real browser without a screen, driven through its DevTools pipe: what a person would read on a page."""

import asyncio
import itertools
import json
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

# Whichever of them is on the PATH. Debian: `apt-get install chromium` or the smaller `chromium-headless-shell`.
PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome")
_OPTIONS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"),
    # Frames of the page's own are then read as the page is.
    "--disable-features=IsolateSandboxedIframes",
    *("--disable-background-networking", "--window-size=1600,2400", "--remote-debugging-pipe"),
)
# The browser reads what it is told from 3 and answers on 4, wherever our ends of the pipes are.
_ON_3_AND_4 = 'exec "$@" 3</dev/fd/{told} 4>/dev/fd/{answers}'
_LARGEST_ANSWER = 32 * 1024 * 1024
_ANSWER_SECONDS = 20


def find_browser() -> str | None:
    """The path of a Chromium, if this machine has one."""
    return next((path for name in PROGRAMS if (path := shutil.which(name))), None)


class RefusedError(Exception):
    """The browser answers that it cannot do that."""


@dataclass
class Browser:
    """A started browser."""

    tell: int
    answers: asyncio.StreamReader
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    async def open(self, url: str) -> "Page":
        """A tab that shows an address, or is about to."""
        target = await self.call("Target.createTarget", {"url": url})
        attached = await self.call("Target.attachToTarget", {"targetId": target["targetId"], "flatten": True})
        return Page(self, attached["sessionId"])

    async def call(self, method: str, parameters: dict[str, Any], session: str | None = None) -> Any:
        """What the browser answers; events that come in between are nobody's business.

        Raises:
            RefusedError: the browser cannot do that.
        """
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters} | ({"sessionId": session} if session else {})
        os.write(self.tell, json.dumps(message).encode() + b"\0")
        async with asyncio.timeout(_ANSWER_SECONDS):
            while True:
                answer = json.loads((await self.answers.readuntil(b"\0"))[:-1])
                if answer.get("id") == number:
                    break
        if "error" in answer:
            raise RefusedError(answer["error"])
        return answer["result"]


@dataclass
class Page:
    """One tab."""

    browser: Browser
    session: str

    async def text(self) -> str:
        """What is to be read on it now, frames included, without what is hidden; nothing while it is only coming."""
        tree = await self.browser.call("Page.getFrameTree", {}, self.session)
        texts = [await self._text_of(frame) for frame in _frames(tree["frameTree"])]
        return "\n".join(texts)

    async def _text_of(self, frame: str) -> str:
        script = "document.body ? document.body.innerText : ''"
        try:
            world = await self.browser.call("Page.createIsolatedWorld", {"frameId": frame}, self.session)
            expression = {"expression": script, "contextId": world["executionContextId"], "returnByValue": True}
            answer = await self.browser.call("Runtime.evaluate", expression, self.session)
        except RefusedError:  # the page goes on meanwhile, and the frame with it
            return ""
        return str(answer["result"].get("value", ""))


def _frames(tree: dict[str, Any]) -> list[str]:
    return [tree["frame"]["id"], *(each for child in tree.get("childFrames", ()) for each in _frames(child))]


@asynccontextmanager
async def running_browser(program: str) -> AsyncIterator[Browser]:
    """A browser with a profile of its own, both gone at the end."""
    (told, tell), (heard, answers) = os.pipe(), os.pipe()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = await asyncio.create_subprocess_exec(
            *("sh", "-c", _ON_3_AND_4.format(told=told, answers=answers), "sh"),
            *(program, *_OPTIONS, f"--user-data-dir={profile}", "about:blank"),
            pass_fds=(told, answers),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        os.close(told)
        os.close(answers)
        reader = asyncio.StreamReader(limit=_LARGEST_ANSWER)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(heard, "rb")
        )
        try:
            yield Browser(tell, reader)
        finally:
            transport.close()
            os.close(tell)
            process.terminate()
            await process.wait()
