"""Names of files: what is left of whatever a caller sends."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from leads_service.domain.file_names import extension_of, safe_name

TEXT = st.text(st.characters(codec=None), max_size=400)


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("offer.pdf", "offer.pdf"),
        ("Angebot für Müller & Söhne (2).pdf", "Angebot für Müller & Söhne (2).pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\alice\\offer.pdf", "offer.pdf"),
        ("a/b\\c/../offer.pdf", "offer.pdf"),
        ("offer.pdf/", "document"),
        ("..", "document"),
        ("", "document"),
        (" . ", "document"),
        (".htaccess", "htaccess"),
        ("offer.pdf. ", "offer.pdf"),
        ("of\0fer\r\n.p\x7fdf", "offer.pdf"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("u\u0308ber.txt", "über.txt"),
        ("می\u200cخواهم.txt", "می\u200cخواهم.txt"),
        ("half\ud800.txt", "half.txt"),
    ],
)
def test_a_name_keeps_what_is_a_name(given_name: str, kept: str) -> None:
    assert safe_name(given_name) == kept


def test_a_long_name_keeps_its_extension() -> None:
    assert safe_name("ü" * 300 + ".PDF") == "ü" * 125 + ".PDF"
    assert safe_name("a" * 300) == "a" * 255
    assert safe_name("a." + "b" * 300) == "a." + "b" * 253


@given(TEXT)
@example("." * 300 + "a")
@example("a" * 254 + ". .pdf")
def test_every_name_is_safe_and_stays_as_it_is_when_it_comes_again(given_name: str) -> None:
    name = safe_name(given_name)
    assert 1 <= len(name.encode()) <= 255
    assert not name.startswith((".", " "))
    assert not set(name) & {"/", "\\", "\0", "\u202e", "\ufeff"}
    assert not any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in name)
    assert unicodedata.is_normalized("NFC", name)
    assert safe_name(name) == name


@given(st.text("abc", min_size=1, max_size=400), st.sampled_from([".pdf", ".tar", ".DOCX"]))
def test_the_extension_is_never_lost(stem: str, extension: str) -> None:
    assert safe_name(stem + extension).endswith(extension)
    assert extension_of(safe_name(stem + extension)) == extension.lower()


@pytest.mark.parametrize(("name", "extension"), [("a.tar.gz", ".gz"), ("a", ""), (".a", ""), ("a.", ""), ("A.B", ".b")])
def test_an_extension_stands_behind_a_name(name: str, extension: str) -> None:
    assert extension_of(name) == extension
