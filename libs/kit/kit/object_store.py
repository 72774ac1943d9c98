"""Objects of any size in a local folder or an S3-compatible store, written and read in parts."""

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

from kit.errors import LeadlineError, unavailable
from kit.logs import get_logger

if TYPE_CHECKING:  # these types exist for the type checker only
    from obstore.store import ClientConfig, RetryConfig

log = get_logger(__name__)

# An upload holds two or three parts of so many bytes. Smaller ones S3 does not take.
_S3_PART_BYTES = 5 * 1024 * 1024
_LOCAL_PART_BYTES = 512 * 1024
_PARTS_AT_ONCE = 2
# So much is asked for at a time, so that no request lasts as long as a slow reader takes.
_SECTION_BYTES = 2 * 1024 * 1024
_READ_BYTES = 256 * 1024
_ABORT_SECONDS = 10.0
_LONGEST_CAUSE = 300
# A store that is away is not waited for longer than callers wait.
_CLIENT: "ClientConfig" = {"connect_timeout": timedelta(seconds=2), "timeout": timedelta(seconds=60)}
_RETRIES: "RetryConfig" = {
    "max_retries": 3,
    "retry_timeout": timedelta(seconds=10),
    "backoff": {"init_backoff": timedelta(milliseconds=100), "max_backoff": timedelta(seconds=1), "base": 2},
}


class ObjectStore:
    """One folder or bucket. ``url`` is ``file:///folder`` or ``s3://bucket/prefix``.

    An S3-compatible store is further told of by the usual ``AWS_…`` variables of the environment: access key, secret,
    region, ``AWS_ENDPOINT`` and, without TLS, ``AWS_ALLOW_HTTP``.

    Raises:
        ValueError: the URL is neither.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._folder: Path | None = None
        self._store: LocalStore | S3Store
        if parts.scheme == "file" and not parts.netloc and parts.path.startswith("/") and parts.path.strip("/"):
            self._folder = Path(unquote(parts.path))
            self._store = LocalStore(self._folder, mkdir=True)
        elif parts.scheme == "s3" and parts.netloc:
            _forget_empty_variables()
            # Options of ours take the place of what the environment says of them.
            http = os.environ.get("AWS_ALLOW_HTTP", "").lower() in ("true", "1")
            self._store = S3Store.from_url(url, client_options={**_CLIENT, "allow_http": http}, retry_config=_RETRIES)
        else:
            message = "an object store is file:///folder or s3://bucket/prefix"
            raise ValueError(message)

    async def put(self, key: str, parts: AsyncIterable[bytes]) -> None:
        """Keep what comes in parts, whole or not at all. Whatever ``parts`` raises goes through.

        Raises:
            LeadlineError: PART_UNAVAILABLE.
        """
        source = _Source(parts)
        putting = asyncio.ensure_future(self._put(key, source))
        try:
            with _told_to_callers(source):
                await asyncio.shield(putting)
        except asyncio.CancelledError:
            # Left alone, the store would keep what has come so far, where nobody sees it.
            source.break_off()
            await asyncio.wait([putting], timeout=_ABORT_SECONDS)
            if putting.done():
                putting.exception()
            raise

    async def read(self, key: str, start: int = 0) -> AsyncGenerator[bytes]:
        """The object from byte ``start`` on, in parts of at most 256 KiB.

        Raises:
            FileNotFoundError: there is no such object.
            LeadlineError: PART_UNAVAILABLE.
        """
        with _told_to_callers():
            size = (await obstore.head_async(self._store, key))["size"]
        while start < size:
            end = min(start + _SECTION_BYTES, size)
            with _told_to_callers():
                section = memoryview(await obstore.get_range_async(self._store, key, start=start, end=end))
            for place in range(0, len(section), _READ_BYTES):
                yield bytes(section[place : place + _READ_BYTES])
            start = end

    async def delete(self, key: str) -> None:
        """Take the object away, and what an upload left of it that was killed; one that is not there is no error.

        Raises:
            LeadlineError: PART_UNAVAILABLE.
        """
        with _told_to_callers():
            try:
                await obstore.delete_async(self._store, key)
            except FileNotFoundError:
                log.debug("no object to delete", key=key)
            if self._folder is not None:
                # A local upload is a file of this name until it is whole.
                unfinished = self._folder / f"{key}#1"
                await asyncio.to_thread(unfinished.unlink, missing_ok=True)

    async def _put(self, key: str, source: "_Source") -> None:
        size = _S3_PART_BYTES if self._folder is None else _LOCAL_PART_BYTES
        await obstore.put_async(
            self._store, key, source, chunk_size=size, max_concurrency=_PARTS_AT_ONCE, use_multipart=True
        )


def _forget_empty_variables() -> None:
    """Whoever leaves a value empty in a compose or unit file has not set it; the store would take it for one."""
    for name in [name for name, value in os.environ.items() if name.startswith("AWS_") and not value]:
        del os.environ[name]


class _Source:
    """The parts as they come, and the error that ended them: the store may tell only that there was one."""

    def __init__(self, parts: AsyncIterable[bytes]) -> None:
        self._parts = aiter(parts)
        self._taking: asyncio.Task[object] | None = None
        self.error: Exception | None = None

    def break_off(self) -> None:
        """Let there be an error instead of more parts, so that the store throws away what it has."""
        self.error = InterruptedError("broken off")
        if self._taking is not None:
            self._taking.cancel()

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if self.error is not None:
            raise self.error
        self._taking = asyncio.current_task()
        try:
            return await anext(self._parts)
        except StopAsyncIteration:
            raise
        except asyncio.CancelledError:
            raise (self.error or InterruptedError("cancelled")) from None
        except Exception as error:
            self.error = error
            raise
        finally:
            self._taking = None


@contextmanager
def _told_to_callers(source: _Source | None = None) -> Iterator[None]:
    """Turn the store's failures into an error that callers are told about."""
    try:
        yield
    except (FileNotFoundError, LeadlineError):
        raise
    except (BaseError, OSError) as error:
        if source is not None and source.error is not None:
            raise source.error from None
        log.warning("the object store does not do it", cause=str(error).partition("\n")[0][:_LONGEST_CAUSE])
        raise unavailable("The object store does not answer. Try again soon.") from error
