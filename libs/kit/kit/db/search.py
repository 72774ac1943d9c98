"""Searching in texts that are kept without case and accents."""

import re

import sqlalchemy as sa

_INDEXED = re.compile(r"[^\W_]{3}")
_LITERAL = str.maketrans({each: f"\\{each}" for each in "\\%_"})


def is_in(text: sa.ColumnElement[str], search: str) -> sa.ColumnElement[bool]:
    """The folded search is somewhere in the text."""
    return (text if is_indexed(search) else text + "").like(pattern(search))


def is_indexed(search: str) -> bool:
    """Whether the index of texts knows it: three letters or digits in a row. With fewer it would be read as a whole."""
    return bool(_INDEXED.search(search))


def pattern(search: str) -> str:
    """The pattern of LIKE for texts that have it somewhere."""
    return f"%{search.translate(_LITERAL)}%"
