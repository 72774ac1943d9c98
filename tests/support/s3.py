"""A real S3-compatible server of this machine: SeaweedFS, all of it in one process."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.support.waiting import eventually

_KEY, _SECRET = "leadline", "leadline-secret"
_IDENTITIES = {
    "identities": [
        {"name": "leadline", "credentials": [{"accessKey": _KEY, "secretKey": _SECRET}], "actions": ["Admin"]}
    ]
}
_WEED = Path(sys.executable).with_name("weed")
# Its parts, each of which listens on one port for HTTP and on one for gRPC.
_PARTS = ("master", "volume", "filer", "s3")


@dataclass(frozen=True, slots=True)
class S3Server:
    """Where it is. A bucket is made when something is first put into it."""

    endpoint: str
    filer: str

    @contextmanager
    def told_of(self) -> Iterator[None]:
        """The environment that tells an object store of this server, while it is opened."""
        with pytest.MonkeyPatch.context() as environment:
            for name, value in {
                "AWS_ACCESS_KEY_ID": _KEY,
                "AWS_SECRET_ACCESS_KEY": _SECRET,
                "AWS_REGION": "us-east-1",
                "AWS_ENDPOINT": self.endpoint,
                "AWS_ALLOW_HTTP": "true",
            }.items():
                environment.setenv(name, value)
            yield

    async def unfinished(self, bucket: str) -> int:
        """How many uploads in parts have neither ended nor been given up."""
        async with httpx.AsyncClient() as client:
            folder = f"{self.filer}/buckets/{bucket}/.uploads/"
            answer = await client.get(folder, headers={"accept": "application/json"})
        return 0 if answer.status_code == 404 else len(answer.json()["Entries"] or ())


@contextmanager
def server_process(folder: Path) -> Iterator[tuple[S3Server, subprocess.Popen[bytes]]]:
    """A server that keeps everything in the folder, until the block ends."""
    ports = _free_ports(2 * len(_PARTS))
    (folder / "identities.json").write_text(json.dumps(_IDENTITIES))
    arguments = ["-dir", ".", "-ip", "127.0.0.1", "-ip.bind", "127.0.0.1", "-filer", "-s3", "-s3.iam=false"]
    arguments += ["-s3.config", "identities.json", "-master.telemetry=false", "-master.volumeSizeLimitMB", "64"]
    arguments += ["-s3.port.iceberg", "0", "-s3.port.lance", "0"]
    arguments += ["-volume.max", "0", "-volume.preStopSeconds", "0"]
    arguments += ["-filer.localSocket", "filer.sock", "-s3.localSocket", "s3.sock"]
    for place, part in enumerate(_PARTS):
        arguments += [f"-{part}.port", str(ports[2 * place]), f"-{part}.port.grpc", str(ports[2 * place + 1])]
    # In a folder of its own, so that it reads no configuration of this machine.
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [_WEED, "-logtostderr=true", "server", *arguments], cwd=folder, env=environment, stdout=log, stderr=log
        )
        try:
            yield S3Server(f"http://127.0.0.1:{ports[6]}", f"http://127.0.0.1:{ports[4]}"), process
        finally:
            # Asked to end, it takes ten seconds to say goodbye to itself.
            process.kill()
            process.wait()
            for place, part in enumerate(_PARTS):
                Path(f"/tmp/seaweedfs-{part}-grpc-{ports[2 * place + 1]}.sock").unlink(missing_ok=True)  # noqa: S108 - its own


async def is_ready(server: S3Server, process: subprocess.Popen[bytes]) -> bool:
    """Whether it answers: a caller without a key is refused."""
    assert process.poll() is None, "the S3 server has ended"
    async with httpx.AsyncClient() as client:
        try:
            return (await client.get(server.endpoint)).status_code == 403
        except httpx.TransportError:
            return False


async def ready(server: S3Server, process: subprocess.Popen[bytes]) -> S3Server:
    """The server, once it answers."""
    await eventually(lambda: is_ready(server, process), within=60)
    return server


def _free_ports(count: int) -> list[int]:
    with ExitStack() as opened:
        listeners = [opened.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [listener.getsockname()[1] for listener in listeners]
