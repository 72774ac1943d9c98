"""What the commands print: progress, the panel of a running stack, the table of its parts."""

import time
from typing import Any

import psutil
from rich.console import Console
from rich.panel import Panel
from rich.table import Table

_MEGABYTE = 1024 * 1024


def progress(console: Console, started: float) -> Any:
    """Says each step with the seconds since the start, on standard error."""

    def say(what: str) -> None:
        console.print(f"[dim]{time.monotonic() - started:5.1f} s[/dim]  {what}", highlight=False, soft_wrap=True)

    return say


def ready_panel(description: dict[str, Any], logs: str) -> Panel:
    """Where everything is, and what to do next."""
    grpc = "  ".join(f"{service} {address}" for service, address in description["grpc"].items())
    lines = [
        f"REST API      {description['gateway']}",
        f"API docs      {description['gateway']}/docs",
        f"Temporal UI   {description['temporalUi']}",
        f"gRPC          {grpc}",
        f"Data          {description['dataDir']}",
        f"Logs          {logs}",
    ]
    return Panel("\n".join(lines), title="Leadline is ready", subtitle="Ctrl-C stops everything", expand=False)


def parts_table(state: dict[str, Any]) -> tuple[Table, bool]:
    """The parts of a stack as they are now, and whether all of them run."""
    table = Table("part", "state", "pid", "uptime", "restarts", "memory", "port", box=None)
    all_run = bool(state["parts"])
    for name, part in state["parts"].items():
        memory = _memory(part["pid"])
        all_run = all_run and memory is not None
        table.add_row(
            name,
            "down" if memory is None else "running",
            str(part["pid"]),
            _duration(time.time() - part["startedAt"]),
            str(part["restarts"]),
            "" if memory is None else f"{memory / _MEGABYTE:.0f} MB",
            str(part["port"]),
        )
    return table, all_run


def _memory(pid: int) -> int | None:
    """Resident bytes of a process with its children; nothing where it is gone."""
    try:
        process = psutil.Process(pid)
        return sum(each.memory_info().rss for each in (process, *process.children(recursive=True)))
    except psutil.Error:
        return None


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h {minutes}m" if hours else f"{minutes}m {rest}s"
