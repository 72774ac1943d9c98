"""The object store, on a local folder and on a real S3-compatible server alike."""

import asyncio
import hashlib
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

import pytest

from kit.errors import LeadlineError, upload_too_large
from kit.ids import new_id
from kit.object_store import ObjectStore
from tests.support.s3 import S3Server
from tests.support.waiting import eventually

MEBIBYTE = 1024 * 1024
PART = 64 * 1024
BUCKET = "objects"
# Puts without end, and says when the store has begun to keep it.
PUTS_FOR_EVER = """
import asyncio, sys
from kit.object_store import ObjectStore

async def parts():
    for _ in range(3):
        yield b"x" * 5 * 1024 * 1024
    print("under way", flush=True)
    await asyncio.Event().wait()
    yield b""

asyncio.run(ObjectStore(sys.argv[1]).put(sys.argv[2], parts()))
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """A store, and how many uploads have left something in it without having ended."""

    store: ObjectStore
    unfinished: Callable[[], Awaitable[int]]


@pytest.fixture(params=["local", "s3"])
def kept(request: pytest.FixtureRequest, tmp_path: Path, s3_server: S3Server) -> Kept:
    if request.param == "s3":
        with s3_server.told_of():
            return Kept(ObjectStore(f"s3://{BUCKET}/{new_id()}"), lambda: s3_server.unfinished(BUCKET))

    async def unfinished() -> int:
        return len(files_in(tmp_path, "*#*"))

    return Kept(ObjectStore((tmp_path / "objects").as_uri()), unfinished)


def files_in(folder: Path, pattern: str) -> list[str]:
    return [each.name for each in folder.rglob(pattern)]


def put_and_be_killed(url: str, key: str) -> None:
    """Another process that is killed while it puts the object."""
    with subprocess.Popen([sys.executable, "-c", PUTS_FOR_EVER, url, key], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"under way\n"
        process.kill()


def content(size: int) -> bytes:
    """So many bytes, of which no two parts are alike."""
    return hashlib.shake_128(b"leadline").digest(size)


async def parts_of(whole: bytes, *, error: Exception | None = None) -> AsyncIterator[bytes]:
    for start in range(0, len(whole), PART):
        yield whole[start : start + PART]
    if error is not None:
        raise error


async def read(store: ObjectStore, key: str, start: int = 0) -> bytes:
    parts = [part async for part in store.read(key, start)]
    assert all(0 < len(part) <= 256 * 1024 for part in parts)
    return b"".join(parts)


async def is_there(store: ObjectStore, key: str) -> bool:
    try:
        await read(store, key)
    except FileNotFoundError:
        return False
    return True


@pytest.mark.parametrize("size", [0, 1, 5 * MEBIBYTE, 11 * MEBIBYTE + 7])
async def test_what_is_put_in_parts_is_read_in_parts_from_any_byte_on(kept: Kept, size: int) -> None:
    key, whole = f"some/{new_id()}", content(size)
    await kept.store.put(key, parts_of(whole))
    for start in {0, max(size - 1, 0), size}:
        assert await read(kept.store, key, start) == whole[start:]


@pytest.mark.parametrize(
    ("size", "error"),
    [(PART, ValueError("no")), (11 * MEBIBYTE, OSError("gone")), (6 * MEBIBYTE, upload_too_large(1))],
    ids=["small", "large", "too large"],
)
async def test_an_upload_that_fails_leaves_nothing_and_says_why(kept: Kept, size: int, error: Exception) -> None:
    with pytest.raises(type(error)) as failed:
        await kept.store.put("broken", parts_of(content(size), error=error))
    assert failed.value is error
    assert not await is_there(kept.store, "broken")
    await eventually(kept.unfinished, lambda count: count == 0)


async def test_an_upload_whose_caller_goes_away_leaves_nothing(kept: Kept) -> None:
    under_way = asyncio.Event()

    async def without_end() -> AsyncIterator[bytes]:
        async for part in parts_of(content(11 * MEBIBYTE)):
            yield part
        await eventually(kept.unfinished, lambda count: count == 1)
        under_way.set()
        await asyncio.Event().wait()

    putting = asyncio.create_task(kept.store.put("left", without_end()))
    await asyncio.wait_for(under_way.wait(), 20)
    putting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await putting
    await eventually(kept.unfinished, lambda count: count == 0)
    assert not await is_there(kept.store, "left")


async def test_a_second_upload_takes_the_place_of_the_first_only_when_it_is_whole(kept: Kept) -> None:
    await kept.store.put("same", parts_of(b"first"))
    with pytest.raises(ValueError, match="no"):
        await kept.store.put("same", parts_of(content(6 * MEBIBYTE), error=ValueError("no")))
    assert await read(kept.store, "same") == b"first"
    await kept.store.put("same", parts_of(b"second"))
    assert await read(kept.store, "same") == b"second"


async def test_what_is_deleted_is_gone_and_may_be_deleted_again(kept: Kept) -> None:
    await kept.store.put("a/one", parts_of(b"1"))
    await kept.store.put("a/other", parts_of(b"2"))
    await kept.store.delete("a/one")
    await kept.store.delete("a/one")
    assert not await is_there(kept.store, "a/one")
    assert await read(kept.store, "a/other") == b"2"


async def test_a_slow_reader_keeps_no_request_open(kept: Kept) -> None:
    """What has not been asked for yet is asked for later: the object may even go meanwhile."""
    await kept.store.put("slow", parts_of(content(5 * MEBIBYTE)))
    async with aclosing(kept.store.read("slow")) as parts:
        assert await anext(parts)
        await kept.store.delete("slow")
        with pytest.raises(FileNotFoundError):
            async for _ in parts:
                pass


async def test_what_a_killed_process_left_of_an_upload_goes_with_its_key(tmp_path: Path) -> None:
    url = (tmp_path / "objects").as_uri()
    put_and_be_killed(url, "a/killed")
    assert files_in(tmp_path, "killed*") == ["killed#1"]
    store = ObjectStore(url)
    assert not await is_there(store, "a/killed")
    await store.delete("a/killed")
    assert files_in(tmp_path, "killed*") == []


@pytest.mark.parametrize("where", ["nobody there", "no folder"])
async def test_a_store_that_is_away_is_an_answer_within_seconds(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if where == "no folder":
        store = ObjectStore((tmp_path / "objects").as_uri())
        (tmp_path / "objects" / "a").write_text("a file where a folder should be")
    else:
        monkeypatch.setenv("AWS_ENDPOINT", "http://127.0.0.1:1")
        monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
        # As a compose file passes on what nobody has set.
        monkeypatch.setenv("AWS_SESSION_TOKEN", "")
        monkeypatch.setenv("AWS_REGION", "")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "some")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "other")
        store = ObjectStore("s3://objects")
    started = time.monotonic()
    for attempt in (store.put("a/b", parts_of(b"1")), read(store, "a/b"), store.delete("a/b")):
        with pytest.raises(LeadlineError) as refused:
            await attempt
        assert refused.value.reason == "PART_UNAVAILABLE"
    assert time.monotonic() - started < 10


@pytest.mark.parametrize("url", ["", "file:objects", "file:///", "file://host/objects", "s3://", "http://127.0.0.1/a"])
def test_a_url_of_something_else_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="s3://bucket/prefix"):
        ObjectStore(url)
