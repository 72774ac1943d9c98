"""What operators see of a check-sla-clocks run: its current details."""

from leadline_workflows.contracts.clock_check import CheckStep, ClockCheckProgress

_DOING = {
    CheckStep.RECORD: "Recording what clocks missed",
    CheckStep.LEADS: "Looking for leads without a clock",
    CheckStep.RUNS: "Looking for clocks other than their lead's",
    CheckStep.OVER: "Over",
}


def details(known: ClockCheckProgress) -> str:
    """What is done now, and what was found; markdown."""
    return "\n\n".join([f"**{_DOING[known.step]}**", _recorded(known), _compared(known), _next(known)]).rstrip()


def _recorded(known: ClockCheckProgress) -> str:
    counts = {"at risk": known.at_risk, "breached": known.breached, "escalated": known.escalated}
    told = ", ".join(f"{count:,} {what}" for what, count in counts.items() if count)
    return f"Recorded: {told} on {known.missed:,} leads." if told else "Recorded: nothing was missed."


def _compared(known: ClockCheckProgress) -> str:
    found = {
        "leads without a clock": known.without_run,
        "clocks without a lead": known.without_lead,
        "clocks other than their lead's": known.different,
        "clocks that did not answer": known.silent,
    }
    told = ", ".join(f"{count:,} {what}" for what, count in found.items() if count) or "all as it should be"
    return f"Compared: {known.leads:,} leads, {known.runs:,} clocks: {told}. Ordered anew: {known.repaired:,}."


def _next(known: ClockCheckProgress) -> str:
    if known.step is not CheckStep.OVER or not (known.next_lead or known.next_run):
        return ""
    where = [
        f"leads behind {known.next_lead}" if known.next_lead else "leads from the first one",
        f"clocks started until {known.next_run}" if known.next_run else "clocks from the newest one",
    ]
    return f"The next check goes on with {' and '.join(where)}."
