"""What operators see of a saga's run: its current details."""

from datetime import UTC, datetime

from temporalio import workflow

from leadline_workflows.definitions.markdown import plain


class SagaView:
    """Keeps the current details: what it is about, what is going on now, what is done."""

    def __init__(self, subject: str) -> None:
        """``subject`` is markdown, on one line."""
        self._subject = subject
        self._failure = ""
        self._done: list[str] = []

    def doing(self, step: str, so_far: str = "") -> None:
        """Say what begins now, and how far it is."""
        self._show(f"Now: **{plain(step)}**. {plain(so_far)}".strip())

    def waiting(self, step: str, since: datetime, reason: str, message: str) -> None:
        """Say what is waited for, since when, and why."""
        at = f"{since.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z"
        self._show(f"**Waiting** since {at}: **{plain(step)}**. {plain(reason)}: {plain(message)}")

    def done(self, step: str) -> None:
        """Say what is done; it shows with what comes next."""
        self._done.append(f"- {plain(step)}")

    def failed(self, reason: str, message: str) -> None:
        """Say why everything is being undone."""
        self._failure = f"Failed: **{plain(reason)}**. {plain(message)}"

    def over(self, outcome: str) -> None:
        """Say how it ended."""
        self._show(plain(outcome))

    def _show(self, now: str) -> None:
        parts = [self._subject, self._failure, now, "\n".join(self._done)]
        workflow.set_current_details("\n\n".join(part for part in parts if part))
