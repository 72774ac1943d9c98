"""Which ports the parts listen on: the ones asked for, the usual ones where they are free, or any free one."""

import secrets
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from leadline_stack.errors import StackError

HOST = "127.0.0.1"

# What people open: taken ones are refused, since the addresses were announced or asked for.
PUBLIC = {"gateway": 8080, "temporal": 7233, "temporal_ui": 8233}
# What only parts open: another one will do.
_PRIVATE = {"settings": 9101, "leads": 9102, "crm": 9103, "relay": 9104, "worker": 9105, "postgres": 9106}
# Below the range from which systems take the ports of outgoing connections.
_FREE_FROM, _FREE_TO = 20_000, 32_000
_TRIES = 200


@dataclass(frozen=True, slots=True)
class Ports:
    """A port of this machine for each thing that listens."""

    gateway: int
    temporal: int
    temporal_ui: int
    settings: int
    leads: int
    crm: int
    relay: int
    worker: int
    postgres: int

    def as_numbers(self) -> dict[str, int]:
        """The ports by name."""
        return asdict(self)


@contextmanager
def claimed_usual_ports() -> Iterator[bool]:
    """Whether the usual ports of what only parts open are this product's: one product of a machine has them at a time.

    Two that start at once would find them free alike, and the gateway of the one talk to the services of the other.
    """
    # Of another kind than what parts listen on, so that it is in nobody's way, and gone with its process.
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as claim:
        try:
            claim.bind((HOST, _PRIVATE["settings"]))
        except OSError:
            yield False
        else:
            yield True


def choose_ports(asked: Mapping[str, int | None], *, any_free: bool, usual_for_parts: bool = True) -> Ports:
    """Choose all ports; ``asked`` are those of the options, by name. ``any_free``: do not try the usual ones.

    ``usual_for_parts``: try the usual ones of what only parts open.

    Raises:
        StackError: a port that people open is taken, asked for twice, or not ours to take.
    """
    chosen: dict[str, int] = {}
    for name, usual in PUBLIC.items():
        wanted = asked.get(name) or (None if any_free else usual)
        if wanted is not None:
            chosen[name] = _taken(name, wanted, chosen)
    for name, usual in (PUBLIC | _PRIVATE).items():
        if name not in chosen:
            may_be_usual = not any_free and (usual_for_parts or name in PUBLIC)
            usual_will_do = may_be_usual and usual not in chosen.values() and _is_free(usual)
            chosen[name] = usual if usual_will_do else _free_port(set(chosen.values()))
    return Ports(**chosen)


def option_of(name: str) -> str:
    """The option that chooses this port."""
    return f"--{name.replace('_', '-')}-port"


def _taken(name: str, port: int, chosen: Mapping[str, int]) -> int:
    option = option_of(name)
    for other, number in chosen.items():
        if number == port:
            message = f"{option_of(other)} and {option} are both {port}. Give each a port of its own."
            raise StackError(message)
    try:
        if not _is_free(port):
            message = f"Port {port} is in use by another program. Choose another one with {option}."
            raise StackError(message)
    except PermissionError:
        message = f"There is no right to listen on port {port}. Choose one from 1024 on with {option}."
        raise StackError(message) from None
    return port


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        # As the parts do: connections that are closing do not keep a port taken.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
            listener.listen(1)
        except PermissionError:
            raise
        except OSError:
            return False
    return True


def _free_port(taken: set[int]) -> int:
    for _ in range(_TRIES):
        port = _FREE_FROM + secrets.randbelow(_FREE_TO - _FREE_FROM)
        if port not in taken and _is_free(port):
            return port
    message = f"No free port was found between {_FREE_FROM} and {_FREE_TO}."
    raise StackError(message)
