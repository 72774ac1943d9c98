"""How long an activity goes on with batches before its workflow hears how far it is."""

import time
from collections.abc import Iterator

# Long enough that a run over many records has few events, short enough that its progress is worth a look.
SECONDS = 5.0


def for_a_while() -> Iterator[None]:
    """One turn at once, and more of them until some seconds have passed."""
    until = time.monotonic() + SECONDS
    yield
    while time.monotonic() < until:
        yield
