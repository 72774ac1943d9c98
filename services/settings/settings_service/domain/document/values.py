"""The values of the settings document that are more than JSON's own types."""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import available_timezones

from holidays.registry import EntityLoader
from phonenumbers import SUPPORTED_REGIONS
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from settings_service.domain.fields import LONGEST_NAME, has_control_characters
from settings_service.domain.lead_fields import FILLED_FIELDS, is_custom_field, is_known_field

_MINUTES_OF_TEN_YEARS = 10 * 366 * 24 * 60
# These two mean something else on each machine.
_TIMEZONES = frozenset(available_timezones()) - {"localtime", "Factory"}
_HOLIDAY_COUNTRIES = frozenset(EntityLoader.get_country_codes(include_aliases=False))
_TIME = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00")
_CURRENCY = re.compile(r"[A-Z]{3}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Section(BaseModel):
    """The base of each object in the document: exactly the known keys in camelCase, no value bent into shape."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, alias_generator=to_camel)


def _must(test: Callable[[str], bool], reason: str, message: str) -> AfterValidator:
    def validate(value: str) -> str:
        if not test(value):
            raise PydanticCustomError(reason, message)
        return value

    return AfterValidator(validate)


def _decimal(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PydanticCustomError("WRONG_TYPE", "Must be a number.")
    return Decimal(str(value))


def _json_number(value: Decimal) -> int | float:
    # Seven digits and six decimals come back from a float as they went in.
    return int(value) if value == value.to_integral_value() else float(value)


def _is_date(value: str) -> bool:
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return _DATE.fullmatch(value) is not None


def _is_uuid(value: str) -> bool:
    try:
        return str(UUID(value)) == value.lower()
    except ValueError:
        return False


def _is_filled(value: str) -> bool:
    return value in FILLED_FIELDS or is_custom_field(value)


Number = Annotated[Decimal, BeforeValidator(_decimal), PlainSerializer(_json_number, return_type=int | float)]
Minutes = Annotated[Number, Field(gt=0, le=_MINUTES_OF_TEN_YEARS, decimal_places=6)]
Percent = Annotated[Number, Field(gt=0, le=100, decimal_places=6)]
Name = Annotated[
    str,
    AfterValidator(str.strip),
    Field(min_length=1, max_length=LONGEST_NAME),
    _must(lambda value: not has_control_characters(value), "CONTROL_CHARACTER", "Must be one line."),
]
UuidText = Annotated[str, _must(_is_uuid, "NOT_A_UUID", "Must be a UUID."), AfterValidator(str.lower)]
DateText = Annotated[str, _must(_is_date, "NOT_A_DATE", "Must be a date such as 2025-12-25.")]
TimeText = Annotated[
    str,
    _must(lambda value: _TIME.fullmatch(value) is not None, "NOT_A_TIME", "Must be a time such as 09:30, up to 24:00."),
]
Timezone = Annotated[
    str, _must(_TIMEZONES.__contains__, "UNKNOWN_TIMEZONE", "Must be an IANA time zone such as Europe/Berlin.")
]
HolidayCountry = Annotated[
    str, _must(_HOLIDAY_COUNTRIES.__contains__, "UNKNOWN_COUNTRY", "Must be a country code such as DE.")
]
Region = Annotated[str, _must(SUPPORTED_REGIONS.__contains__, "UNKNOWN_REGION", "Must be a region code such as US.")]
Currency = Annotated[
    str,
    _must(lambda value: _CURRENCY.fullmatch(value) is not None, "NOT_A_CURRENCY", "Must be a currency such as USD."),
]
FilledField = Annotated[
    str, _must(_is_filled, "UNKNOWN_LEAD_FIELD", "Must be a field that is filled in, or customFields.<key>.")
]
KnownField = Annotated[
    str, _must(is_known_field, "UNKNOWN_LEAD_FIELD", "Must be a lead's field, or customFields.<key>.")
]
