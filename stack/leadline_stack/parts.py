"""The parts of the stack as data: how each is started, told to end, and known to be ready."""

import os
import shutil
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from leadline_stack import readiness
from leadline_stack.data_folder import DataFolder
from leadline_stack.errors import StackError
from leadline_stack.ports import HOST, Ports
from leadline_stack.secrets import SERVICES, Secrets
from leadline_workflows.contracts.search_attributes import KEYWORDS

Ready = Callable[[], Awaitable[bool]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One process of the stack."""

    name: str
    argv: Sequence[str]
    ready: Ready
    port: int
    env: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    # What the kernel sends it should the supervisor be killed.
    orphan_signal: signal.Signals = signal.SIGKILL
    stop_seconds: float = 15.0


def program(name: str) -> str:
    """The path of a command of this environment.

    Raises:
        StackError: the environment lacks it.
    """
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        message = f"The command {name} is not installed. Run `make setup`."
        raise StackError(message)
    return found


def database_url(service: str, ports: Ports, secrets: Secrets) -> str:
    """The URL of a service's own database."""
    return f"postgresql://{service}:{secrets.passwords[service]}@{HOST}:{ports.postgres}/{service}"


def temporal_part(folder: DataFolder, ports: Ports) -> Part:
    """The Temporal dev server with its UI and its database file."""
    options = {
        "--db-filename": str(folder.temporal_database),
        "--ip": HOST,
        "--port": str(ports.temporal),
        "--ui-port": str(ports.temporal_ui),
        "--log-level": "warn",
    }
    argv = [program("temporal"), "server", "start-dev", "--ui-disable-news-fetch"]
    argv += [word for pair in options.items() for word in pair]
    # Several times as fast as the default; a power cut may lose the last moments of the durable state.
    for pragma in ("journal_mode=wal", "synchronous=normal"):
        argv += ["--sqlite-pragma", pragma]
    for name in KEYWORDS:
        argv += ["--search-attribute", f"{name}=Keyword"]
    return Part(
        name="temporal",
        argv=argv,
        port=ports.temporal,
        ready=lambda: readiness.temporal_answers(f"{HOST}:{ports.temporal}"),
    )


def service_parts(ports: Ports, secrets: Secrets) -> list[Part]:
    """Everything of Leadline itself, in the order in which it is started."""
    shared = {
        "LEADLINE_TOKEN_SECRET": secrets.token_secret,
        "LEADLINE_TEMPORAL_ADDRESS": f"{HOST}:{ports.temporal}",
        **{f"LEADLINE_{part.upper()}_ADDRESS": ports.address(part) for part in ports.grpc},
    }

    def grpc_part(name: str, *argv: str, database: str | None = None) -> Part:
        env = {**shared, "LEADLINE_LISTEN": ports.address(name)}
        if database:
            env["LEADLINE_DATABASE_URL"] = database_url(database, ports, secrets)
        return Part(
            name=name,
            argv=[program(argv[0]), *argv[1:]],
            env=clean_env(env),
            port=ports.grpc[name],
            ready=lambda: readiness.grpc_serves(ports.address(name)),
        )

    gateway = Part(
        name="gateway",
        argv=[program("leadline-gateway"), "serve"],
        env=clean_env({**shared, "LEADLINE_HTTP_LISTEN": f"{HOST}:{ports.gateway}"}),
        port=ports.gateway,
        ready=lambda: readiness.http_answers(f"http://{HOST}:{ports.gateway}/healthz"),
    )
    return [
        *(grpc_part(name, f"{name}-service", "serve", database=name) for name in SERVICES),
        grpc_part("relay", "leads-service", "relay", database="leads"),
        grpc_part("worker", "leadline-worker"),
        gateway,
    ]


def migration(service: str, ports: Ports, secrets: Secrets) -> tuple[Sequence[str], Mapping[str, str]]:
    """The command that brings a service's database to the newest revision, and its environment."""
    env = {"LEADLINE_DATABASE_URL": database_url(service, ports, secrets)}
    return [program(f"{service}-service"), "migrate"], clean_env(env)


def clean_env(values: Mapping[str, str]) -> dict[str, str]:
    """An environment of just these values and what every process needs."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return {**kept, "TZ": "UTC", "PYTHONUNBUFFERED": "1", **values}
