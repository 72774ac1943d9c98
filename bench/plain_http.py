"""HTTP for measurements: a client that takes little of the processors, which it shares with what is measured."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

_END = b"\r\n\r\n"


class PlainHttp:
    """Requests by HTTP/1.1 to one server, over connections that stay open: as many as are under way at once."""

    def __init__(self, url: str, token: str = "") -> None:
        address = urlsplit(url)
        self._host, self._port = str(address.hostname), int(address.port or 80)
        headers = {"Host": address.netloc, "Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        self._headers = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def request(self, method: str, path: str, body: Any = None) -> tuple[int, Mapping[str, Any]]:
        """Status and JSON object of the answer."""
        content = b"" if body is None else json.dumps(body).encode()
        head = f"{method} {path} HTTP/1.1\r\n{self._headers}Content-Length: {len(content)}\r\n\r\n".encode()
        answers, requests = await self._connection()
        requests.write(head + content)
        status, *lines = (await answers.readuntil(_END)).decode().removesuffix("\r\n").splitlines()
        headers = dict(line.lower().split(": ", 1) for line in lines if line)
        answer = await answers.readexactly(int(headers["content-length"]))
        self._idle.append((answers, requests))
        return int(status.split()[1]), json.loads(answer)

    async def _connection(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        while self._idle:
            answers, requests = self._idle.pop()
            if not answers.at_eof():
                return answers, requests
            requests.close()
        return await asyncio.open_connection(self._host, self._port)

    async def succeed(self, method: str, path: str, body: Any = None) -> Mapping[str, Any]:
        """The JSON object of an answer; any other than a success ends the measurement."""
        status, answer = await self.request(method, path, body)
        if not 200 <= status < 300:
            message = f"{method} {path} is answered {status}: {answer}"
            raise RuntimeError(message)
        return answer

    async def close(self) -> None:
        """Close all connections."""
        for _answers, requests in self._idle:
            requests.close()
            await requests.wait_closed()
