"""The Temporal development server as parts of the stack: the server with its UI, and how long it keeps closed runs."""

from collections.abc import Mapping
from dataclasses import dataclass

from leadline_stack.data_folder import DataFolder
from leadline_stack.parts import Part
from leadline_stack.ports import HOST
from leadline_stack.programs import script
from leadline_stack.readiness import grpc_health
from leadline_workflows.contracts.search_attributes import TYPES

NAMESPACE = "default"
# Whatever this machine's user has configured for a Temporal of theirs is not ours.
_OWN = ("--disable-config-file", "--log-level", "warn")
_SERVICE = "temporal.api.workflowservice.v1.WorkflowService"
# As in production. The server's own default is one day.
_RETENTION = "720h"


@dataclass(frozen=True, slots=True)
class Temporal:
    """One server with a database file."""

    folder: DataFolder
    port: int
    ui_port: int
    env: Mapping[str, str]

    def parts(self) -> list[Part]:
        """The server, and its namespace's retention."""
        return [self._server(), self._retention()]

    def _server(self) -> Part:
        listen = ("--ip", HOST, "--port", str(self.port), "--ui-port", str(self.ui_port))
        # Several times as fast as the default. A power cut may lose the last moments, which are told again.
        pragmas = ("--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=normal")
        attributes = [word for each in TYPES.items() for word in ("--search-attribute", "=".join(each))]
        start = (script("temporal"), "server", "start-dev", *_OWN, "--ui-disable-news-fetch")
        return Part(
            name="temporal",
            argv=(*start, *listen, *pragmas, *attributes, "--db-filename", str(self.folder.temporal)),
            folder=self.folder.path,
            log=self.folder.log("temporal"),
            env=self.env,
            probe=grpc_health(self.port, _SERVICE),
            port=self.port,
        )

    def _retention(self) -> Part:
        update = (script("temporal"), "operator", "namespace", "update", *_OWN, "--namespace", NAMESPACE)
        return Part(
            name="temporal-namespace",
            argv=(*update, "--retention", _RETENTION, "--address", f"{HOST}:{self.port}"),
            folder=self.folder.path,
            log=self.folder.log("temporal"),
            env=self.env,
            after=("temporal",),
        )
