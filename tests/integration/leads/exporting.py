"""Exports as tests read them."""

import csv
import io
from collections.abc import AsyncGenerator
from typing import Any

from leadline.leads.v1 import lead_service_pb2 as pb

from kit.rpc.calls import stream
from tests.integration.leads.door import Door
from tests.support import tokens

EXPORT_TOKEN = tokens.token("leads:export")
Rows = list[dict[str, str]]


def parts_of(door: Door, token: str = EXPORT_TOKEN, **which: Any) -> AsyncGenerator[bytes]:
    """The parts of an export, as they come."""
    request = pb.ExportLeadsRequest(listing=pb.ListLeadsRequest(**which))

    async def contents() -> AsyncGenerator[bytes]:
        async for part in stream(door.lead_stub.ExportLeads, request, token=token, timeout=15):
            yield part.csv

    return contents()


async def exported(door: Door, token: str = EXPORT_TOKEN, **which: Any) -> bytes:
    """A whole export."""
    return b"".join([part async for part in parts_of(door, token, **which)])


def rows_of(content: bytes) -> Rows:
    """What the file says, by column."""
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))
