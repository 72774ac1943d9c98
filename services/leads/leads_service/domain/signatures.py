"""What the first bytes of a content tell of it."""

from collections.abc import Callable, Iterator

import puremagic

Test = Callable[[bytes], bool]

_SIGNED_WITHIN = 4 * 1024
# What no text has in it (WHATWG MIME Sniffing: binary data bytes).
_NO_TEXT = bytes({*range(0x20)} - {0x09, 0x0A, 0x0C, 0x0D, 0x1B})
# Text by its characters, yet something else: scripts that systems run, and formats that have types of their own.
_NO_PLAIN_TEXT = (b"#!", b"%PDF-", b"{\\rtf", b"GIF87a", b"GIF89a")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_MARKUP = (b"<!doctype html", b"<html", b"<head", b"<body", b"<script", b"<iframe", b"<!doctype svg", b"<svg")
_MARKUP_WITHIN = 4 * 1024
_STARTS_OF_JSON = (*(bytes([each]) for each in b'{["-0123456789'), b"true", b"false", b"null")
_LOCAL_HEADER = b"PK\x03\x04"
_EMPTY_ZIP = b"PK\x05\x06"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# The class of what Windows installs.
_OF_INSTALLERS = bytes.fromhex("84100c0000000000c000000000000046")
# Zip files that are programs.
_OF_PROGRAMS = {"META-INF/MANIFEST.MF", "AndroidManifest.xml", "classes.dex"}
_OF_ALL_OFFICE = ("[Content_Types].xml", "_rels/", "docProps/")
_OF_ONE_OFFICE = ("word/", "xl/", "ppt/")


def is_text(chunk: bytes) -> bool:
    """Whether these bytes may be some of a text in UTF-8 or a Latin code."""
    return len(chunk.translate(None, _NO_TEXT)) == len(chunk)


def is_markup(head: bytes) -> bool:
    """Whether it begins as HTML or SVG does, behind white space, comments and declarations of XML."""
    text = head[:_MARKUP_WITHIN].removeprefix(_BYTE_ORDER_MARK).lower().lstrip()
    while text.startswith((b"<?", b"<!--")):
        _, _, text = text.partition(b"-->" if text.startswith(b"<!--") else b"?>")
        text = text.lstrip()
    return text.startswith(_MARKUP)


def is_plain_text(head: bytes) -> bool:
    """Whether it is a text and nothing more."""
    return is_text(head) and not head.startswith(_NO_PLAIN_TEXT)


def is_json(head: bytes) -> bool:
    """Whether it is a text that begins as a JSON value does."""
    text = head.removeprefix(_BYTE_ORDER_MARK).lstrip()
    return is_plain_text(head) and text.startswith(_STARTS_OF_JSON)


def is_mail(head: bytes) -> bool:
    """Whether it is a text that begins with a field of a mail's head, or with the line that mailboxes put before it."""
    line = head.removeprefix(_BYTE_ORDER_MARK).lstrip().partition(b"\n")[0]
    name, colon, _ = line.partition(b":")
    begins = line.startswith(b"From ") or (colon != b"" and name.replace(b"-", b"").isalnum())
    return is_plain_text(head) and begins


def signed(*extensions: str) -> Test:
    """Told by a signature that puremagic knows under one of these extensions."""
    return lambda head: not _signatures(head).isdisjoint(extensions)


def starts_with(*beginnings: bytes) -> Test:
    """Told by its very first bytes."""
    return lambda head: head.startswith(beginnings)


def is_riff(kind: bytes) -> Test:
    """A RIFF file of this kind."""
    return lambda head: head.startswith(b"RIFF") and head[8:12] == kind


def is_frame(mask: int, value: int) -> Test:
    """Told by the second byte of its first frame (MPEG audio)."""
    return lambda head: len(head) > 1 and head[0] == 0xFF and head[1] & mask == value


def is_media_of(*brands: bytes) -> Test:
    """An ISO media file, as MP4 and its relatives are, of one of these brands."""
    return lambda head: head[4:8] == b"ftyp" and head[8:12] in brands


def is_media_beside(*brands: bytes) -> Test:
    """An ISO media file of any other brand."""
    return lambda head: head[4:8] == b"ftyp" and head[8:12] not in brands


def is_matroska(document_type: bytes) -> Test:
    """A Matroska file of this document type."""
    return lambda head: head.startswith(b"\x1aE\xdf\xa3") and document_type in head[:64]


def is_ole(head: bytes) -> bool:
    """Whether it is a file as Office and Outlook wrote it before they used zip, and no installer, which is one too."""
    return head.startswith(_OLE) and _OF_INSTALLERS not in head


def is_zip(head: bytes) -> bool:
    """Whether it is a zip file and no program in one."""
    return head.startswith((_LOCAL_HEADER, _EMPTY_ZIP)) and _OF_PROGRAMS.isdisjoint(_names_in(head))


def is_office(folder: str) -> Test:
    """A zip file as Microsoft Office writes it, with this folder in it or, as far as can be seen, with none."""

    def test(head: bytes) -> bool:
        names = list(_names_in(head)) if is_zip(head) else []
        own = any(name.startswith(folder) for name in names)
        other = any(name.startswith(_OF_ONE_OFFICE) for name in names)
        return own or (not other and any(name.startswith(_OF_ALL_OFFICE) for name in names))

    return test


def is_open_document(content_type: str) -> Test:
    """A zip file whose first entry is its own content type, as OpenDocument has it."""
    said = f"mimetype{content_type}".encode()
    return lambda head: is_zip(head) and head[30:].startswith(said)


def _signatures(head: bytes) -> set[str]:
    try:
        return {found.extension for found in puremagic.magic_string(head[:_SIGNED_WITHIN])}
    except (puremagic.PureError, ValueError):
        return set()


def _names_in(head: bytes) -> Iterator[str]:
    """The names of the entries of a zip file whose own heads can be seen."""
    place = head.find(_LOCAL_HEADER)
    while place >= 0:
        length = int.from_bytes(head[place + 26 : place + 28], "little")
        yield head[place + 30 : place + 30 + length].decode("utf-8", "replace")
        place = head.find(_LOCAL_HEADER, place + 4)
