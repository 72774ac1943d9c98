"""The section ``sla``: policies with their conditions, response times and business hours. Spec: SLA."""

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from settings_service.domain.conditions import Operator, misfit
from settings_service.domain.document.values import (
    DateText,
    HolidayCountry,
    KnownField,
    Minutes,
    Name,
    Percent,
    Section,
    TimeText,
    Timezone,
    UuidText,
)

# Tags stand in the paths of errors, from which they are taken again; no key of a document can be one.
TAG = "\0"

Window = Annotated[list[TimeText], Field(min_length=2, max_length=2)]
Windows = Annotated[list[Window], Field(max_length=24)]


class Week(Section):
    """Business hours of each weekday; no windows is closed."""

    mon: Windows = Field(default_factory=list)
    tue: Windows = Field(default_factory=list)
    wed: Windows = Field(default_factory=list)
    thu: Windows = Field(default_factory=list)
    fri: Windows = Field(default_factory=list)
    sat: Windows = Field(default_factory=list)
    sun: Windows = Field(default_factory=list)


class BusinessHours(Section):
    """A calendar: an exception beats a holiday beats the week. Times are the zone's wall clock."""

    timezone: Timezone
    hours: Week
    holidays: list[DateText] = Field(default_factory=list, max_length=1_000)
    exceptions: dict[DateText, Windows] = Field(default_factory=dict, max_length=1_000)
    holiday_country: HolidayCountry | None = None


class Condition(Section):
    """A condition on a lead."""

    field: KnownField
    operator: Operator
    value: Any = Field(default=None, validate_default=True)

    @field_validator("value")
    @classmethod
    def _value_fits(cls, value: Any, info: ValidationInfo) -> Any:
        operator = info.data.get("operator")
        if operator and (sentence := misfit(operator, value)):
            raise PydanticCustomError("WRONG_VALUE", "{sentence}", {"sentence": sentence})
        return value


def _one_or_each(value: Any) -> str:
    return f"{TAG}each" if isinstance(value, dict) else f"{TAG}one"


ResponseMinutes = Annotated[
    Annotated[Minutes, Tag(f"{TAG}one")] | Annotated[dict[str, Minutes], Tag(f"{TAG}each")],
    Discriminator(_one_or_each),
]


class Policy(Section):
    """How fast a lead must get its first response; ``match`` holds where all its conditions do."""

    name: Name
    is_default: bool = False
    match: list[Condition] = Field(default_factory=list, max_length=50)
    response_minutes: ResponseMinutes
    business_hours: BusinessHours | None = None
    pause_at_stages: list[UuidText] = Field(default_factory=list, max_length=1_000)


class Escalation(Section):
    """What happens ``afterMinutes`` of business time after the deadline."""

    after_minutes: Minutes
    assign_to: UuidText | None = None


class Sla(Section):
    """The section ``sla``."""

    policies: list[Policy] = Field(max_length=100)
    at_risk_after_percent: Percent
    first_response_on: list[Literal["activity", "note", "stage_change"]]
    escalations: list[Escalation] = Field(max_length=20)
