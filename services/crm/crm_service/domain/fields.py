"""What single fields may hold. A rule takes a value, answers it in the form that is kept, or refuses it."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

from kit.errors import FieldViolation, LeadlineError, invalid, invalid_field
from kit.ids import parse_id

# Gets the REST name of the field and its value, where None and empty text are nothing; raises VALIDATION_FAILED.
Rule = Callable[[str, Any], Any]

LONGEST_TEXT = 20_000
MOST_MONEY = Decimal("9999999999999.99")

_CENT = Decimal("0.01")
_DECIMAL = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?")
_CURRENCY = re.compile(r"[A-Z]{3}")
_E164 = re.compile(r"\+[1-9][0-9]{1,14}")
_DOMAIN = re.compile(r"[^\s@/]{1,253}")
LINE_BREAKS = "\t\n\r"


def rest_name(name: str) -> str:
    """The REST name of a field: ``unitPrice`` for ``unit_price``."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def checked(rules: Mapping[str, Rule], given: Mapping[str, Any], *, path: str = "") -> dict[str, Any]:
    """The given fields in the form that is kept; ``path`` is where they stand in the request.

    Raises:
        LeadlineError: VALIDATION_FAILED naming every field at fault.
    """
    kept: dict[str, Any] = {}
    violations: list[FieldViolation] = []
    for field, value in given.items():
        try:
            kept[field] = rules[field](path + rest_name(field), value)
        except LeadlineError as error:
            violations.extend(error.violations)
    if violations:
        raise invalid(*violations)
    return kept


def required(rule: Rule) -> Rule:
    """The rule, for a field that must be there."""

    def needed(field: str, value: Any) -> Any:
        kept = rule(field, value)
        if kept is None:
            raise invalid_field(field, "REQUIRED", "Must not be empty.")
        return kept

    return needed


def id_(field: str, value: str | None) -> UUID | None:
    """A UUID."""
    return parse_id(value, field) if value else None


def line(longest: int) -> Rule:
    """One line, without white space around it."""
    return _text(longest, allowed="", message="Must be one line without control characters.")


def text(longest: int) -> Rule:
    """Any number of lines, without white space around them."""
    return _text(longest, allowed=LINE_BREAKS, message="Must not contain control characters.")


def has_control_character(value: str, allowed: str) -> bool:
    """Whether there is one beside those that are allowed."""
    return any(unicodedata.category(each) == "Cc" and each not in allowed for each in value)


def _text(longest: int, *, allowed: str, message: str) -> Rule:
    def rule(field: str, value: str | None) -> str | None:
        kept = (value or "").strip()
        if len(kept) > longest:
            raise invalid_field(field, "TOO_LONG", f"Must have at most {longest} characters.")
        if has_control_character(kept, allowed):
            raise invalid_field(field, "CONTROL_CHARACTER", message)
        return kept or None

    return rule


def money(field: str, value: str | None) -> Decimal | None:
    """A decimal in text, 0 or more, rounded half up to two decimals (spec: conventions)."""
    if not value:
        return None
    if not _DECIMAL.fullmatch(value):
        raise invalid_field(field, "NOT_A_NUMBER", "Must be a decimal number such as 5000.00.")
    amount = Decimal(value)
    # What is far too much cannot be rounded to cents.
    rounded = max(min(amount, MOST_MONEY + 1), Decimal(-1)).quantize(_CENT, ROUND_HALF_UP)
    if amount < 0 or rounded > MOST_MONEY:
        raise invalid_field(field, "OUT_OF_RANGE", f"Must be from 0 to {MOST_MONEY}.")
    return abs(rounded)


def decimal(most: Decimal, places: int) -> Rule:
    """A decimal in text, from 0 to ``most``, with at most so many places; rounding it is the caller's to decide."""

    def rule(field: str, value: str | None) -> Decimal | None:
        if not value:
            return None
        if not _DECIMAL.fullmatch(value):
            raise invalid_field(field, "NOT_A_NUMBER", "Must be a decimal number such as 2.5.")
        amount = Decimal(value)
        if not 0 <= amount <= most:
            raise invalid_field(field, "OUT_OF_RANGE", f"Must be from 0 to {most}.")
        # Within the range, so that the shift cannot be endless.
        if (kept := amount.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)) != amount:
            raise invalid_field(field, "TOO_PRECISE", f"Must have at most {places} decimals.")
        return abs(kept)

    return rule


def currency(field: str, value: str | None) -> str | None:
    """An ISO 4217 code."""
    return _matching(_CURRENCY, field, value, "NOT_A_CURRENCY", "Must be a currency code such as USD.")


def e164(field: str, value: str | None) -> str | None:
    """A phone number in E.164."""
    return _matching(_E164, field, value, "NOT_A_PHONE_NUMBER", "Must be in E.164, such as +12125550123.")


def domain(field: str, value: str | None) -> str | None:
    """The domain of an e-mail address, kept in lower case."""
    kept = line(253)(field, value)
    return _matching(_DOMAIN, field, kept and kept.lower(), "NOT_A_DOMAIN", "Must be a domain such as example.com.")


def flag(_field: str, value: bool | None) -> bool | None:
    """Yes or no."""
    return value


def _matching(pattern: re.Pattern[str], field: str, value: str | None, reason: str, message: str) -> str | None:
    if not value:
        return None
    if not pattern.fullmatch(value):
        raise invalid_field(field, reason, message)
    return value
