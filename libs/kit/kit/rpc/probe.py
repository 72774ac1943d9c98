"""`python -m kit.rpc.probe host:port`: the health check of a container. Exit code 0 while the part serves, else 1."""

import argparse
import asyncio

from kit.rpc.calls import is_serving, open_channel

_TIMEOUT_SECONDS = 2.0


async def probe(address: str, service: str = "") -> bool:
    """Whether the part at the address says SERVING, within two seconds. Empty service: the part as a whole."""
    async with open_channel(address) as channel:
        return await is_serving(channel, service, timeout=_TIMEOUT_SECONDS)


def main() -> int:
    """Probe what the command line names."""
    parser = argparse.ArgumentParser(prog="python -m kit.rpc.probe", description=__doc__)
    parser.add_argument("address", help="host:port of the gRPC server")
    parser.add_argument("service", nargs="?", default="", help="full name of one service, otherwise the whole part")
    arguments = parser.parse_args()
    return 0 if asyncio.run(probe(arguments.address, arguments.service)) else 1


if __name__ == "__main__":
    raise SystemExit(main())
