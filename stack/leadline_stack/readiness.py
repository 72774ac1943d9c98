"""Whether a part is ready. Each probe answers no, rather than fail, while there is nobody to ask."""

import asyncio
import http.client
from collections.abc import Mapping

from kit.rpc import probe as rpc_probe
from leadline_stack.parts import Probe

_TIMEOUT_SECONDS = 2.0


def grpc_health(port: int, service: str = "") -> Probe:
    """The gRPC health service on this machine's port says SERVING. Empty service: the part as a whole."""

    async def is_serving() -> bool:
        return await rpc_probe.probe(f"127.0.0.1:{port}", service)

    return is_serving


def http_ok(port: int, path: str) -> Probe:
    """A GET on this machine's port answers 200."""

    def get() -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT_SECONDS)
        try:
            connection.request("GET", path)
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    async def is_ok() -> bool:
        return await asyncio.to_thread(get)

    return is_ok


def command_succeeds(*argv: str, env: Mapping[str, str]) -> Probe:
    """A command that asks the part ends with exit code 0."""

    async def succeeds() -> bool:
        process = await asyncio.create_subprocess_exec(
            *argv,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            env=dict(env),
        )
        try:
            async with asyncio.timeout(_TIMEOUT_SECONDS):
                return await process.wait() == 0
        except TimeoutError:
            process.kill()
            await process.wait()
            return False

    return succeeds
