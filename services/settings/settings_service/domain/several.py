"""Rules for fields that hold several values."""

from collections.abc import Sequence
from typing import Any

from kit.errors import FieldViolation, LeadlineError, invalid_field
from settings_service.domain.fields import Rule
from settings_service.domain.refusal import refuse


def each_once(one: Rule, most: int) -> Rule:
    """Up to ``most`` values that fulfil the rule of one, none of them twice."""

    def rule(field: str, values: Sequence[Any]) -> tuple[Any, ...]:
        if len(values) > most:
            raise invalid_field(field, "TOO_LONG", f"Must have at most {most:,} entries.")
        kept: dict[Any, None] = {}
        violations: list[FieldViolation] = []
        for place, value in enumerate(values):
            try:
                cleaned = one(f"{field}[{place}]", value)
            except LeadlineError as error:
                violations.extend(error.violations)
                continue
            if cleaned in kept:
                violations.append(FieldViolation(f"{field}[{place}]", "REPEATED", "Must not stand there twice."))
            kept[cleaned] = None
        refuse(violations)
        return tuple(kept)

    return rule
