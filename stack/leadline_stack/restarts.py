"""How soon a part that ended by itself is started again: at once, then later and later, in the end slowly."""

from collections import deque
from dataclasses import dataclass

_WINDOW_SECONDS = 60.0
_MANY = 6
_FIRST_SECONDS = 0.1
_LONGEST_SECONDS = 2.0
_SLOW_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Pause:
    """Seconds until the next start, and whether there have been so many ends that it is tried slowly now."""

    seconds: float
    slow: bool


class Restarts:
    """The recent ends of one part."""

    def __init__(self) -> None:
        self._ends: deque[float] = deque(maxlen=_MANY)

    def pause(self, now: float) -> Pause:
        """Note an end at ``now``, in seconds of a monotonic clock, and answer how long to wait."""
        while self._ends and now - self._ends[0] > _WINDOW_SECONDS:
            self._ends.popleft()
        self._ends.append(now)
        if len(self._ends) >= _MANY:
            return Pause(_SLOW_SECONDS, slow=True)
        return Pause(min(_FIRST_SECONDS * 4 ** (len(self._ends) - 1), _LONGEST_SECONDS), slow=False)
