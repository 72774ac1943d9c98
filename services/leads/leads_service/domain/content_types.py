"""The content types of documents that are taken, by what they are and not only by what they are called."""

from dataclasses import dataclass

from kit.errors import LeadlineError, invalid_field
from leads_service.domain import signatures as told_by
from leads_service.domain.file_names import extension_of
from leads_service.domain.signatures import Test

# So many bytes tell what a content is.
HEAD_BYTES = 64 * 1024
_OPEN = "application/vnd.oasis.opendocument."
_OFFICE = "application/vnd.openxmlformats-officedocument."
_HEIF = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1")
_AVIF = (b"avif", b"avis")
_SOUND = (b"M4A ", b"M4B ", b"F4A ")
_QUICKTIME = b"qt  "
_EXCEL = "application/vnd.ms-excel"


@dataclass(frozen=True, slots=True)
class Kind:
    """A content type that is taken."""

    content_type: str
    # Usual ones, of file names.
    extensions: tuple[str, ...]
    is_it: Test
    is_text: bool = False
    # The content alone does not tell it from others.
    needs_name: bool = False


# Where several are right, the first one is meant.
_ALL = (
    Kind("application/pdf", (".pdf",), told_by.signed(".pdf")),
    Kind("image/png", (".png",), told_by.signed(".png")),
    Kind("image/jpeg", (".jpg", ".jpeg", ".jpe", ".jfif"), told_by.signed(".jpg")),
    Kind("image/gif", (".gif",), told_by.signed(".gif")),
    Kind("image/webp", (".webp",), told_by.is_riff(b"WEBP")),
    Kind("image/tiff", (".tif", ".tiff"), told_by.signed(".tif", ".tiff")),
    Kind("image/heic", (".heic",), told_by.is_media_of(*_HEIF)),
    Kind("image/heif", (".heif",), told_by.is_media_of(*_HEIF)),
    Kind("image/avif", (".avif",), told_by.is_media_of(*_AVIF)),
    Kind(f"{_OPEN}text", (".odt",), told_by.is_open_document(f"{_OPEN}text")),
    Kind(f"{_OPEN}spreadsheet", (".ods",), told_by.is_open_document(f"{_OPEN}spreadsheet")),
    Kind(f"{_OPEN}presentation", (".odp",), told_by.is_open_document(f"{_OPEN}presentation")),
    Kind(f"{_OPEN}graphics", (".odg",), told_by.is_open_document(f"{_OPEN}graphics")),
    Kind(f"{_OFFICE}wordprocessingml.document", (".docx",), told_by.is_office("word/")),
    Kind(f"{_OFFICE}spreadsheetml.sheet", (".xlsx",), told_by.is_office("xl/")),
    Kind(f"{_OFFICE}presentationml.presentation", (".pptx",), told_by.is_office("ppt/")),
    Kind("application/zip", (".zip",), told_by.is_zip),
    Kind("application/msword", (".doc", ".dot"), told_by.is_ole, needs_name=True),
    Kind(_EXCEL, (".xls", ".xlt"), told_by.is_ole, needs_name=True),
    Kind("application/vnd.ms-powerpoint", (".ppt", ".pps"), told_by.is_ole, needs_name=True),
    Kind("application/vnd.ms-outlook", (".msg",), told_by.is_ole, needs_name=True),
    Kind("application/rtf", (".rtf",), told_by.signed(".rtf")),
    Kind("audio/mpeg", (".mp3",), lambda head: head[:3] == b"ID3" or told_by.is_frame(0xE6, 0xE2)(head)),
    Kind("audio/aac", (".aac",), told_by.is_frame(0xF6, 0xF0)),
    Kind("audio/wav", (".wav",), told_by.is_riff(b"WAVE")),
    Kind("audio/flac", (".flac",), told_by.signed(".flac")),
    Kind("audio/ogg", (".ogg", ".oga", ".opus"), told_by.signed(".ogg")),
    Kind("audio/webm", (".weba",), told_by.is_matroska(b"webm"), needs_name=True),
    Kind("video/ogg", (".ogv",), told_by.signed(".ogg"), needs_name=True),
    Kind("video/mp4", (".mp4", ".m4v"), told_by.is_media_beside(*_HEIF, *_AVIF, *_SOUND, _QUICKTIME)),
    Kind("audio/mp4", (".m4a", ".m4b"), told_by.is_media_beside(*_HEIF, *_AVIF, _QUICKTIME)),
    Kind("video/quicktime", (".mov", ".qt"), told_by.is_media_of(_QUICKTIME)),
    Kind("video/webm", (".webm",), told_by.is_matroska(b"webm")),
    Kind("video/x-matroska", (".mkv",), told_by.is_matroska(b"matroska")),
    Kind("video/x-msvideo", (".avi",), told_by.is_riff(b"AVI ")),
    Kind("video/mpeg", (".mpg", ".mpeg"), told_by.starts_with(b"\0\0\x01\xba", b"\0\0\x01\xb3")),
    Kind("text/plain", (".txt", ".log"), told_by.is_plain_text, is_text=True),
    Kind("text/csv", (".csv",), told_by.is_plain_text, is_text=True, needs_name=True),
    Kind("text/markdown", (".md", ".markdown"), told_by.is_plain_text, is_text=True, needs_name=True),
    Kind("application/json", (".json",), told_by.is_json, is_text=True, needs_name=True),
    Kind("message/rfc822", (".eml",), told_by.is_mail, is_text=True, needs_name=True),
    Kind("image/bmp", (".bmp",), told_by.signed(".bmp")),
)
_BY_TYPE = {kind.content_type: kind for kind in _ALL}
# What is said where nothing is known.
_UNSAID = {"", "application/octet-stream", "binary/octet-stream", "application/x-download"}
_ALIASES = {
    "application/csv": "text/csv",
    "application/ogg": "audio/ogg",
    "application/x-pdf": "application/pdf",
    "application/x-zip-compressed": "application/zip",
    "audio/m4a": "audio/mp4",
    "audio/mp3": "audio/mpeg",
    "audio/wave": "audio/wav",
    "audio/x-flac": "audio/flac",
    "audio/x-m4a": "audio/mp4",
    "audio/x-wav": "audio/wav",
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/x-ms-bmp": "image/bmp",
    "text/json": "application/json",
    "text/rtf": "application/rtf",
    "text/x-markdown": "text/markdown",
    "video/avi": "video/x-msvideo",
    "video/x-m4v": "video/mp4",
}


