"""When two names are the same company's."""

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from crm_service.domain.company_name import company_key

SAME = [
    ("Acme Inc.", "acme"),
    ("ACME, INC", "acme"),
    ("Acme LLC", "acme"),
    ("Acme L.L.C.", "acme"),
    ("Acme Ltd", "acme"),
    ("Acme Limited", "acme"),
    ("Acme Pty Ltd", "acme"),
    ("Acme Pty. Ltd.", "acme"),
    ("Acme Pvt. Ltd.", "acme"),
    ("Acme GmbH", "acme"),
    ("Acme GmbH & Co. KG", "acme"),
    ("Acme AG", "acme"),
    ("Acme S.A.", "acme"),
    ("Acme S. A.", "acme"),
    ("Acme S.A. de C.V.", "acme"),
    ("Acme B.V.", "acme"),
    ("Acme BV", "acme"),
    ("Acme Co", "acme"),
    ("Acme & Co.", "acme"),
    ("Acme and Company", "acme"),
    ("Acme Corp.", "acme"),
    ("Acme Corporation", "acme"),
    ("Acme PLC", "acme"),
    ("Acme SARL", "acme"),
    ("Acme S.à r.l.", "acme"),
    ("Acme Oy", "acme"),
    ("Acme Oyj", "acme"),
    ("Acme AB (publ)", "acme"),
    ("Acme A/S", "acme"),
    ("Acme Sp. z o.o.", "acme"),
    ("Acme s.r.o.", "acme"),
    ("Acme Sdn. Bhd.", "acme"),
    ("  Acme\t  Trading  ", "acme trading"),
    ("Smith-Jones", "smith jones"),
    ("O’Reilly Media, Inc.", "oreilly media"),
    ("AT&T", "at t"),
    ("AT & T", "at t"),
    ("Ａｃｍｅ", "acme"),
    ("STRASSE", "strasse"),
    ("Straße", "strasse"),
    ("Ac\u200bme\u00ad", "acme"),
    ("Müller", "müller"),
    ("Mu\u0308ller", "müller"),
]
APART = [
    ("Acme", "Acme Europe"),
    ("C++", "C"),
    ("Nordic Spa", "Nordic"),
    ("Co Working", "Working"),
    ("Limited Editions", "Editions"),
    ("Acme AG Services", "Acme Services"),
    ("Muller", "Müller"),
]
ONLY_A_FORM = [
    ("AG", "ag"),
    ("Ltd.", "ltd"),
    ("Co. Ltd.", "co"),
    ("S.A.", "sa"),
    ("S. A.", "s a"),
    ("GmbH & Co. KG", "gmbh"),
]
FORMS = [
    "Inc.",
    "LLC",
    "Ltd",
    "GmbH",
    "AG",
    "S.A.",
    "Pty Ltd",
    "B.V.",
    "Co.",
    "Corp",
    "Limited",
    "PLC",
    "SARL",
    "Oy",
    "AB",
]
WORDS = st.text(st.characters(categories=["L", "N"], max_codepoint=0x2FF), min_size=1, max_size=12)


@pytest.mark.parametrize(("name", "key"), SAME + ONLY_A_FORM)
def test_case_punctuation_and_legal_form_are_left_out(name: str, key: str) -> None:
    assert company_key(name) == key


@pytest.mark.parametrize(("one", "other"), APART)
def test_what_says_which_company_it_is_stays(one: str, other: str) -> None:
    assert company_key(one) != company_key(other)


@given(st.text(min_size=1))
@example("!!!")
@example("\u200b")
@example("...")
@example("\ufdfa" * 500)
def test_a_name_is_never_nothing_and_never_too_long_for_an_index(name: str) -> None:
    key = company_key(name)
    assert 0 < len(key) <= 300


@given(
    st.lists(WORDS, min_size=1, max_size=4), st.lists(st.sampled_from(FORMS), max_size=3), st.sampled_from([" ", ", "])
)
def test_any_legal_forms_at_the_end_change_nothing(words: list[str], forms: list[str], separator: str) -> None:
    name = " ".join(words)
    assume(len(company_key(name).split()) == len(words))
    assert company_key(separator.join([name, *forms])) == company_key(name)


@given(st.lists(WORDS, min_size=1, max_size=4))
def test_case_and_marks_between_words_change_nothing(words: list[str]) -> None:
    name = " ".join(words)
    assert company_key(" - ".join(words)) == company_key(name)
    assert company_key(f"«{name}», ") == company_key(name)
    assert company_key(name.casefold()) == company_key(name)


@given(st.lists(WORDS, min_size=1, max_size=6))
def test_the_key_of_a_key_is_itself(words: list[str]) -> None:
    key = company_key(" ".join(words))
    assert company_key(key) == key
