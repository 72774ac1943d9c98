"""When two names are the same company's: without case, punctuation and legal form (spec: conversion)."""

import unicodedata

# Own list instead of a library's: what is stored under a key must not change with somebody else's release.
# Left out is what is an everyday word as well: a Nordic Spa is not the same as Nordic, nor an Acme PC as Acme.
_FORMS = frozenset(
    tuple(form.split())
    for line in """
        inc, incorporated, corp, corporation, co, company, and co, and company, llc, l l c, pllc, lp
        ltd, limited, ltda, plc, llp, pty, pvt, pte, private, cic
        gmbh, ggmbh, mbh, gesmbh, gesellschaft mbh, ag, kg, kgaa, ohg, ug, haftungsbeschränkt, eg, ek, se, und co
        sa, s a, sas, sasu, sarl, s a r l, sàrl, sà rl, eurl, snc, sca, et cie, cie
        srl, s r l, s p a, sl, s l, slu, sau, sa de cv, sab de cv, s de rl de cv, eireli, lda
        bv, b v, bvba, nv, n v, vof, cvba
        oy, oyj, ab, publ, hb, kb, as, a s, asa, aps, ehf, hf
        sp z oo, sp k, spzoo, sro, doo, kft, zrt, nyrt, bt, ood, eood
        ooo, zao, oao, pao, tov, uab, oü, sia
        kk, yk, gk, sdn bhd, bhd, tbk, jsc, ojsc, pjsc, fze, fzco, wll
    """.splitlines()
    for form in line.split(",")
    if form.strip()
)
_LONGEST_FORM = max(map(len, _FORMS))
# Left out without a gap: S.A. is SA, O'Reilly is OReilly.
_JOINING = frozenset(".'’ʼ`")
# Compatibility forms can be many times longer than what they stand for; an index entry has a limit.
_LONGEST_KEY = 300


def company_key(name: str) -> str:
    """The form under which the names of one company are equal; never empty for a name that is not.

    Legal forms go only from the end, and only while something is left: a company named AG keeps its name.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    words = "".join(map(_plain, folded)).split()
    return " ".join(_without_legal_forms(words) or folded.split() or [folded])[:_LONGEST_KEY]


def _plain(character: str) -> str:
    category = unicodedata.category(character)
    if character in _JOINING or category == "Cf":
        return ""
    return " " if category[0] in "PZC" else character


def _without_legal_forms(words: list[str]) -> list[str]:
    for length in range(min(_LONGEST_FORM, len(words) - 1), 0, -1):
        if tuple(words[-length:]) in _FORMS:
            return _without_legal_forms(words[:-length])
    return words
