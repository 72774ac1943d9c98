"""Input, result and progress of the rescore-leads workflow. The leads service keeps how far it is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RescoreProgress:
    """How far the run is: result of rescore-batch and of the query. ``state`` as the leads service names it.

    none: nothing was asked for; requested: about to begin; running; completed. ``total`` is how many open leads there
    were at its beginning.
    """

    state: str = "requested"
    processed: int = 0
    total: int = 0
    changed: int = 0


@dataclass(frozen=True, slots=True)
class RescoreInput:
    """What a run starts with. Starters leave it empty; a run that goes on as a new one says how far it was."""

    progress: RescoreProgress | None = None
