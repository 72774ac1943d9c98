"""Being told at once: LISTEN on a connection of its own, opened again whenever it is lost."""

import asyncio
from collections.abc import Callable

import psycopg

from kit.logs import get_logger

log = get_logger(__name__)

_RETRY_SECONDS = 1.0


async def listen(url: str, channel: str, on_notice: Callable[[str], None]) -> None:
    """Call ``on_notice`` with the payload of each notification, until cancelled.

    After a lost connection it is called once with an empty payload, since notices may have been missed:
    whoever listens looks for itself then.
    """
    while True:
        try:
            await _listen_once(url, channel, on_notice)
        except (psycopg.Error, OSError) as error:
            log.warning("listening again", channel=channel, cause=str(error))
        await asyncio.sleep(_RETRY_SECONDS)


async def _listen_once(url: str, channel: str, on_notice: Callable[[str], None]) -> None:
    connection = await psycopg.AsyncConnection.connect(
        url, autocommit=True, application_name=f"leadline listen {channel}", connect_timeout=5
    )
    async with connection:
        await connection.execute(psycopg.sql.SQL("LISTEN {}").format(psycopg.sql.Identifier(channel)))
        on_notice("")
        async for notice in connection.notifies():
            on_notice(notice.payload)
