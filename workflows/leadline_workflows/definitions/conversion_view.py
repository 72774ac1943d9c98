"""What operators see of a lead-conversion run: its current details."""

from temporalio import workflow

from leadline_workflows.contracts.conversion import LeadConversionInput
from leadline_workflows.definitions.markdown import joined, plain


class ConversionView:
    """Keeps the current details: who, what is going on now, what is done."""

    def __init__(self, start: LeadConversionInput) -> None:
        self._who = joined(f"**{plain(start.who)}**", f"conversion {start.conversion_id}")
        self._failure = ""
        self._done: list[str] = []

    def doing(self, step: str) -> None:
        """Say what begins now."""
        self._show(f"Now: **{plain(step)}**.")

    def done(self, step: str) -> None:
        """Say what is done; it shows with what comes next."""
        self._done.append(f"- {plain(step)}")

    def failed(self, reason: str, message: str) -> None:
        """Say why the conversion is being undone."""
        self._failure = f"Failed: **{plain(reason)}**. {plain(message)}"

    def over(self, outcome: str) -> None:
        """Say how it ended."""
        self._show(plain(outcome))

    def _show(self, now: str) -> None:
        parts = [self._who, self._failure, now, "\n".join(self._done)]
        workflow.set_current_details("\n\n".join(part for part in parts if part))
