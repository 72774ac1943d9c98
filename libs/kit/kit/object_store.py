"""Objects of any size in a local folder or an S3-compatible store, written and read in parts."""

from collections.abc import AsyncIterable, AsyncIterator
from typing import Any

import obstore
from obstore.exceptions import BaseError
from obstore.store import from_url

from kit.errors import unavailable
from kit.logs import get_logger

log = get_logger(__name__)

# An upload to S3 holds so many parts of so many bytes, the least that S3 takes.
_PART_BYTES = 5 * 1024 * 1024
_PARTS_AT_ONCE = 2
_READ_BYTES = 256 * 1024
_LOCAL = "file://"


class ObjectStore:
    """One folder or bucket. ``url`` is ``file:///folder`` or ``s3://bucket/prefix``.

    An S3-compatible store is further told of by the usual ``AWS_…`` variables of the environment: access key, secret,
    region, ``AWS_ENDPOINT`` and, without TLS, ``AWS_ALLOW_HTTP``.
    """

    def __init__(self, url: str) -> None:
        options: dict[str, Any] = {"mkdir": True} if url.startswith(_LOCAL) else {}
        self._store = from_url(url, **options)

    async def put(self, key: str, parts: AsyncIterable[bytes]) -> None:
        """Keep what comes in parts, whole or not at all. Whatever ``parts`` raises goes through.

        Raises:
            LeadlineError: PART_UNAVAILABLE.
        """
        source = _Source(parts)
        try:
            await obstore.put_async(
                self._store, key, source, chunk_size=_PART_BYTES, max_concurrency=_PARTS_AT_ONCE, use_multipart=True
            )
        except (BaseError, OSError) as error:
            if source.error is not None:
                raise source.error from None
            raise _away(error) from error

    async def read(self, key: str, start: int = 0) -> AsyncIterator[bytes]:
        """The object from byte ``start`` on, in parts.

        Raises:
            FileNotFoundError: there is no such object.
            LeadlineError: PART_UNAVAILABLE.
        """
        try:
            # An empty object has no range at all.
            found = await obstore.get_async(self._store, key, options={"range": {"offset": start}} if start else None)
            async for part in found.stream(min_chunk_size=_READ_BYTES):
                yield bytes(part)
        except FileNotFoundError:
            raise
        except (BaseError, OSError) as error:
            raise _away(error) from error

    async def delete(self, key: str) -> None:
        """Take the object away; one that is not there is no error.

        Raises:
            LeadlineError: PART_UNAVAILABLE.
        """
        try:
            await obstore.delete_async(self._store, key)
        except FileNotFoundError:
            return
        except (BaseError, OSError) as error:
            raise _away(error) from error


class _Source:
    """The parts as they come, and the error that ended them: the store tells only that there was one."""

    def __init__(self, parts: AsyncIterable[bytes]) -> None:
        self._parts = parts.__aiter__()
        self.error: Exception | None = None

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        try:
            return await self._parts.__anext__()
        except StopAsyncIteration:
            raise
        except Exception as error:
            self.error = error
            raise


def _away(error: Exception) -> Exception:
    log.warning("the object store does not do it", cause=repr(error))
    return unavailable("The object store does not answer. Try again soon.")
