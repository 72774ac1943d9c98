"""Names of files as callers have them, without what is no part of a name or leads people astray."""

import unicodedata

_LONGEST_BYTES = 255
# What is longer has a full stop in its name, and no extension.
_LONGEST_EXTENSION = 20
_UNNAMED = "document"
# Control characters, halves of surrogate pairs, separators of lines and paragraphs.
_REFUSED_CATEGORIES = {"Cc", "Cs", "Zl", "Zp"}
# What cannot be seen, or turns the direction of a text so that a name reads as another one.
_UNSEEN = {
    "\u061c",
    "\u200b",
    "\u200e",
    "\u200f",
    "\u2060",
    "\ufeff",
    *map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A))),
}


def safe_name(given: str) -> str:
    """The last part of the path, without what is no name; at most 255 bytes, of which the extension is kept."""
    last = given.replace("\\", "/").rpartition("/")[2]
    text = unicodedata.normalize("NFC", "".join(char for char in last if _is_of_a_name(char)))
    # A full stop at the beginning hides a file; at the end, some systems drop it.
    return _cut(text.strip(". \xa0")) or _UNNAMED


def extension_of(name: str) -> str:
    """The extension in lower case with its full stop, or nothing."""
    stem, _, extension = name.rpartition(".")
    return f".{extension.lower()}" if stem and 0 < len(extension) <= _LONGEST_EXTENSION else ""


def _is_of_a_name(char: str) -> bool:
    return unicodedata.category(char) not in _REFUSED_CATEGORIES and char not in _UNSEEN


def _cut(name: str) -> str:
    if len(name.encode()) <= _LONGEST_BYTES:
        return name
    # Not the one in lower case, which may have another length.
    stem, _, extension = name.rpartition(".") if extension_of(name) else (name, "", "")
    ending = f".{extension}".encode() if extension else b""
    kept = stem.encode()[: _LONGEST_BYTES - len(ending)]
    return kept.decode(errors="ignore").rstrip(". ") + ending.decode()
