"""Changing the settings document, and trying a change."""

from typing import Any

from kit import jsontext
from kit.db.database import Reading, Writing
from kit.errors import invalid_field, stale
from settings_service.domain.document.change import changed_document, highest_score
from settings_service.domain.document.checks import Configured
from settings_service.domain.entries import SettingsDocument
from settings_service.store.entries import PRIORITIES, stages_of
from settings_service.store.singles import advance_revision, lock_configuration, read_document, save_document

_LONGEST_CHANGES = 256 * 1024


async def update_document(tx: Writing, changes: str, expected_version: int | None) -> SettingsDocument:
    """Merge changes, a JSON object in text, into the document; nothing happens where they change nothing.

    Raises:
        LeadlineError: VERSION_STALE, VALIDATION_FAILED naming each path at fault.
    """
    given = _parsed(changes)
    await lock_configuration(tx)
    before = await read_document(tx)
    if expected_version not in {None, before.version}:
        raise stale(before.version)
    after = changed_document(before.document, given, await _configured(tx))
    # Compared as text: to Python 1, 1.0 and true are equal.
    if jsontext.dumps(after) == jsontext.dumps(before.document):
        return before
    saved = await save_document(tx, after)
    await advance_revision(tx, scores=highest_score(after) != highest_score(before.document))
    return saved


async def check_document(connection: Reading, changes: str) -> dict[str, Any]:
    """What ``update_document`` would make of the document; nothing is stored.

    Raises:
        LeadlineError: VALIDATION_FAILED naming each path at fault.
    """
    given = _parsed(changes)
    before = await read_document(connection)
    return changed_document(before.document, given, await _configured(connection))


def _parsed(changes: str) -> Any:
    if len(changes.encode()) > _LONGEST_CHANGES:
        raise invalid_field("changes", "TOO_LONG", "Must have at most 256 KiB.")
    try:
        return jsontext.loads(changes)
    except (ValueError, RecursionError):
        raise invalid_field("changes", "NOT_JSON", "Must be JSON that is not nested deeply.") from None


async def _configured(connection: Reading) -> Configured:
    priorities = await PRIORITIES.all(connection)
    stages = await stages_of("leads").all(connection)
    return Configured([priority.name for priority in priorities], frozenset(str(stage.id) for stage in stages))
