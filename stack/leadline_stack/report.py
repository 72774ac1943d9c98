"""What people see: progress and failures on standard error, where everything is on standard output."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from leadline_stack.keeper import PartStatus
from leadline_stack.logs import last_lines
from leadline_stack.parts import PartState

_LOG_LINES = 20


class _Lasting(Console):
    """Falls silent when nobody reads any more, instead of ending the process: the parts are still there to be kept."""

    def on_broken_pipe(self) -> None:
        self.quiet = True


class Report:
    """Tells how the start goes: a line for each part, and on a terminal what is still awaited."""

    def __init__(self) -> None:
        self._console = _Lasting(stderr=True, soft_wrap=True, highlight=False)
        self._status = self._console.status("")
        self._awaited: dict[str, None] = {}

    def begin(self) -> None:
        """Show what is awaited from now on."""
        self._status.start()

    def end(self) -> None:
        """Show no more of it."""
        self._status.stop()

    def change(self, status: PartStatus) -> None:
        """Tell of a part's change, where people want to know of it."""
        if status.state in (PartState.STARTING, PartState.STOPPING):
            self._awaited[status.name] = None
        else:
            self._awaited.pop(status.name, None)
        if status.state in (PartState.READY, PartState.DONE):
            self._console.print(f"[green]✓[/] {status.name} [dim]{status.state} after {status.seconds:.1f} s[/]")
        if status.state is PartState.RESTARTING:
            self._console.print(f"[yellow]![/] {status.name} {escape(status.note)}")
        self._status.update(f"[dim]{', '.join(self._awaited)} …[/]")

    def say(self, text: str) -> None:
        """Tell something."""
        self._console.print(escape(text))

    def refuse(self, text: str) -> None:
        """Tell why it does not go on."""
        self._console.print(f"[bold red]leadline:[/] {escape(text)}")

    def show_log(self, log: Path, *, kept: bool) -> None:
        """Show the end of a log, and where the rest is."""
        for line in last_lines(log, _LOG_LINES):
            self._console.print(f"  {escape(line)}")
        if kept:
            self._console.print(f"The whole log: {escape(str(log))}")


def announce_json(place: Mapping[str, Any]) -> None:
    """One line for programs."""
    _Lasting(soft_wrap=True, highlight=False, markup=False, emoji=False).print(json.dumps(place))


def announce(place: Mapping[str, Any], logs: Path) -> None:
    """Where everything is, for people, with a line to paste."""
    console = _Lasting(highlight=False, emoji=False)
    rows = Table.grid(padding=(0, 2))
    rows.add_row("API", place["gateway"])
    rows.add_row("API docs", f"{place['gateway']}/docs")
    rows.add_row("Temporal UI", place["temporalUi"])
    rows.add_row("Temporal", place["temporal"])
    for name, address in place["grpc"].items():
        rows.add_row(f"{name} (gRPC)", address)
    rows.add_row("Logs", str(logs))
    console.print(Panel(rows, title="Leadline is ready", expand=False), soft_wrap=True)
    console.print("An administrator's token, for 8 hours:\n", markup=False)
    console.print(f"export TOKEN={place['token']}\n", markup=False, soft_wrap=True)
    console.print("Ctrl-C stops everything.")
