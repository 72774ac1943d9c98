"""Imports leads from a CSV file through Leadline's REST API, and waits for the end.

    python examples/import_leads.py leads.csv --token "$TOKEN" --refused refused.csv \\
        --map "E-mail=email" --map "Origin=source" --map "Size=customFields.companySize" --map "Internal=" \\
        --value "source:Trade Show=event" --value "source:*=other" --set priority=high

The same file with the same flags again, within 24 hours, is the same import: no lead is made twice. Exit code: 0 when
every row became a lead, was left out or was refused for a reason of its own, 1 when something else went wrong, 2 when
the flags are wrong.
"""

import codecs
import hashlib
import json
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import IO, Annotated, Any

import httpx
import tenacity
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

_TIMEOUT_SECONDS = 60.0
_SECONDS_BETWEEN_LOOKS = 0.5
_CHUNK_BYTES = 64 * 1024
_TEMPORARY = {429, 502, 503, 504}


class Duplicates(StrEnum):
    """What becomes of a row whose e-mail, else phone, a lead has already."""

    SKIP = "skip"
    UPDATE = "update"
    CREATE = "create"


class NotDoneError(Exception):
    """The import did not come to its end; the message says why."""


File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="CSV with a header")]
Maps = Annotated[
    list[str] | None,
    typer.Option("--map", metavar="COLUMN=FIELD", help="where a column goes; without FIELD it is left out"),
]
Sets = Annotated[
    list[str] | None, typer.Option("--set", metavar="FIELD=VALUE", help="for rows where no column gives a value")
]
Values = Annotated[
    list[str] | None, typer.Option("--value", metavar="FIELD:OLD=NEW", help="OLD may be * for all other values")
]
Rest = Annotated[bool, typer.Option("--rest-to-custom-fields", help="keep all other columns as custom fields")]
OnDuplicates = Annotated[Duplicates, typer.Option("--duplicates", help="rows whose e-mail or phone a lead has")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="go through all rows without changing any lead")]
RefusedTo = Annotated[
    Path | None, typer.Option("--refused", dir_okay=False, help="write the refused rows with their reasons to this CSV")
]
Encoding = Annotated[str, typer.Option(help="of the file, such as cp1252")]
Url = Annotated[str, typer.Option(help="the gateway")]
Token = Annotated[str, typer.Option(envvar="LEADLINE_TOKEN", help="permission leads:import")]
Patience = Annotated[float, typer.Option(min=0, help="seconds for which a call is tried again")]


class Importer:
    """The calls of one import. Each is tried again while the gateway or a part behind it is away."""

    def __init__(self, http: httpx.Client, patience: float) -> None:
        self._http = http
        self._again = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(httpx.TransportError) | tenacity.retry_if_result(_is_temporary),
            stop=tenacity.stop_after_delay(patience),
            wait=tenacity.wait_random_exponential(multiplier=0.2, max=10),
            retry_error_callback=lambda state: state.outcome.result() if state.outcome else None,
        )

    def start(self, name: str, content: IO[bytes], options: str) -> dict[str, Any]:
        """Send the file; the key makes a second attempt, or a second run, find the first one's import."""
        key = hashlib.sha256(options.encode())
        while chunk := content.read(_CHUNK_BYTES):
            key.update(chunk)

        def send() -> httpx.Response:
            content.seek(0)
            parts: list[tuple[str, Any]] = [
                ("options", (None, options, "application/json")),
                ("file", (name, content, "text/csv")),
            ]
            return self._http.post(
                "/leads/import", files=parts, headers={"Idempotency-Key": f"import-{key.hexdigest()}"}
            )

        return _answer(self._again(send), 202)

    def follow(self, found: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """The import as it stands, now and then, until it has ended."""
        while True:
            yield found
            if found["state"] != "running":
                return
            time.sleep(_SECONDS_BETWEEN_LOOKS)
            found = _answer(self._again(self._http.get, f"/leads/import/{found['id']}"), 200)

    def save_refused(self, import_id: str, path: Path) -> None:
        """Write the refused rows to a file."""
        with self._http.stream("GET", f"/leads/import/{import_id}/refused") as response, path.open("wb") as file:
            if response.status_code != 200:
                response.read()
                _answer(response, 200)
            for chunk in response.iter_bytes():
                file.write(chunk)


def main(
    file: File,
    *,
    columns: Maps = None,
    constants: Sets = None,
    replacements: Values = None,
    rest: Rest = False,
    duplicates: OnDuplicates = Duplicates.SKIP,
    dry_run: DryRun = False,
    refused: RefusedTo = None,
    encoding: Encoding = "utf-8",
    url: Url = "http://127.0.0.1:8080",
    token: Token = "",
    patience: Patience = 60.0,
) -> None:
    """Make a lead of each row of FILE. A column that is not mapped goes to the field of its name."""
    options = {
        "mapping": _mapping(columns or ()),
        "restToCustomFields": rest,
        "defaults": dict(_pairs("--set", constants or ())),
        "values": _values(replacements or ()),
        "duplicates": duplicates,
        "dryRun": dry_run,
    }
    _check(url, token, refused, encoding)
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=url, headers=headers, timeout=_TIMEOUT_SECONDS) as http:
        try:
            with _in_utf8(file, encoding) as content:
                _run(Importer(http, patience), file.name, content, json.dumps(options), refused)
        except (NotDoneError, httpx.HTTPError) as error:
            typer.echo(f"{file}: {error}", err=True)
            raise typer.Exit(1) from None


