"""`leadline-gateway`: serves the REST API until it is asked to end."""

import typer
from pydantic import ValidationError

from gateway.app import create_app
from gateway.server import open_listener
from gateway.server import serve as serve_http
from gateway.settings import GatewaySettings
from kit.logs import configure_logs
from kit.process import run

app = typer.Typer(add_completion=False, help=__doc__, invoke_without_command=True)


@app.callback()
def main(context: typer.Context) -> None:
    """Serve the REST API; the configuration comes from the environment."""
    if context.invoked_subcommand is None:
        serve()


@app.command()
def serve() -> None:
    """Serve the REST API on LEADLINE_HTTP_LISTEN."""
    try:
        settings = GatewaySettings()
        configure_logs("gateway", settings.log_level)
        listener = open_listener(settings.http_listen)
        application = create_app(settings)
    except ValidationError as error:
        raise _refused(_explain(error)) from None
    except OSError as error:
        raise _refused(str(error)) from None
    run(lambda stop: serve_http(application, listener, stop))


def _refused(message: str) -> typer.Exit:
    typer.echo(f"leadline-gateway: {message}", err=True)
    return typer.Exit(1)


def _explain(error: ValidationError) -> str:
    # Not pydantic's own text: that one shows what was given, and a token secret may be among it.
    found = error.errors(include_input=False, include_url=False)
    names = ["".join(f"LEADLINE_{str(part).upper()}: " for part in each["loc"][:1]) for each in found]
    return "; ".join(name + each["msg"].removeprefix("Value error, ") for name, each in zip(names, found, strict=True))
