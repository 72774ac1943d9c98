"""Texts that callers write: trimmed, without control characters, addresses and numbers that can be such."""

import unicodedata
from functools import lru_cache

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from phonenumbers import PhoneNumberFormat, ValidationResult

from kit.errors import LeadlineError, invalid_field

_LINE_BREAKS = "\t\n\r"
# Control characters, and halves of surrogate pairs, which are no text in UTF-8. PostgreSQL takes no NUL.
_REFUSED_CATEGORIES = {"Cc", "Cs"}
_LONGEST_EMAIL = 320
_LONGEST_PHONE = 60
# With country code, over all numbering plans. The longest is that of E.164.
_FEWEST_DIGITS = 7
_MOST_DIGITS = 15
_NO_NUMBER = {ValidationResult.TOO_LONG, ValidationResult.INVALID_COUNTRY_CODE}


def one_line(field: str, value: str, longest: int) -> str:
    """The text without white space around it; it may be empty.

    Raises:
        LeadlineError: VALIDATION_FAILED naming ``field``.
    """
    return _clean(field, value, longest, allowed="")


def several_lines(field: str, value: str, longest: int) -> str:
    """Like ``one_line``, with line breaks and tabs.

    Raises:
        LeadlineError: VALIDATION_FAILED naming ``field``.
    """
    return _clean(field, value, longest, allowed=_LINE_BREAKS)


def has_refused_characters(text: str, allowed: str = _LINE_BREAKS) -> bool:
    """Whether it holds characters that are no text."""
    if text.isprintable():
        # Most texts are, and are told quickly.
        return False
    return any(char not in allowed and unicodedata.category(char) in _REFUSED_CATEGORIES for char in text)


def email_address(field: str, value: str) -> str:
    """An e-mail address as typed. Whether anybody reads it is not asked.

    Raises:
        LeadlineError: VALIDATION_FAILED naming ``field``.
    """
    text = one_line(field, value, _LONGEST_EMAIL)
    try:
        _check_email(text)
    except EmailNotValidError as error:
        raise _not_an_email(field) from error
    if "." not in text.rpartition("@")[2]:
        raise _not_an_email(field)
    return text


# Whoever looks for duplicates asks of one address twice: before the lead is made, and when it is.
@lru_cache(maxsize=1024)
def _check_email(text: str) -> None:
    # The library's test environment takes .test, which staging systems and their forms write.
    validate_email(text, check_deliverability=False, test_environment=True)


def _not_an_email(field: str) -> LeadlineError:
    return invalid_field(field, "NOT_AN_EMAIL", "Must be an e-mail address such as alice@startup.io.")


def phone_number(field: str, value: str, region: str) -> tuple[str, str]:
    """A phone number as typed and in E.164; one without country code is of ``region``.

    Numbering plans change faster than libraries, and people type extensions and old numbers: what can be a
    number is taken. It cannot be one with too many digits for its country, or fewer than any country has.

    Raises:
        LeadlineError: VALIDATION_FAILED naming ``field``.
    """
    text = one_line(field, value, _LONGEST_PHONE)
    try:
        e164, is_possible = _parsed(text, region)
    except phonenumbers.NumberParseException as error:
        message = "Must be a phone number such as +12125550123."
        raise invalid_field(field, "NOT_A_PHONE_NUMBER", message) from error
    if not is_possible:
        raise invalid_field(field, "NOT_A_PHONE_NUMBER", "Has too few or too many digits for a phone number.")
    return text, e164


@lru_cache(maxsize=1024)
def _parsed(text: str, region: str) -> tuple[str, bool]:
    """The number in E.164, and whether it can be one."""
    number = phonenumbers.parse(text, region)
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    fits = _FEWEST_DIGITS <= len(e164) - 1 <= _MOST_DIGITS
    return e164, fits and phonenumbers.is_possible_number_with_reason(number) not in _NO_NUMBER


def _clean(field: str, value: str, longest: int, *, allowed: str) -> str:
    if not isinstance(value, str):
        raise invalid_field(field, "WRONG_TYPE", "Must be text.")
    text = value.strip()
    if has_refused_characters(text, allowed):
        raise invalid_field(field, "CONTROL_CHARACTER", "Must not contain control characters.")
    if len(text) > longest:
        raise invalid_field(field, "TOO_LONG", f"Must have at most {longest} characters.")
    return text
