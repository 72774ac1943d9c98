"""What the settings document says of single entries of the lists."""

from collections.abc import Collection, Mapping
from typing import Any

from settings_service.domain.fields import ANY_PRIORITY


def without_mentions(
    document: Mapping[str, Any], *, stage_ids: Collection[str], priority: str | None
) -> dict[str, Any]:
    """The document without what it says of these stages and of this priority, which are no more.

    It stays valid: other priorities have their minutes as before.
    """
    sla = document["sla"]
    policies = [_without(policy, stage_ids, priority) for policy in sla["policies"]]
    return {**document, "sla": {**sla, "policies": policies}}


def policies_without_minutes(document: Mapping[str, Any], priority: str) -> list[str]:
    """The names of the policies that promise nothing to leads of this priority."""
    each = ((policy["name"], policy["responseMinutes"]) for policy in document["sla"]["policies"])
    return [name for name, minutes in each if isinstance(minutes, dict) and not {priority, ANY_PRIORITY} & set(minutes)]


def _without(policy: Mapping[str, Any], stage_ids: Collection[str], priority: str | None) -> dict[str, Any]:
    minutes = policy["responseMinutes"]
    if isinstance(minutes, dict):
        minutes = {name: value for name, value in minutes.items() if name != priority}
    pauses = [stage_id for stage_id in policy["pauseAtStages"] if stage_id not in stage_ids]
    return {**policy, "responseMinutes": minutes, "pauseAtStages": pauses}
