"""What documents are, by their first bytes: what they are said to be, or nothing that is taken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import LeadlineError
from leads_service.domain.content_types import kind_of
from tests.unit.leads.refusals import unless_refused
from tests.unit.leads.samples_of_files import OFFICE, OLE, PDF, PNG, SAMPLES, media, zipped

DOCX = f"{OFFICE}wordprocessingml.document"
XLSX = f"{OFFICE}spreadsheetml.sheet"
HTML = b"<!DOCTYPE html><html><body>Hello</body></html>"
SVG = b'<?xml version="1.0"?>\n<!-- a picture -->\n<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
MSI = OLE[:80] + bytes.fromhex("84100c0000000000c000000000000046")
EXE = b"MZ\x90\0\x03\0\0\0\x04" + bytes(100)
ELF = b"\x7fELF\x02\x01\x01" + bytes(100)
JAR = zipped("META-INF/MANIFEST.MF", "Main.class")
SCRIPT = b"#!/bin/sh\nrm -rf /\n"
# Types whose files cannot be told from those of others by what is in them.
ALIKE = [
    {"application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint", "application/vnd.ms-outlook"},
    {"application/vnd.ms-excel", "text/csv"},
    {"image/heic", "image/heif"},
    {"audio/ogg", "video/ogg"},
    {"audio/webm", "video/webm"},
    {"audio/mp4", "video/mp4"},
    {"text/plain", "text/csv", "text/markdown", "application/json", "message/rfc822"},
    {"application/zip", *(each for each in SAMPLES if each.startswith("application/vnd.o"))},
]


def found(claimed: str, name: str, head: bytes) -> str:
    return kind_of(claimed, name, head).content_type


def refused(claimed: str, name: str, head: bytes) -> str:
    """Why it is refused, on the file and nothing else."""
    with pytest.raises(LeadlineError) as caught:
        kind_of(claimed, name, head)
    (violation,) = caught.value.violations
    assert (caught.value.reason, violation.field) == ("VALIDATION_FAILED", "file")
    return violation.reason


@pytest.mark.parametrize("content_type", SAMPLES)
def test_a_file_that_is_what_it_says_is_taken(content_type: str) -> None:
    name, head = SAMPLES[content_type]
    assert found(content_type, name, head) == content_type
    assert found(f"{content_type.upper()}; charset=utf-8", name, head) == content_type


@pytest.mark.parametrize("claimed", ["", "application/octet-stream", "application/octet-stream; x=y"])
@pytest.mark.parametrize("content_type", SAMPLES)
def test_where_nothing_is_said_name_and_content_say_it(content_type: str, claimed: str) -> None:
    name, head = SAMPLES[content_type]
    assert found(claimed, name, head) == content_type


@pytest.mark.parametrize("content_type", SAMPLES)
def test_a_file_that_is_something_else_is_refused(content_type: str) -> None:
    alike = {content_type}.union(*(group for group in ALIKE if content_type in group))
    for other, (name, head) in SAMPLES.items():
        if other not in alike:
            assert refused(content_type, name, head) == "WRONG_TYPE", other


@pytest.mark.parametrize("content", [HTML, SVG, b"\xef\xbb\xbf  \n<HTML>", b"<script>alert(1)</script>"], ids=str)
@pytest.mark.parametrize("claimed", ["", "text/html", "image/svg+xml", "text/plain", "image/png", "application/pdf"])
def test_html_and_svg_are_never_taken(claimed: str, content: bytes) -> None:
    assert refused(claimed, "a.txt", content) == "TYPE_NOT_ALLOWED"


@pytest.mark.parametrize("content", [EXE, ELF, JAR, MSI, SCRIPT], ids=["exe", "elf", "jar", "msi", "script"])
def test_programs_are_never_taken(content: bytes) -> None:
    assert refused("", "a", content) == "TYPE_NOT_ALLOWED"
    for content_type, (name, _) in SAMPLES.items():
        assert refused(content_type, name, content) == "WRONG_TYPE", content_type


@pytest.mark.parametrize("claimed", ["text/html", "application/x-msdownload", "text/javascript", "nonsense", "x" * 500])
def test_other_types_are_not_taken_whatever_is_in_them(claimed: str) -> None:
    assert refused(claimed, "a.txt", b"Hello.") == "TYPE_NOT_ALLOWED"


@pytest.mark.parametrize(
    ("claimed", "name", "head", "content_type"),
    [
        ("image/jpg", "a.jpg", SAMPLES["image/jpeg"][1], "image/jpeg"),
        ("application/x-zip-compressed", "a.zip", SAMPLES["application/zip"][1], "application/zip"),
        # Browsers say so where Excel is installed.
        ("application/vnd.ms-excel", "a.csv", b"a,b\n", "text/csv"),
        ("", "offer", PDF, "application/pdf"),
        ("", "picture.pdf", PNG, "image/png"),
        ("", "notes", b"Hello.", "text/plain"),
        ("", "BM", b"BM is a company", "text/plain"),
        ("", "a.json", b"no JSON", "text/plain"),
        ("", "film", media(b"isom"), "video/mp4"),
        ("text/plain", "a.txt", "Grüße".encode("latin-1"), "text/plain"),
        ("text/plain", "a.md", b'<p align="center">A mark-down file</p>', "text/plain"),
        (DOCX, "a.docx", zipped("[Content_Types].xml"), DOCX),
    ],
)
def test_what_people_send_is_understood(claimed: str, name: str, head: bytes, content_type: str) -> None:
    assert found(claimed, name, head) == content_type


@pytest.mark.parametrize(
    ("claimed", "head"),
    [
        (DOCX, zipped("[Content_Types].xml", "xl/workbook.xml")),
        (XLSX, zipped("a.txt")),
        ("text/plain", b"a\0b"),
        ("text/plain", "Hello.".encode("utf-16")),
        ("text/csv", PDF),
        ("application/json", b"Hello."),
        ("message/rfc822", b"Hello."),
        ("application/octet-stream", OLE),
        ("application/octet-stream", bytes(100)),
    ],
)
def test_what_looks_alike_and_is_not_is_refused(claimed: str, head: bytes) -> None:
    assert refused(claimed, "a", head)


@given(st.sampled_from(["", *SAMPLES]), st.text(max_size=20), st.binary(max_size=300))
def test_whatever_comes_is_taken_for_what_it_is_or_refused_on_the_file(claimed: str, name: str, head: bytes) -> None:
    kind = unless_refused(lambda: kind_of(claimed, name, head), "VALIDATION_FAILED")
    if kind is not None:
        assert kind.is_it(head)
        assert claimed in ("", kind.content_type)
        assert not kind.is_text or b"\0" not in head
