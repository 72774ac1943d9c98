"""Whatever is created, changed, moved and deleted, in whatever order: what must hold for a list holds."""

from contextlib import suppress
from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from kit.errors import LeadlineError
from settings_service.domain.entries import Priority, Stage
from settings_service.domain.kinds import PRIORITIES, STAGES
from settings_service.domain.settling import put_in_order
from tests.unit.settings.building import priority, stage

PLACES = st.integers(0, 12)


class Priorities(RuleBasedStateMachine):
    """A list of priorities, changed by the rules of its kind alone."""

    def __init__(self) -> None:
        super().__init__()
        self.entries: list[Priority] = []

    @initialize()
    def first(self) -> None:
        self.entries = [priority(1, is_default=True)]

    @rule(place=PLACES, is_default=st.booleans())
    def create(self, place: int, is_default: bool) -> None:
        new = priority(place, is_default=is_default)
        with suppress(LeadlineError):
            self.entries = [*PRIORITIES.settle(None, new, self.entries), new]

    @rule(which=PLACES, place=PLACES, is_default=st.booleans())
    def change(self, which: int, place: int, is_default: bool) -> None:
        before = self.entries[which % len(self.entries)]
        after = replace(before, position=place, is_default=is_default)
        others = [entry for entry in self.entries if entry is not before]
        with suppress(LeadlineError):
            PRIORITIES.keep(before, after, others)
            self.entries = [*PRIORITIES.settle(before, after, others), after]

    @rule(which=PLACES)
    def delete(self, which: int) -> None:
        before = self.entries[which % len(self.entries)]
        others = [entry for entry in self.entries if entry is not before]
        with suppress(LeadlineError):
            PRIORITIES.keep(before, None, others)
            self.entries = PRIORITIES.settle(before, None, others)

    @invariant()
    def positions_have_no_gaps(self) -> None:
        assert sorted(entry.position for entry in self.entries) == list(range(1, len(self.entries) + 1))

    @precondition(lambda self: self.entries)
    @invariant()
    def one_is_the_default(self) -> None:
        assert sum(entry.is_default for entry in self.entries) == 1


class Stages(RuleBasedStateMachine):
    """A pipeline's stages; some are being deleted, and then are gone or stay after all."""

    def __init__(self) -> None:
        super().__init__()
        self.entries: list[Stage] = []
        self.leaving: set[object] = set()
        self.had_an_open_one = False

    @rule(place=PLACES, is_won=st.booleans())
    def create(self, place: int, is_won: bool) -> None:
        new = stage(place, is_won=is_won)
        with suppress(LeadlineError):
            self.entries = [*STAGES.settle(None, new, self.entries), new]
            self.had_an_open_one |= new.is_open

    @precondition(lambda self: self.entries)
    @rule(which=PLACES, place=PLACES, is_won=st.booleans())
    def change(self, which: int, place: int, is_won: bool) -> None:
        before = self.entries[which % len(self.entries)]
        if before.id in self.leaving:
            return
        after = replace(before, position=place, is_won=is_won)
        others = [entry for entry in self.entries if entry is not before]
        with suppress(LeadlineError):
            STAGES.keep(before, after, self.staying(others))
            self.entries = [*STAGES.settle(before, after, others), after]
            self.had_an_open_one |= after.is_open

    @precondition(lambda self: self.entries)
    @rule(which=PLACES)
    def ask_for_deletion(self, which: int) -> None:
        before = self.entries[which % len(self.entries)]
        others = [entry for entry in self.entries if entry is not before]
        with suppress(LeadlineError):
            STAGES.keep(before, None, self.staying(others))
            self.leaving.add(before.id)

    @precondition(lambda self: self.leaving)
    @rule(which=PLACES, completed=st.booleans())
    def end_a_deletion(self, which: int, completed: bool) -> None:
        found = [entry for entry in self.entries if entry.id in self.leaving]
        gone = found[which % len(found)]
        self.leaving.remove(gone.id)
        if completed:
            others = [entry for entry in self.entries if entry is not gone]
            self.entries = STAGES.settle(gone, None, others)

    @precondition(lambda self: self.entries)
    @rule(random=st.randoms(use_true_random=False))
    def reorder(self, random: st.DataObject) -> None:
        order = [entry.id for entry in self.entries]
        random.shuffle(order)  # type: ignore[attr-defined]
        self.entries = put_in_order(self.entries, order)

    @invariant()
    def positions_have_no_gaps(self) -> None:
        assert sorted(entry.position for entry in self.entries) == list(range(1, len(self.entries) + 1))

    @precondition(lambda self: self.had_an_open_one)
    @invariant()
    def an_open_stage_stays(self) -> None:
        assert any(entry.is_open for entry in self.staying(self.entries))

    def staying(self, entries: list[Stage]) -> list[Stage]:
        return [entry for entry in entries if entry.id not in self.leaving]


TestPriorities = Priorities.TestCase
TestStages = Stages.TestCase
