"""The parts of Leadline on one machine: every process, what it is told, and what it needs."""

from collections.abc import Mapping
from dataclasses import dataclass

from leadline_stack.data_folder import DataFolder
from leadline_stack.parts import Owner, Part
from leadline_stack.ports import HOST, Ports
from leadline_stack.postgres import Postgres
from leadline_stack.programs import base_environment, script
from leadline_stack.readiness import grpc_health, http_ok
from leadline_stack.stack_secrets import StackSecrets
from leadline_stack.temporal import NAMESPACE, Temporal

_WORKER_GRACE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Product:
    """Leadline with its ports and secrets on a data folder. ``owner``: whom PostgreSQL runs as, where not as we."""

    folder: DataFolder
    ports: Ports
    secrets: StackSecrets
    owner: Owner | None = None

    def parts(self) -> list[Part]:
        """All parts, each after those that it needs."""
        temporal = Temporal(self.folder, self.ports.temporal, self.ports.temporal_ui, self._env)
        migrations = [self._migrate(name) for name in ("settings", "crm", "leads")]
        services = [self._settings(), self._crm(), self._leads(), self._relay(), self._worker(), self._gateway()]
        return [*self._postgres.parts(), *temporal.parts(), *migrations, *services]

    def _migrate(self, service: str) -> Part:
        return Part(
            name=f"{service}-migrate",
            argv=(script(f"{service}-service"), "migrate"),
            folder=self.folder.path,
            log=self.folder.log(service),
            env={**self._env, **self._database(service)},
            after=("databases",),
        )

    def _settings(self) -> Part:
        return self._rpc_part(
            "settings",
            (script("settings-service"), "serve"),
            self._database("settings") | self._tokens,
            after=("settings-migrate",),
            uses=("postgres",),
        )

    def _crm(self) -> Part:
        return self._rpc_part(
            "crm",
            (script("crm-service"), "serve"),
            self._database("crm") | self._tokens,
            after=("crm-migrate",),
            uses=("postgres",),
        )

    def _leads(self) -> Part:
        return self._rpc_part(
            "leads",
            (script("leads-service"), "serve"),
            self._database("leads") | self._tokens | self._addresses("settings", "crm") | self._objects,
            after=("leads-migrate",),
            uses=("postgres", "settings", "crm"),
        )

    def _relay(self) -> Part:
        return self._rpc_part(
            "relay",
            (script("leads-service"), "relay"),
            self._database("leads") | self._temporal,
            after=("leads-migrate", "temporal"),
            uses=("postgres",),
        )

    def _worker(self) -> Part:
        grace = {"LEADLINE_SHUTDOWN_SECONDS": str(_WORKER_GRACE_SECONDS)}
        return self._rpc_part(
            "worker",
            (script("leadline-worker"),),
            self._tokens | self._temporal | self._addresses("leads", "crm", "settings") | grace,
            after=("temporal",),
            uses=("leads", "crm", "settings"),
            stop_seconds=_WORKER_GRACE_SECONDS + 5,
        )

    def _gateway(self) -> Part:
        addresses = self._addresses("settings", "leads", "crm", "relay", "worker", "temporal")
        listen = {"LEADLINE_HTTP_LISTEN": f"{HOST}:{self.ports.gateway}"}
        return Part(
            name="gateway",
            argv=(script("leadline-gateway"),),
            folder=self.folder.path,
            log=self.folder.log("gateway"),
            env={**self._env, **self._tokens, **addresses, **listen},
            uses=("settings", "crm", "leads", "relay", "worker"),
            # Not only that it lives: the first call after the start must find every part.
            probe=http_ok(self.ports.gateway, "/readyz"),
            port=self.ports.gateway,
            # Longer than all the others together: whichever is late is named by its own limit, not by this one.
            start_seconds=600,
            stop_seconds=15,
        )

    def _rpc_part(
        self,
        name: str,
        argv: tuple[str, ...],
        env: Mapping[str, str],
        *,
        after: tuple[str, ...],
        uses: tuple[str, ...],
        stop_seconds: float = 10.0,
    ) -> Part:
        port = self.ports.as_numbers()[name]
        return Part(
            name=name,
            argv=argv,
            folder=self.folder.path,
            log=self.folder.log(name),
            env={**self._env, **env, "LEADLINE_LISTEN": f"{HOST}:{port}"},
            after=after,
            uses=uses,
            probe=grpc_health(port),
            port=port,
            stop_seconds=stop_seconds,
        )

    @property
    def _env(self) -> dict[str, str]:
        return base_environment()

    @property
    def _postgres(self) -> Postgres:
        return Postgres(self.folder, self.secrets, self.ports.postgres, self._env, self.owner)

    @property
    def _tokens(self) -> dict[str, str]:
        return {"LEADLINE_TOKEN_SECRET": self.secrets.token_secret}

    @property
    def _objects(self) -> dict[str, str]:
        return {"LEADLINE_OBJECT_STORE_URL": self.folder.objects.as_uri()}

    @property
    def _temporal(self) -> dict[str, str]:
        return {"LEADLINE_TEMPORAL_ADDRESS": f"{HOST}:{self.ports.temporal}", "LEADLINE_TEMPORAL_NAMESPACE": NAMESPACE}

    def _addresses(self, *names: str) -> dict[str, str]:
        ports = self.ports.as_numbers()
        return {f"LEADLINE_{name.upper()}_ADDRESS": f"{HOST}:{ports[name]}" for name in names}

    def _database(self, service: str) -> dict[str, str]:
        return {"LEADLINE_DATABASE_URL": self._postgres.url(service)}
