"""HTTP for measurements: a client that takes little of the processors, which it shares with what is measured."""

import asyncio
from collections.abc import Mapping
from urllib.parse import urlsplit

_END = b"\r\n\r\n"


class PlainHttp:
    """GET requests by HTTP/1.1 to one server, over connections that stay open: as many as are under way at once."""

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        address = urlsplit(url)
        self._host, self._port = str(address.hostname), int(address.port or 80)
        self._headers = "".join(f"{name}: {value}\r\n" for name, value in {"Host": address.netloc, **headers}.items())
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def get(self, path: str) -> tuple[int, bytes]:
        """Status and body of the answer."""
        answers, requests = self._idle.pop() if self._idle else await asyncio.open_connection(self._host, self._port)
        requests.write(f"GET {path} HTTP/1.1\r\n{self._headers}\r\n".encode())
        status, *lines = (await answers.readuntil(_END)).decode().removesuffix("\r\n").splitlines()
        headers = dict(line.lower().split(": ", 1) for line in lines if line)
        body = await answers.readexactly(int(headers["content-length"]))
        self._idle.append((answers, requests))
        return int(status.split()[1]), body

    async def close(self) -> None:
        """Close all connections."""
        for _answers, requests in self._idle:
            requests.close()
            await requests.wait_closed()