def _run(importer: Importer, name: str, content: IO[bytes], options: str, refused: Path | None) -> None:
    started = importer.start(name, content, options)
    try:
        ended = _watch(importer, started)
    except KeyboardInterrupt:
        message = f"it goes on without you; POST /leads/import/{started['id']}/cancel ends it"
        raise NotDoneError(message) from None
    typer.echo(_counts(ended))
    if refused and ended["refused"]:
        importer.save_refused(ended["id"], refused)
    if ended["state"] != "completed":
        failure = ended["failure"]
        raise NotDoneError(failure["message"] if failure else f"the import was {ended['state']}")


def _watch(importer: Importer, started: dict[str, Any]) -> dict[str, Any]:
    """Show how far it is; answers how it ended."""
    now = started
    columns = BarColumn(), TaskProgressColumn(), TimeElapsedColumn(), TextColumn("{task.description}")
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=started["sizeBytes"])
        for now in importer.follow(started):
            bar.update(task, completed=now["processedBytes"], description=_counts(now))
    return now


def _counts(found: dict[str, Any]) -> str:
    names = ("created", "updated", "skipped", "refused")
    counted = ", ".join(f"{found[name]} {name}" for name in names)
    return f"{counted} (dry run)" if found["options"]["dryRun"] else counted


def _answer(response: httpx.Response, expected: int) -> dict[str, Any]:
    """The JSON of a good answer.

    Raises:
        NotDoneError: it is another one; says what the problem says.
    """
    try:
        said = response.json()
    except ValueError:
        said = {}
    if response.status_code == expected and isinstance(said, dict):
        return said
    detail = said.get("detail") if isinstance(said, dict) else None
    raise NotDoneError(str(detail or f"{response.status_code} {response.reason_phrase}"))


def _is_temporary(response: httpx.Response) -> bool:
    # An earlier attempt, whose answer did not reach us, may still be at work.
    return response.status_code in _TEMPORARY or (
        response.status_code == 409 and "idempotency_in_progress" in response.text
    )


@contextmanager
def _in_utf8(path: Path, encoding: str) -> Iterator[IO[bytes]]:
    """The file's bytes, as UTF-8 whatever it is in."""
    with path.open("rb") as file:
        if codecs.lookup(encoding).name in {"utf-8", "utf-8-sig"}:
            yield file
            return
        with tempfile.TemporaryFile() as recoded:
            try:
                shutil.copyfileobj(codecs.EncodedFile(file, "utf-8", encoding), recoded)
            except UnicodeDecodeError as error:
                raise NotDoneError(f"it is not {encoding}: {error}") from None
            recoded.seek(0)
            yield recoded


def _mapping(flags: Iterable[str]) -> dict[str, str | None]:
    mapping: dict[str, str | None] = {}
    for column, field in _pairs("--map", flags, from_right=True):
        if column in mapping:
            raise typer.BadParameter(f"{column} is mapped twice", param_hint="--map")
        mapping[column] = field or None
    return mapping


def _pairs(name: str, flags: Iterable[str], *, from_right: bool = False) -> Iterator[tuple[str, str]]:
    for flag in flags:
        left, found, right = flag.rpartition("=") if from_right else flag.partition("=")
        if not found or not left.strip():
            raise typer.BadParameter(f"{flag}: there must be = in it", param_hint=name)
        yield left.strip(), right.strip()


def _values(flags: Iterable[str]) -> dict[str, dict[str, str]]:
    values: dict[str, dict[str, str]] = {}
    for left, new in _pairs("--value", flags, from_right=True):
        field, found, old = left.partition(":")
        if not found:
            raise typer.BadParameter(f"{left}={new}: must be FIELD:OLD=NEW", param_hint="--value")
        values.setdefault(field.strip(), {})[old.strip()] = new
    return values


def _check(url: str, token: str, refused: Path | None, encoding: str) -> None:
    """Refuse what would go wrong only later."""
    try:
        codecs.lookup(encoding)
    except LookupError as error:
        raise typer.BadParameter(str(error), param_hint="--encoding") from None
    if not token:
        raise typer.BadParameter("give one, or set LEADLINE_TOKEN", param_hint="--token")
    if httpx.URL(url).scheme not in {"http", "https"}:
        raise typer.BadParameter("must start with http:// or https://", param_hint="--url")
    if refused and not refused.parent.is_dir():
        raise typer.BadParameter(f"there is no folder {refused.parent}", param_hint="--refused")


if __name__ == "__main__":
    typer.run(main)
