"""What conditions look at: a lead's values by their REST names."""

from collections.abc import Callable
from typing import Any

from leads_service.domain.configuration import Configuration
from leads_service.domain.lead import Lead, value_of

Facts = Callable[[str], Any]


def facts_of(lead: Lead, configuration: Configuration) -> Facts:
    """Answers the value of a lead's field or of ``customFields.<key>``; nothing for an unknown one."""

    def fact(name: str) -> Any:
        return configuration.stage_name(lead.stage_id) if name == "stageName" else value_of(lead, name)

    return fact
