"""What a row of an import says, whom it is matched with, and what is to become of it (spec: leads)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kit.errors import FieldViolation, LeadlineError, invalid
from kit.ids import new_id
from leads_service.domain import life_cycle
from leads_service.domain.configuration import Configuration
from leads_service.domain.csv_cells import plain_cell
from leads_service.domain.csv_rows import CsvRow, showable
from leads_service.domain.drafts import Draft
from leads_service.domain.duplicates import Duplicate, Sought, duplicate, sought_of
from leads_service.domain.fields import clean_field
from leads_service.domain.import_mapping import is_custom, written
from leads_service.domain.imports import DuplicatePolicy, Import
from leads_service.domain.lead import Lead
from leads_service.domain.settling import Situation
from leads_service.domain.standing import Standing, standing_of

_ANY = "*"
_NOTHING = Sought(None, None)
_IDENTIFYING = ("email", "phone")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRow:
    """A row that says something. ``number`` is its place in the file, the header being 1; ``end`` is behind it.

    ``said`` holds what it says by attribute of ``Lead``, ``given`` also the defaults, for a new lead.
    """

    number: int
    end: int
    cells: Sequence[str]
    said: Mapping[str, Any]
    given: Mapping[str, Any]
    sought: Sought
    fault: LeadlineError | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that became no lead: its cells and, for people and programs, why."""

    row_number: int
    cells: Sequence[str]
    reasons: Sequence[Mapping[str, str]]


class RowReader:
    """Reads what the rows of an import say; ``end`` is behind the last one in the file."""

    def __init__(self, current: Import, configuration: Configuration) -> None:
        self._options = current.options
        self._width = len(current.columns)
        self._fields = [(place, each.field) for place, each in enumerate(current.columns) if each.field]
        self._defaults = dict(current.options.defaults)
        self._configuration = configuration
        # The header is row 1.
        self._number = current.processed + 1
        self.end = current.processed_bytes

    def read(self, row: CsvRow) -> ImportRow | None:
        """What the next row of the file says; nothing where it is blank."""
        self.end += row.size
        if row.is_blank:
            return None
        self._number += 1
        return self._read(row)

    def _read(self, row: CsvRow) -> ImportRow:
        cells = [plain_cell(cell) for cell in row.cells]
        try:
            self._require_whole(row)
            texts = self._said(cells)
            said = _by_attribute(texts)
            given = _by_attribute({**self._defaults, **texts}) if self._defaults else said
            return self._row(cells, said, given, _sought(given, self._configuration))
        except LeadlineError as error:
            return self._row(cells, {}, {}, _NOTHING, error)

    def _row(
        self,
        cells: Sequence[str],
        said: Mapping[str, Any],
        given: Mapping[str, Any],
        sought: Sought,
        fault: LeadlineError | None = None,
    ) -> ImportRow:
        return ImportRow(
            number=self._number, end=self.end, cells=cells, said=said, given=given, sought=sought, fault=fault
        )

    def _require_whole(self, row: CsvRow) -> None:
        if row.fault is not None:
            raise invalid(row.fault)
        width = len(row.cells)
        # Some exports end every row with a delimiter.
        if width != self._width and not (width == self._width + 1 and not row.cells[-1].strip()):
            message = f"The row has {width} cells, the file has {self._width} columns."
            raise invalid(FieldViolation("", "WRONG_WIDTH", message))

    def _said(self, cells: Sequence[str]) -> dict[str, str]:
        """Field to text, of the cells that are not empty."""
        said = {}
        for place, field in self._fields:
            text = cells[place].strip()
            if text and (text := self._replaced(field, text)):
                said[field] = text
        return said

    def _replaced(self, field: str, text: str) -> str:
        table = self._options.values.get(field)
        return table.get(text, table.get(_ANY, text)).strip() if table else text


def _by_attribute(texts: Mapping[str, str]) -> dict[str, Any]:
    given: dict[str, Any] = {}
    # The whole object before its single keys.
    for field in sorted(texts, key=is_custom):
        attribute, value = written(field, texts[field], field)
        if isinstance(value, dict):
            given.setdefault(attribute, {}).update(value)
        else:
            given[attribute] = value
    return given


def _sought(given: Mapping[str, Any], configuration: Configuration) -> Sought:
    """Whom the row may be, by what of it can be an e-mail or phone; what cannot is refused later, with all else."""
    cleaned: dict[str, Any] = {}
    for name in _IDENTIFYING:
        if name in given:
            try:
                cleaned |= clean_field(name, name, given[name], configuration)
            except LeadlineError:
                continue
    return Sought.of(cleaned.get("email"), cleaned.get("phone_e164"))


def keys_of(sought: Sought) -> set[tuple[str, str]]:
    """What rows have in common that may be about the same lead."""
    keys = (("email", sought.email), ("phone", sought.phone_e164))
    return {(name, value) for name, value in keys if value is not None}


def is_matched(current: Import, configuration: Configuration) -> bool:
    """Whether it matters to an import which leads there are already."""
    return current.options.duplicates is not DuplicatePolicy.CREATE or configuration.settings.block_duplicates


def match_of(by_email: Sequence[Duplicate], by_phone: Sequence[Duplicate]) -> Lead | None:
    """The lead that a row is about, of those with its e-mail, else its phone: the newest that may be changed."""
    leads = [each.lead for each in by_email or by_phone]
    return next((lead for lead in leads if standing_of(lead) is Standing.OPEN), next(iter(leads), None))


def has(lead: Lead, sought: Sought) -> bool:
    """Whether a lead has the e-mail or the phone that is looked for."""
    return not keys_of(sought).isdisjoint(keys_of(sought_of(lead)))


def still_matches(row: ImportRow, lead: Lead) -> bool:
    """Whether a lead is there and has the e-mail or the phone of the row."""
    return lead.deleted_at is None and has(lead, row.sought)


def decide(row: ImportRow, match: Lead | None, current: Import, situation: Situation) -> Draft | None:
    """What becomes of a row: a new lead, a changed one, or nothing where it is left out or changes nothing.

    Raises:
        LeadlineError: what is wrong with the row, and whatever ``life_cycle.create`` and ``update`` refuse.
    """
    if row.fault is not None:
        raise row.fault
    policy = current.options.duplicates
    if match is None:
        return _created(row, current, situation)
    if policy is DuplicatePolicy.SKIP:
        return None
    if policy is DuplicatePolicy.UPDATE:
        draft = life_cycle.update(match, row.said, situation, merging=True)
        return draft if draft.after != match else None
    if situation.configuration.settings.block_duplicates:
        raise duplicate([match.id])
    return _created(row, current, situation)


def _created(row: ImportRow, current: Import, situation: Situation) -> Draft:
    draft = life_cycle.create(new_id(), row.given, current.created_by, situation)
    facts = {"importId": str(current.id), "rowNumber": row.number}
    activities = tuple(
        replace(each, metadata={**each.metadata, **facts}) if each.type == "lead_created" else each
        for each in draft.activities
    )
    return replace(draft, activities=activities)


def refusal(row: ImportRow, error: LeadlineError) -> Refusal:
    """The row as it is kept with its reasons."""
    reasons = [{"field": each.field, "code": each.reason, "message": each.message} for each in error.violations]
    reasons = reasons or [{"field": "", "code": error.reason, "message": error.message}]
    return Refusal(row.number, [showable(cell) for cell in row.cells], reasons)


def told(reasons: Sequence[Mapping[str, str]]) -> str:
    """The reasons in one line, for people."""
    return "; ".join(f"{each['field']}: {each['message']}" if each["field"] else each["message"] for each in reasons)
