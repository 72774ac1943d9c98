"""Ports: the ones that were asked for, or free ones."""

import socket
from dataclasses import dataclass

from leadline_stack.errors import StackError

HOST = "127.0.0.1"
GATEWAY, TEMPORAL, TEMPORAL_UI = 8080, 7233, 8233
# The services' gRPC ports, and the health ports of relay and worker; free ones are taken where these are not.
_PREFERRED = {"settings": 9101, "leads": 9102, "crm": 9103, "relay": 9104, "worker": 9105}


@dataclass(frozen=True, slots=True)
class Ports:
    """Where each part listens."""

    gateway: int
    temporal: int
    temporal_ui: int
    postgres: int
    grpc: dict[str, int]

    def address(self, part: str) -> str:
        """``host:port`` of a part's gRPC server."""
        return f"{HOST}:{self.grpc[part]}"


def choose_ports(gateway: int | None, temporal: int | None, temporal_ui: int | None, *, ephemeral: bool) -> Ports:
    """The ports that were asked for, else the usual ones; free ones for an ephemeral stack.

    Raises:
        StackError: one that was asked for, or a usual one, is in use.
    """
    taken: list[socket.socket] = []
    try:
        usual = (None, None, None) if ephemeral else (GATEWAY, TEMPORAL, TEMPORAL_UI)
        wanted = [given or port for given, port in zip((gateway, temporal, temporal_ui), usual, strict=True)]
        options = ("--gateway-port", "--temporal-port", "--temporal-ui-port")
        public = (_take(port, option, taken) for port, option in zip(wanted, options, strict=True))
        gateway, temporal, temporal_ui = public
        grpc = {part: _prefer(None if ephemeral else port, taken) for part, port in _PREFERRED.items()}
        return Ports(gateway, temporal, temporal_ui, _prefer(None, taken), grpc)
    finally:
        for each in taken:
            each.close()


def free_port() -> int:
    """A port that was free just now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _take(port: int | None, option: str, taken: list[socket.socket]) -> int:
    try:
        return _bind(port or 0, taken)
    except OSError:
        message = f"Port {port} is in use. Stop what listens there, or choose another with {option}."
        raise StackError(message) from None


def _prefer(port: int | None, taken: list[socket.socket]) -> int:
    try:
        return _bind(port or 0, taken)
    except OSError:
        return _bind(0, taken)


def _bind(port: int, taken: list[socket.socket]) -> int:
    probe = socket.socket()
    # What was closed a moment ago may still linger: the servers listen with the same option.
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        probe.bind((HOST, port))
        # Only listening finds a port that another socket listens on with the same option.
        probe.listen(1)
    except OSError:
        probe.close()
        raise
    taken.append(probe)
    return int(probe.getsockname()[1])
