"""How many leads have which three letters in a row somewhere, as the database estimates from a sample of them."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from kit.db.database import Reading

# Of so many, hardly a lead has all that has not the whole text, too.
_MOST = 3
# Letters and digits in a row, or where a word begins or ends.
_KNOWN = re.compile(r"\S{3}| {1,2}\S{1,2}|\S\S ")
_SHARES = sa.text(
    """
    SELECT trigram, share
    FROM pg_stats_ext_exprs,
         unnest(most_common_elems::text::text[], most_common_elem_freqs) AS common (trigram, share)
    WHERE statistics_name = 'lead_texts_trigrams' AND statistics_schemaname = current_schema() AND trigram IS NOT NULL
    """
)


@dataclass(frozen=True, slots=True)
class _Part:
    """Three characters of a text, with the trigram that the index has of them: a space is a word's edge."""

    place: int
    text: str
    trigram: str

    def overlaps(self, other: "_Part") -> bool:
        """Whether they have characters in common."""
        return abs(self.place - other.place) < len(self.text)


class Trigrams:
    """The share of leads that have each of the frequent ones; the others are rare. Knows nothing until it is read."""

    def __init__(self) -> None:
        self._shares: Mapping[str, float] = {}

    async def read(self, connection: Reading) -> None:
        """Take what the database estimates now."""
        self.take({row.trigram: row.share for row in await connection.execute(_SHARES)})

    def take(self, shares: Mapping[str, float]) -> None:
        """Know these instead of what was known before."""
        self._shares = dict(shares)

    def rarest(self, text: str) -> Sequence[str]:
        """The rarest few parts of a folded text: by these, an index finds the leads that have it soonest.

        The rarest of each word come first, and then those that overlap with none of them, since letters that are next
        to each other come together.
        """
        words = [sorted(parts, key=self._share) for parts in _parts_of_words(text)]
        firsts = sorted((parts[0] for parts in words), key=self._share)
        others = sorted((each for parts in words for each in parts[1:]), key=self._share)
        taken = firsts[:_MOST]
        for each in others:
            if len(taken) < _MOST and not any(each.overlaps(other) for other in taken):
                taken.append(each)
        return list(dict.fromkeys(each.text for each in [*taken, *others]))[:_MOST]

    def share(self, text: str) -> float:
        """About the share of leads that have the text, at most."""
        each = (self._share(part) for parts in _parts_of_words(text) for part in parts)
        return min(each, default=1.0) if self._shares else 1.0

    def likely_share(self, text: str) -> float:
        """The same if its words have nothing to do with each other: less where there are several."""
        each = (min(map(self._share, parts)) for parts in _parts_of_words(text))
        return math.prod(each) if self._shares else 1.0

    def _share(self, part: _Part) -> float:
        return self._shares.get(part.trigram, 0.0)


def _parts_of_words(text: str) -> list[list[_Part]]:
    """Word by word."""
    words: dict[int, list[_Part]] = {}
    for place in range(len(text) - 2):
        part = text[place : place + 3]
        trigram = "".join(each if each.isalnum() else " " for each in part)
        if trigram[1] == " " != trigram[2]:
            trigram = f"  {trigram[2]}"
        if _KNOWN.fullmatch(trigram):
            ends_at = place + len(trigram.rstrip())
            word = sum(not each.isalnum() for each in text[:ends_at])
            words.setdefault(word, []).append(_Part(place, part, trigram))
    return list(words.values())
