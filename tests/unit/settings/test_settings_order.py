"""Positions stay 1…n whatever moves where, and only what must move does."""

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from kit.ids import new_id
from settings_service.domain.entries import Priority
from settings_service.domain.settling import settle_priorities

NOW = datetime(2025, 1, 20, 10, tzinfo=UTC)
LISTS = st.integers(1, 30).map(
    lambda count: [
        Priority(
            id=new_id(),
            version=1,
            created_at=NOW,
            updated_at=NOW,
            name=str(place),
            label=str(place),
            color="#000000",
            position=place,
            is_default=place == 1,
        )
        for place in range(1, count + 1)
    ]
)


@given(LISTS, st.data())
def test_a_moved_entry_stands_where_it_was_moved_to_and_the_others_keep_their_order(
    entries: list[Priority], data: st.DataObject
) -> None:
    moved = data.draw(st.sampled_from(entries))
    position = data.draw(st.integers(1, len(entries)))
    is_default = moved.is_default or data.draw(st.booleans())
    others = [entry for entry in entries if entry is not moved]
    after = replace(moved, position=position, is_default=is_default)
    settled = settle_priorities(moved, after, others)
    assert [entry.id for entry in sorted(settled, key=by_position)] == [entry.id for entry in others]
    assert sorted(entry.position for entry in [*settled, after]) == list(range(1, len(entries) + 1))
    assert sum(entry.is_default for entry in [*settled, after]) == 1
    low, high = sorted((moved.position, position))
    beyond = {entry.id: entry.position for entry in others if not low <= entry.position <= high}
    assert beyond.items() <= {entry.id: entry.position for entry in settled}.items()


def by_position(entry: Priority) -> int:
    return entry.position
