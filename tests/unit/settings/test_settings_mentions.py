"""The settings document stays valid when what it speaks of is deleted."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kit.ids import new_id
from settings_service.domain.document.change import changed_document
from settings_service.domain.document.checks import Configured
from settings_service.domain.document.mentions import policies_without_minutes, without_mentions

PRIORITIES = ["low", "medium", "high", "critical"]
STAGES = [str(new_id()) for _ in range(4)]
DOCUMENT: dict[str, Any] = {
    "general": {"defaultRegion": "US", "currency": "USD"},
    "sla": {"policies": [], "atRiskAfterPercent": 60, "firstResponseOn": [], "escalations": []},
    "scoring": {"maxScore": 100},
    "duplicateDetection": {"onCreate": "allow"},
    "conversion": {"requiredFields": [], "fieldMap": [], "undoHours": 72, "requireQualified": False},
}
EACH = st.fixed_dictionaries({name: st.integers(1, 9) for name in PRIORITIES})
SOME = st.dictionaries(st.sampled_from(PRIORITIES), st.integers(1, 9)).map(lambda minutes: {**minutes, "*": 5})
POLICIES = st.lists(
    st.fixed_dictionaries(
        {
            "responseMinutes": st.integers(1, 9) | EACH | SOME,
            "pauseAtStages": st.lists(st.sampled_from(STAGES), unique=True),
        }
    ),
    min_size=1,
    max_size=4,
).map(lambda each: [{"name": str(n), "isDefault": n == 0, **policy} for n, policy in enumerate(each)])


@given(POLICIES, st.sampled_from(PRIORITIES), st.sets(st.sampled_from(STAGES)))
def test_what_is_gone_is_mentioned_no_more_and_the_document_is_valid(
    policies: list[dict[str, Any]], priority: str, stages: set[str]
) -> None:
    everything = Configured(PRIORITIES, frozenset(STAGES))
    before = changed_document(DOCUMENT, {"sla": {"policies": policies}}, everything)
    after = without_mentions(before, stage_ids=stages, priority=priority)
    left = Configured([name for name in PRIORITIES if name != priority], frozenset(STAGES) - stages)
    assert changed_document(after, {}, left) == after
    assert without_mentions(before, stage_ids=(), priority=None) == before


@given(POLICIES)
def test_a_priority_has_minutes_where_a_policy_names_it_or_any(policies: list[dict[str, Any]]) -> None:
    document = {"sla": {"policies": policies}}
    assert policies_without_minutes(document, "high") == []
    lacking = [
        policy["name"]
        for policy in policies
        if isinstance(policy["responseMinutes"], dict) and "*" not in policy["responseMinutes"]
    ]
    assert policies_without_minutes(document, "new") == lacking
