"""Text for the current details of a run, which the Temporal UI renders as markdown."""

import re

_SPECIAL = re.compile(r"([\\`*_\[\]()<>#|~!])")


def plain(text: str) -> str:
    """The text on one line with nothing in it that markdown would act on: names come from public forms."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def joined(*parts: str) -> str:
    """The parts that say something, on one line."""
    return " · ".join(part for part in parts if part)
