"""Which parts of a text an index is asked for: the rarest, word by word, and none that the text has not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads_service.store.trigrams import Trigrams


def knowing(**shares: float) -> Trigrams:
    """Knows how frequent these are; an underscore stands for a word's edge."""
    trigrams = Trigrams()
    trigrams.take({name.replace("_", " "): share for name, share in shares.items()})
    return trigrams


def test_the_rarest_of_each_word_come_before_others_of_a_word() -> None:
    known = knowing(glo=0.02, lob=0.01, oba=0.02, bal=0.03, al_=0.4, __s=0.3, _sy=0.1, sys=0.05, yst=0.06, ste=0.3)
    assert known.rarest("global syste") == ["lob", "sys", "al "]


def test_parts_that_overlap_with_none_come_before_rarer_ones_that_do() -> None:
    known = knowing(gar=0.02, arc=0.02, rci=0.02, cia=0.02, ias=0.02, aso=0.03, son=0.1, on1=0.09)
    assert known.rarest("garciason1") == ["gar", "cia", "on1"]
    assert known.rarest("garci") == ["gar", "arc", "rci"]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("ann", {"ann"}),
        ("an lo", {"an ", "n l", " lo"}),
        ("a-b c", {"a-b", "b c"}),
        ("%_\\", set()),
        ("an", set()),
        ("x@y", {"x@y"}),
        ("müller"[:4], {"mül", "üll"}),
    ],
)
def test_letters_and_the_edges_of_words_are_parts_that_the_index_knows(text: str, parts: set[str]) -> None:
    assert set(Trigrams().rarest(text)) == parts


def test_a_text_is_no_more_frequent_than_its_rarest_part() -> None:
    known = knowing(ann=0.2, nna=0.1, na_=0.05)
    assert known.share("anna") == 0.1
    assert known.share("anna ") == 0.05
    assert known.share("anno") == 0.0
    assert known.share("an") == 1.0
    assert Trigrams().share("anna") == 1.0


def test_several_words_are_likely_to_be_rarer_together_than_each_of_them() -> None:
    known = knowing(ann=0.2, nna=0.1, na_=0.1, _sm=0.2, __s=0.2, smi=0.05)
    assert known.likely_share("anna") == 0.1
    assert known.likely_share("anna smi") == pytest.approx(0.1 * 0.05)
    assert known.likely_share("an") == 1.0
    assert Trigrams().likely_share("anna smi") == 1.0


@given(
    st.text(alphabet="abcé1 .-%_\\@", max_size=30),
    st.dictionaries(st.text("abc ", min_size=3, max_size=3), st.floats(0, 1)),
)
def test_what_has_the_text_has_each_of_at_most_three_parts(text: str, shares: dict[str, float]) -> None:
    known = Trigrams()
    known.take(shares)
    parts = known.rarest(text)
    assert len(parts) == len(set(parts)) <= 3
    assert all(part in text and len(part) == 3 for part in parts)
