"""`leadline up` with the worker of `faulty_worker.py`; parts start again at once, however often they are killed."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

from leadline_stack import main, restarts, up
from leadline_stack.parts import Part
from leadline_stack.product import Product

COMMAND = (sys.executable, __file__)
FAULTS = "faults"
_WORKER = Path(__file__).with_name("faulty_worker.py")
_ENDS = 10_000
_SOON_SECONDS = 0.2


class FaultyProduct(Product):
    """The product, but for its worker."""

    def parts(self) -> list[Part]:
        """All parts, as of the product."""
        return [self._faulty(part) if part.name == "worker" else part for part in super().parts()]

    def _faulty(self, worker: Part) -> Part:
        faults = self.folder.path / FAULTS
        faults.mkdir(exist_ok=True)
        argv = (sys.executable, str(_WORKER))
        return replace(worker, argv=argv, env={**worker.env, "LEADLINE_FAULTS": str(faults)})


def run(arguments: Sequence[str]) -> None:
    """Carry out the `leadline` command."""
    with (
        patch.object(up, "Product", FaultyProduct),
        patch.object(restarts, "_MANY", _ENDS),
        patch.object(restarts, "_LONGEST_SECONDS", _SOON_SECONDS),
    ):
        main.app(list(arguments))


if __name__ == "__main__":
    run(sys.argv[1:])
