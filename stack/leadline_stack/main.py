"""The `leadline` command."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, NoReturn
from uuid import UUID

import typer

from leadline_stack import logs as part_logs
from leadline_stack.data_folder import DEFAULT, DataFolder, find_folder
from leadline_stack.errors import StackError
from leadline_stack.stack_secrets import read_secrets
from leadline_stack.status import status as show_status
from leadline_stack.up import UpOptions
from leadline_stack.up import up as run_up

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Leadline on one machine: PostgreSQL, Temporal with its UI, the services, the worker and the gateway.",
)

_FOLDER_HELP = "The folder that holds everything."
_DataDir = Annotated[Path, typer.Option("--data-dir", help=_FOLDER_HELP)]


def _port(help_text: str, usual: int) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(min=1, max=65535, help=help_text, show_default=str(usual))
    return option


@app.command()
def up(
    *,
    data_dir: Annotated[Path | None, typer.Option(help=_FOLDER_HELP, show_default=str(DEFAULT))] = None,
    gateway_port: Annotated[int | None, _port("Port of the REST API.", 8080)] = None,
    temporal_port: Annotated[int | None, _port("Port of Temporal.", 7233)] = None,
    temporal_ui_port: Annotated[int | None, _port("Port of the Temporal UI.", 8233)] = None,
    ephemeral: Annotated[
        bool, typer.Option("--ephemeral", help="Take free ports and a temporary folder, which is removed at the end.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one line of JSON with all addresses, once everything is ready.")
    ] = False,
) -> None:
    """Start everything; Ctrl-C or SIGTERM stops it. Started again on the same folder, all data is there again."""
    if ephemeral and data_dir is not None:
        message = "--ephemeral makes a folder of its own: leave one of the two away."
        raise typer.BadParameter(message, param_hint="--data-dir")
    raise typer.Exit(run_up(UpOptions(data_dir, gateway_port, temporal_port, temporal_ui_port, ephemeral, as_json)))


@app.command()
def token(
    *,
    role: Annotated[str | None, typer.Option(help="admin, who may do everything, or another role.")] = None,
    permissions: Annotated[
        str | None, typer.Option(help="What it allows, by comma, such as leads:view,leads:create.")
    ] = None,
    subject: Annotated[
        UUID | None, typer.Option("--sub", help="The user it speaks for; by default always the same one.")
    ] = None,
    expires_in: Annotated[str, typer.Option(help="How long it is valid, such as 30m, 8h or 7d.")] = "8h",
    data_dir: _DataDir = DEFAULT,
) -> None:
    """Print a bearer token and nothing else. Needs --role admin or --permissions; the stack need not run."""
    # Only here: what signs tokens is large, and `up` stays in memory as long as the stack runs.
    from leadline_stack import tokens  # noqa: PLC0415

    is_admin = role == tokens.ADMIN
    if is_admin and permissions:
        _wrong("--permissions", "An admin may do everything: leave one of the two away.")
    if not is_admin and not permissions:
        _wrong("--role", "Say --role admin, or name what is allowed with --permissions.")
    try:
        allowed = tokens.parse_permissions(permissions) if permissions else ()
    except ValueError as error:
        _wrong("--permissions", str(error))
    try:
        lifetime: timedelta = tokens.parse_duration(expires_in)
    except ValueError as error:
        _wrong("--expires-in", str(error))
    secrets = read_secrets(_found(data_dir))
    typer.echo(
        tokens.make_token(secrets, role=role or "user", permissions=allowed, subject=subject, expires_in=lifetime)
    )


@app.command()
def status(data_dir: _DataDir = DEFAULT) -> None:
    """Show how each part is doing. Exit code 1 when not all of them are ready."""
    raise typer.Exit(show_status(_found(data_dir)))


@app.command()
def logs(
    part: Annotated[str | None, typer.Argument(help="One part; otherwise all.", show_default=False)] = None,
    lines: Annotated[int, typer.Option(min=0, max=100_000, help="How many of the last lines.")] = 50,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what is added, until Ctrl-C.")] = False,
    data_dir: _DataDir = DEFAULT,
) -> None:
    """Show the logs of the parts."""
    folder = _found(data_dir)
    known = part_logs.names(folder)
    if part is not None and part not in known:
        _wrong("PART", f"There is no log of {part!r}. There are: {', '.join(known) or 'none yet'}.")
    part_logs.show(folder, [part] if part else known, lines=lines, follow=follow)


def _found(data_dir: Path) -> DataFolder:
    try:
        return find_folder(data_dir)
    except StackError as error:
        raise _refused(error) from None


def _refused(error: StackError) -> typer.Exit:
    typer.echo(f"leadline: {error}", err=True)
    return typer.Exit(1)


def _wrong(what: str, message: str) -> NoReturn:
    raise typer.BadParameter(message, param_hint=what)
