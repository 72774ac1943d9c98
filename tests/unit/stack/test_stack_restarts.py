"""How soon a part that ended is started again."""

from hypothesis import given
from hypothesis import strategies as st

from leadline_stack.restarts import Restarts


def test_a_part_that_ended_once_is_back_almost_at_once() -> None:
    pause = Restarts().pause(now=0.0)
    assert pause.seconds <= 0.2
    assert not pause.slow


def test_each_end_soon_after_another_makes_the_pause_longer() -> None:
    restarts = Restarts()
    pauses = [restarts.pause(now=float(second)).seconds for second in range(4)]
    assert pauses == sorted(set(pauses))


def test_a_part_that_keeps_ending_is_tried_slowly_and_for_ever() -> None:
    restarts = Restarts()
    pauses = [restarts.pause(now=float(second)) for second in range(40)]
    assert not any(pause.slow for pause in pauses[:5])
    assert {(pause.seconds, pause.slow) for pause in pauses[5:]} == {(15.0, True)}


def test_ends_long_ago_are_forgotten() -> None:
    restarts = Restarts()
    for second in range(10):
        restarts.pause(now=float(second))
    assert restarts.pause(now=100.0) == Restarts().pause(now=0.0)


@given(st.lists(st.floats(min_value=0, max_value=120), min_size=1, max_size=60))
def test_no_part_is_started_more_than_twenty_times_in_a_minute(runs: list[float]) -> None:
    restarts, now, starts = Restarts(), 0.0, []
    for run in runs:
        now += run
        now += restarts.pause(now).seconds
        starts.append(now)
    assert all(sum(start <= other < start + 60 for other in starts) <= 20 for start in starts)
