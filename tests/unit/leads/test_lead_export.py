"""Leads as rows of a CSV file: what REST answers say, nothing that is hidden, nothing that a spreadsheet runs."""

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gateway.answers.json import ok
from gateway.answers.lead import listed_lead
from gateway.schemas.lead import ListedLead
from kit.ids import new_id
from leads_service.domain.configuration import FieldVisibility
from leads_service.domain.csv_cells import plain_cell
from leads_service.domain.csv_parts import csv_parts
from leads_service.domain.lead import FIELDS, Actor, Lead, LeadStatus
from leads_service.domain.lead_export import COLUMNS, exported
from leads_service.rpc.lead_mapping import lead_to_proto
from tests.unit.leads.building import ALICE, CONFIGURATION, DISQUALIFIED, DOCUMENTED, NEW, NOW, make_lead

CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
ROWS = st.lists(st.lists(CELLS, min_size=2, max_size=2), max_size=30)


def cells_of(lead: Lead, hidden: frozenset[str] = frozenset()) -> dict[str, str]:
    """The lead's cells by column."""
    name = CONFIGURATION.stage_name(lead.stage_id)
    return dict(zip(COLUMNS, exported(lead, name, hidden), strict=True))


def answered(lead: Lead) -> dict[str, Any]:
    """What a REST list says of the lead; numbers as they are written."""
    body = ok(listed_lead(lead_to_proto(lead, CONFIGURATION, Actor(None)))).body
    said: dict[str, Any] = json.loads(bytes(body), parse_float=str)
    return said


def as_cell(value: Any) -> str:
    """A value of an answer as a cell says it."""
    if value is None:
        return ""
    if isinstance(value, bool | dict):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return str(value)


def finished() -> Lead:
    """A lead to which everything has happened that can be said of one."""
    later = NOW + timedelta(hours=1, milliseconds=250)
    return replace(
        make_lead(**DOCUMENTED),
        stage_field_values={"a": 1},
        assigned_to=ALICE,
        status=LeadStatus.DISQUALIFIED,
        stage_id=DISQUALIFIED.id,
        score=70,
        qualified=True,
        updated_at=later,
        converted_at=later,
        contact_id=new_id(),
        account_id=new_id(),
        opportunity_id=new_id(),
        disqualified_at=later,
        disqualification_reason="no_budget",
        disqualification_notes="Not\nthis year",
    )


def test_the_columns_are_the_fields_of_a_listed_lead() -> None:
    assert sorted(COLUMNS) == sorted(str(field.alias) for field in ListedLead.model_fields.values())


def test_a_lead_says_what_its_answer_says() -> None:
    for lead in (finished(), make_lead(last_name="Johnson"), make_lead(email="a@b.io", estimated_value="0.1")):
        said = answered(lead)
        assert {name: plain_cell(cell) for name, cell in cells_of(lead).items() if cell} == {
            name: as_cell(value) for name, value in said.items() if value is not None
        }


def test_money_has_two_decimals_and_times_are_utc() -> None:
    elsewhere = datetime(2025, 1, 20, 15, 0, 0, 7_999, timezone(timedelta(hours=5)))
    cells = cells_of(replace(finished(), estimated_value=Decimal("1234567890123.5"), created_at=elsewhere))
    assert cells["estimatedValue"] == "1234567890123.50"
    assert (cells["createdAt"], cells["updatedAt"]) == ("2025-01-20T10:00:00.007Z", "2025-01-20T11:00:00.250Z")
    assert elsewhere.astimezone(UTC) == datetime(2025, 1, 20, 10, 0, 0, 7_999, UTC)


def test_what_is_hidden_is_empty_in_its_column() -> None:
    lead = finished()
    rules = FieldVisibility(
        lead.stage_id, hidden=frozenset({"phone", "score", "customFields.utm_source", "stageFieldValues", "priority"})
    )
    shown, whole = cells_of(lead, rules.hidden), cells_of(lead)
    gone = {name for name in COLUMNS if shown[name] != whole[name]}
    assert gone == {"phone", "phoneE164", "score", "qualified", "customFields", "stageFieldValues", "priority"}
    assert {shown[name] for name in gone - {"customFields"}} == {""}
    assert shown["customFields"] == '{"company_size":"50-100"}'


@given(st.sampled_from(["firstName", "company", "title", "description"]), CELLS)
def test_no_text_becomes_a_formula_and_each_one_comes_back(name: str, text: str) -> None:
    changed: dict[str, Any] = {FIELDS[name]: text or None}
    lead = replace(finished(), **changed)
    cells = exported(lead, NEW.name, frozenset())
    (line,) = csv.reader(io.StringIO(b"".join(csv_parts([cells])).decode(), newline=""))
    assert plain_cell(line[COLUMNS.index(name)]) == text
    assert not any(cell[:1] in {"=", "@", "\t", "\r", "\n"} for cell in line)


@given(ROWS, st.integers(1, 200))
def test_parts_hold_whole_rows_and_are_the_file_together(rows: list[list[str]], largest: int) -> None:
    parts = list(csv_parts(rows, largest))
    read = [list(csv.reader(io.StringIO(part.decode(), newline=""))) for part in parts]
    assert [row for part in read for row in part] == rows
    assert all(len(part) <= largest or len(found) == 1 for part, found in zip(parts, read, strict=True))
    assert all(parts)


def test_parts_are_as_few_as_they_can_be() -> None:
    rows = [["x" * 96, "y"]] * 10
    assert [len(part) for part in csv_parts(rows, 300)] == [300, 300, 300, 100]
