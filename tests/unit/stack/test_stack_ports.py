"""Which ports a stack takes."""

import socket
from collections.abc import Iterator

import pytest

from leadline_stack.errors import StackError
from leadline_stack.ports import choose_ports, claimed_usual_ports

NONE_ASKED = {"gateway": None, "temporal": None, "temporal_ui": None}


def listen_on(port: int) -> socket.socket:
    """Listens as parts do: connections that are closing do not keep a port taken."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(1)
    return listener


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody listens on."""
    with listen_on(0) as listener:
        yield int(listener.getsockname()[1])


def test_free_ports_are_all_different_and_can_be_listened_on() -> None:
    ports = choose_ports(NONE_ASKED, any_free=True).as_numbers()
    assert len(set(ports.values())) == 9
    for port in ports.values():
        listen_on(port).close()


def test_a_port_that_was_asked_for_is_obeyed_even_where_any_would_do(taken: int) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = int(probe.getsockname()[1])
    assert choose_ports(NONE_ASKED | {"temporal": free}, any_free=True).temporal == free
    with pytest.raises(StackError, match=rf"Port {taken} is in use .* --temporal-ui-port"):
        choose_ports(NONE_ASKED | {"temporal_ui": taken}, any_free=True)


def test_one_port_cannot_be_asked_for_twice() -> None:
    with pytest.raises(StackError, match="--gateway-port and --temporal-port are both 23456"):
        choose_ports({"gateway": 23456, "temporal": 23456, "temporal_ui": None}, any_free=True)


def test_a_usual_port_in_use_that_only_parts_open_is_replaced() -> None:
    free = choose_ports(NONE_ASKED, any_free=True).as_numbers()
    public = {name: free[name] for name in NONE_ASKED}
    usual = choose_ports(public, any_free=False).relay
    with listen_on(usual):
        assert choose_ports(public, any_free=False).relay != usual


def test_two_products_of_a_machine_never_share_the_usual_ports_of_parts() -> None:
    free = choose_ports(NONE_ASKED, any_free=True).as_numbers()
    public = {name: free[name] for name in NONE_ASKED}
    with claimed_usual_ports(), claimed_usual_ports() as are_ours:
        assert not are_ours
        ports = choose_ports(public, any_free=False, usual_for_parts=are_ours).as_numbers()
    assert {name for name, port in ports.items() if 9100 < port < 9110} == set()
