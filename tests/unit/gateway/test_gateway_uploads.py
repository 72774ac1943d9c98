"""Reading an upload: the same parts, in whatever pieces the body comes, and never a part more."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from starlette.requests import Request

from gateway.errors import HttpError
from gateway.uploads import Upload, whole
from kit.errors import ErrorKind, LeadlineError

BOUNDARY = "b"
LIMIT = 1024 * 1024
Read = list[tuple[str, str | None, str, bytes]]


def written(parts: Sequence[tuple[str, str | None, str, bytes]]) -> bytes:
    """A body with these parts, as clients write it."""
    body = b""
    for name, filename, content_type, content in parts:
        shown = "" if filename is None else f'; filename="{filename}"'
        head = f'Content-Disposition: form-data; name="{name}"{shown}\r\n'
        head += f"Content-Type: {content_type}\r\n" if content_type else ""
        body += f"--{BOUNDARY}\r\n{head}\r\n".encode() + content + b"\r\n"
    return body + f"--{BOUNDARY}--\r\n".encode()


def uploaded(body: bytes, size: int, *, limit: int = LIMIT, ends: bool = True) -> Upload:
    """An upload whose body comes in pieces of this size."""
    pieces = iter([body[start : start + size] for start in range(0, len(body), size)])

    async def receive() -> dict[str, Any]:
        piece = next(pieces, None)
        if piece is None and not ends:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": piece or b"", "more_body": piece is not None}

    request = Request({"type": "http", "method": "POST", "headers": []}, receive)
    return Upload(request, BOUNDARY.encode(), limit=limit, seconds=0.05)


async def read(upload: Upload, *, leaving: bool = False) -> Read:
    """All parts; ``leaving`` takes only the first chunk of each."""
    found: Read = []
    async for part in upload.parts():
        content = b""
        async for chunk in part.chunks:
            content += chunk
            if leaving:
                break
        found.append((part.name, part.filename, part.content_type, content))
    return found


NAMES = st.text(
    st.characters(codec="utf-8", exclude_characters='"\\\r\n\0%', exclude_categories=["Cc"]), min_size=1, max_size=10
)
# Much like boundaries, so that the reader must look twice.
CONTENTS = st.lists(st.sampled_from([b"\r\n", b"--", b"b", b"\r\n--b", b"\n", b"-", b"x", b"\0\xff"]), max_size=12).map(
    b"".join
)
PARTS = st.lists(st.tuples(NAMES, st.none() | NAMES, st.sampled_from(["", "text/csv"]), CONTENTS), max_size=4)


def is_read_back(content: bytes) -> bool:
    """No client takes a boundary that is in a content."""
    return b"\r\n--b" not in b"\r\n" + content + b"\r\n"


@given(PARTS, st.integers(1, 40))
@example([("file", "a.csv", "", b"\r\n--")], 1)
@example([("file", "a.csv", "", b"")], 3)
def test_in_whatever_pieces_a_body_comes_its_parts_are_the_same(
    parts: list[tuple[str, str | None, str, bytes]], size: int
) -> None:
    parts = [part for part in parts if is_read_back(part[3])]
    assert asyncio.run(read(uploaded(written(parts), size))) == parts


@given(CONTENTS.filter(is_read_back), st.integers(1, 40))
def test_what_is_not_read_of_a_part_is_skipped(content: bytes, size: int) -> None:
    parts: Read = [("one", "a", "", content), ("two", None, "", b"2")]
    found = asyncio.run(read(uploaded(written(parts), size), leaving=True))
    assert [name for name, *_ in found] == ["one", "two"]


async def test_many_pieces_of_a_possible_boundary_come_as_one_chunk() -> None:
    content = b"\r\n--not\r\n-" * 500
    async for part in uploaded(written([("file", "a", "", content)]), LIMIT).parts():
        assert [chunk async for chunk in part.chunks] == [content]


@pytest.mark.parametrize("size", [1, 7, 10_000])
@pytest.mark.parametrize("missing", [2, 4, 8, 20, 60])
async def test_a_body_that_ends_early_is_never_taken_for_whole(size: int, missing: int) -> None:
    body = written([("file", "a", "", b"x" * 100)])
    with pytest.raises(HttpError) as refused:
        await read(uploaded(body[: -2 - missing], size))
    assert (refused.value.status, refused.value.code) == (400, "not_multipart")


async def test_a_body_of_which_no_more_comes_is_given_up() -> None:
    body = written([("file", "a", "", b"x" * 100)])
    with pytest.raises(HttpError) as refused:
        await read(uploaded(body[:-30], 10, ends=False))
    assert (refused.value.status, refused.value.code) == (408, "body_too_slow")


async def test_a_body_over_its_limit_is_given_up_before_its_end() -> None:
    body = written([("file", "a", "", b"x" * 2_000_000)])
    with pytest.raises(LeadlineError) as refused:
        await read(uploaded(body, 50_000, limit=1_000_000, ends=False))
    assert (refused.value.kind, refused.value.metadata) == (ErrorKind.TOO_LARGE, {"limitBytes": "1000000"})


async def test_a_short_part_is_read_whole_or_refused() -> None:
    async for part in uploaded(written([("options", None, "", b"x" * 100)]), 7).parts():
        assert await whole(part, 100) == b"x" * 100
    with pytest.raises(HttpError) as refused:
        async for part in uploaded(written([("options", None, "", b"x" * 101)]), 7).parts():
            await whole(part, 100)
    assert (refused.value.status, refused.value.code) == (413, "body_too_large")
