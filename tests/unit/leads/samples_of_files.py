"""The beginnings of files, one of each type that is taken."""

import io
import zipfile

ODF = "application/vnd.oasis.opendocument."
OFFICE = "application/vnd.openxmlformats-officedocument."
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n"
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(50)


def zipped(*names: str, first: str | None = None) -> bytes:
    """A zip file with these entries; ``first`` is what an OpenDocument says of itself."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        if first is not None:
            archive.writestr(zipfile.ZipInfo("mimetype"), first)
        for name in names:
            archive.writestr(name, "some text" * 10)
    return content.getvalue()


def media(brand: bytes) -> bytes:
    """An ISO media file of this brand."""
    return b"\0\0\0\x18ftyp" + brand + b"\0\0\0\0isom" + bytes(50)


def riff(kind: bytes) -> bytes:
    """A RIFF file of this kind."""
    return b"RIFF\x24\0\0\0" + kind + bytes(50)


def matroska(document_type: bytes) -> bytes:
    """A Matroska file of this document type."""
    return b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\x82\x84" + document_type + bytes(20)


OFFICE_PARTS = ("[Content_Types].xml", "_rels/.rels")
# By content type: a usual name, and how such a file begins.
SAMPLES: dict[str, tuple[str, bytes]] = {
    "application/pdf": ("a.pdf", PDF),
    "image/png": ("a.png", PNG),
    "image/jpeg": ("a.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF\0" + bytes(50)),
    "image/gif": ("a.gif", b"GIF89a\x01\0\x01\0" + bytes(20)),
    "image/webp": ("a.webp", riff(b"WEBPVP8 ")),
    "image/tiff": ("a.tif", b"II*\0\x08\0\0\0" + bytes(50)),
    "image/bmp": ("a.bmp", b"BM\x36\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0" + bytes(50)),
    "image/heic": ("a.heic", media(b"heic")),
    "image/heif": ("a.heif", media(b"mif1")),
    "image/avif": ("a.avif", media(b"avif")),
    f"{ODF}text": ("a.odt", zipped("content.xml", first=f"{ODF}text")),
    f"{ODF}spreadsheet": ("a.ods", zipped("content.xml", first=f"{ODF}spreadsheet")),
    f"{ODF}presentation": ("a.odp", zipped("content.xml", first=f"{ODF}presentation")),
    f"{ODF}graphics": ("a.odg", zipped("content.xml", first=f"{ODF}graphics")),
    f"{OFFICE}wordprocessingml.document": ("a.docx", zipped(*OFFICE_PARTS, "word/document.xml")),
    f"{OFFICE}spreadsheetml.sheet": ("a.xlsx", zipped("docProps/app.xml", "xl/workbook.xml", *OFFICE_PARTS)),
    f"{OFFICE}presentationml.presentation": ("a.pptx", zipped(*OFFICE_PARTS, "ppt/presentation.xml")),
    "application/zip": ("a.zip", zipped("a.txt")),
    "application/msword": ("a.doc", OLE),
    "application/vnd.ms-excel": ("a.xls", OLE),
    "application/vnd.ms-powerpoint": ("a.ppt", OLE),
    "application/vnd.ms-outlook": ("a.msg", OLE),
    "application/rtf": ("a.rtf", b"{\\rtf1\\ansi Hello.}"),
    "audio/mpeg": ("a.mp3", b"ID3\x04\0\0\0\0\0\x23TSSE" + bytes(50)),
    "audio/aac": ("a.aac", b"\xff\xf1\x50\x80" + bytes(50)),
    "audio/wav": ("a.wav", riff(b"WAVEfmt ")),
    "audio/flac": ("a.flac", b"fLaC\0\0\0\x22" + bytes(50)),
    "audio/ogg": ("a.ogg", b"OggS\0\x02" + bytes(50)),
    "audio/mp4": ("a.m4a", media(b"M4A ")),
    "audio/webm": ("a.weba", matroska(b"webm")),
    "video/ogg": ("a.ogv", b"OggS\0\x02" + bytes(50)),
    "video/mp4": ("a.mp4", media(b"mp42")),
    "video/quicktime": ("a.mov", media(b"qt  ")),
    "video/webm": ("a.webm", matroska(b"webm")),
    "video/x-matroska": ("a.mkv", matroska(b"matroska")),
    "video/x-msvideo": ("a.avi", riff(b"AVI LIST")),
    "video/mpeg": ("a.mpg", b"\0\0\x01\xba\x44" + bytes(50)),
    "text/plain": ("a.txt", "Grüße aus Köln,\nAlice".encode()),
    "text/csv": ("a.csv", b"name,company\nAlice,StartupIO\n"),
    "text/markdown": ("a.md", b"# Offer\n\n<b>All</b> of it.\n"),
    "application/json": ("a.json", b'\xef\xbb\xbf {"a": 1}'),
    "message/rfc822": ("a.eml", b"Received: from a\r\nFrom: alice@startup.io\r\n\r\nHello."),
}
