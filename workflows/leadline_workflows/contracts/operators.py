"""What operators say with the updates that they send to a run."""

from dataclasses import dataclass

LONGEST_NAME = 200
LONGEST_REASON = 1_000


@dataclass(frozen=True, slots=True)
class OperatorOrder:
    """Who asks for something, and why."""

    by: str = ""
    reason: str = ""

    @property
    def misfit(self) -> str | None:
        """What is wrong with it, in a sentence; nothing if it will do."""
        for name, value, longest in (("by", self.by, LONGEST_NAME), ("reason", self.reason, LONGEST_REASON)):
            if not value.strip():
                return f'Say {name}: {{"by": "your name", "reason": "why"}}.'
            if len(value) > longest:
                return f"Say {name} in at most {longest:,} characters."
        return None