def kind_of(claimed: str, name: str, head: bytes) -> Kind:
    """What a content is that begins in this way. Where nothing is claimed, its name and its content say it.

    Raises:
        LeadlineError: VALIDATION_FAILED on ``file`` for what is not taken, or is not what it is said to be.
    """
    if told_by.is_markup(head):
        raise _refuse("TYPE_NOT_ALLOWED", "HTML and SVG are not taken, whatever they are called.")
    said = claimed.partition(";")[0].strip().lower()
    if said in _UNSAID:
        return _found(extension_of(name), head)
    # Where Excel is installed, browsers say so of CSV files.
    meant = "text/csv" if said == _EXCEL and extension_of(name) == ".csv" else _ALIASES.get(said, said)
    kind = _BY_TYPE.get(meant)
    if kind is None:
        raise _refuse("TYPE_NOT_ALLOWED", f"Documents of the type {said[:100]} are not taken.")
    if not kind.is_it(head):
        raise _refuse("WRONG_TYPE", f"The content is not what its type {meant} says.")
    return kind


def _found(extension: str, head: bytes) -> Kind:
    by_name = [kind for kind in _ALL if extension in kind.extensions]
    by_content = [kind for kind in _ALL if not kind.needs_name]
    kind = next((kind for kind in (*by_name, *by_content) if kind.is_it(head)), None)
    if kind is None:
        raise _refuse("TYPE_NOT_ALLOWED", "This is none of the types of documents that are taken.")
    return kind


def _refuse(reason: str, message: str) -> LeadlineError:
    return invalid_field("file", reason, message)
