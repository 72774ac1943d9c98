"""Positions stay 1…n whatever moves where, and only what must move does."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from settings_service.domain.entries import Priority
from settings_service.domain.settling import put_in_order, settle_priorities
from tests.unit.settings.building import priority

LISTS = st.integers(1, 30).map(
    lambda count: [priority(place, is_default=place == 1) for place in range(1, count + 1)],
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


@given(LISTS, st.data())
def test_a_new_entry_stands_where_it_is_to_and_those_before_it_stay(
    entries: list[Priority], data: st.DataObject
) -> None:
    new = priority(data.draw(st.integers(1, len(entries) + 1)), is_default=data.draw(st.booleans()))
    settled = settle_priorities(None, new, entries)
    listed = sorted([*settled, new], key=by_position)
    assert [entry.position for entry in listed] == list(range(1, len(entries) + 2))
    assert listed.index(new) == new.position - 1
    assert [entry.id for entry in listed if entry is not new] == [entry.id for entry in entries]
    assert sum(entry.is_default for entry in listed) == 1


@given(LISTS, st.data())
def test_the_gap_of_a_deleted_entry_is_closed_from_behind(entries: list[Priority], data: st.DataObject) -> None:
    gone = data.draw(st.sampled_from(entries))
    others = [entry for entry in entries if entry is not gone]
    settled = settle_priorities(gone, None, others)
    assert [entry.id for entry in settled] == [entry.id for entry in others]
    assert [entry.position for entry in settled] == list(range(1, len(entries)))
    assert settled[: gone.position - 1] == entries[: gone.position - 1]


@given(LISTS, st.randoms(use_true_random=False))
def test_an_order_by_ids_is_that_order(entries: list[Priority], random: st.DataObject) -> None:
    order = [entry.id for entry in entries]
    random.shuffle(order)  # type: ignore[attr-defined]
    ordered = put_in_order(entries, order)
    assert [(entry.id, entry.position) for entry in ordered] == list(zip(order, range(1, len(order) + 1), strict=True))
    assert put_in_order(ordered, [entry.id for entry in entries]) == entries


def by_position(entry: Priority) -> int:
    return entry.position
