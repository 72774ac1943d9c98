"""Setting the score from which a lead is qualified."""

from kit.db.database import Writing
from kit.errors import stale
from settings_service.domain.entries import Threshold
from settings_service.domain.fields import HIGHEST_THRESHOLD, whole
from settings_service.store.singles import advance_revision, lock_configuration, read_threshold, save_threshold

_THRESHOLD = whole(0, HIGHEST_THRESHOLD)


async def set_threshold(tx: Writing, threshold: int, expected_version: int | None) -> Threshold:
    """Set the threshold; nothing happens where it is that already.

    Raises:
        LeadlineError: VERSION_STALE, VALIDATION_FAILED.
    """
    await lock_configuration(tx)
    before = await read_threshold(tx)
    if expected_version not in {None, before.version}:
        raise stale(before.version)
    if _THRESHOLD("threshold", threshold) == before.threshold:
        return before
    saved = await save_threshold(tx, threshold)
    await advance_revision(tx, scores=True)
    return saved
