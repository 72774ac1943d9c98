"""The settings document as a whole. Spec: shapes."""

from typing import Literal

from pydantic import Field

from settings_service.domain.document.field_map import FieldRule
from settings_service.domain.document.sla import Sla
from settings_service.domain.document.values import Currency, FilledField, Region, Section
from settings_service.domain.fields import HIGHEST_THRESHOLD

_HOURS_OF_TEN_YEARS = 10 * 366 * 24


class General(Section):
    """The section ``general``: what a telephone number without country code and an amount without currency mean."""

    default_region: Region
    currency: Currency


class Scoring(Section):
    """The section ``scoring``."""

    max_score: int = Field(ge=1, le=HIGHEST_THRESHOLD)


class DuplicateDetection(Section):
    """The section ``duplicateDetection``."""

    on_create: Literal["allow", "block"]


class Conversion(Section):
    """The section ``conversion``."""

    required_fields: list[FilledField] = Field(max_length=100)
    field_map: list[FieldRule] = Field(max_length=100)
    undo_hours: int = Field(ge=0, le=_HOURS_OF_TEN_YEARS)
    require_qualified: bool


class Document(Section):
    """The settings document."""

    general: General
    sla: Sla
    scoring: Scoring
    duplicate_detection: DuplicateDetection
    conversion: Conversion
