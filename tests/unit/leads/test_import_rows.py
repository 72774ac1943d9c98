"""What rows of an import say, and what becomes of them."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import FieldViolation, LeadlineError
from kit.ids import new_id
from leads_service.domain.configuration import Configuration
from leads_service.domain.csv_rows import CsvRow
from leads_service.domain.duplicates import Duplicate, Sought
from leads_service.domain.import_mapping import columns_of
from leads_service.domain.import_rows import (
    ImportRow,
    RowReader,
    decide,
    is_matched,
    match_of,
    refusal,
    told,
)
from leads_service.domain.imports import Counts, DuplicatePolicy, Import, ImportOptions, advanced
from leads_service.domain.lead import Lead, LeadStatus, Origin
from tests.unit.leads import refusals
from tests.unit.leads.building import ALICE, CONFIGURATION, HOUR, NOW, by_person, configured, make_lead

BY_IMPORT = replace(by_person(), comes_by=Origin.IMPORT)


def an_import(*names: str, **options: Any) -> Import:
    chosen = ImportOptions(**options)
    return Import(
        id=new_id(),
        file_name="leads.csv",
        size_bytes=1000,
        object_key="imports/1",
        delimiter=",",
        options=chosen,
        columns=columns_of(names, chosen, CONFIGURATION),
        processed_bytes=10,
        created_by=ALICE,
        by_admin=False,
        created_at=NOW,
    )


def row_of(current: Import, *cells: str, configuration: Configuration = CONFIGURATION) -> ImportRow:
    row = RowReader(current, configuration).read(CsvRow(cells, 5))
    assert row is not None
    return row


def test_a_row_says_what_its_cells_say_and_nothing_of_what_is_empty() -> None:
    current = an_import("Last Name", "Email", "Company", "Size", rest_to_custom_fields=True)
    row = row_of(current, " Jones ", "", "  ", "'=50")
    assert row.said == row.given == {"last_name": "Jones", "custom_fields": {"Size": "=50"}}
    assert not row.sought


def test_values_are_replaced_and_what_is_still_unsaid_has_its_default() -> None:
    current = an_import(
        *("Email", "Source", "Priority"),
        defaults={"source": "website", "priority": "low", "customFields.from": "fair"},
        values={"source": {"Web": "website", "*": "referral", "None": ""}},
    )
    assert row_of(current, "a@b.io", "Web", "").given["source"] == "website"
    assert row_of(current, "a@b.io", "Other", "high").given["source"] == "referral"
    unsaid = row_of(current, "a@b.io", "None", "")
    assert unsaid.given == {
        "email": "a@b.io",
        "source": "website",
        "priority": "low",
        "custom_fields": {"from": "fair"},
    }
    assert unsaid.said == {"email": "a@b.io"}


def test_objects_are_json_and_single_keys_win() -> None:
    current = an_import("Email", "customFields", "customFields.a", "stageFieldValues")
    row = row_of(current, "a@b.io", '{"a": 1, "b": 2}', "x", "{}")
    assert row.said["custom_fields"] == {"a": "x", "b": 2}
    assert row.said["stage_field_values"] == {}
    for text in ("[1]", "{", "[" * 100_000, "NaN"):
        wrong = row_of(current, "a@b.io", text, "", "")
        with refusals.faults(("customFields", "WRONG_TYPE")):
            decide(wrong, None, current, BY_IMPORT)


@pytest.mark.parametrize(("cells", "fits"), [(1, False), (2, True), (3, True), (4, False)])
def test_a_row_has_as_many_cells_as_the_file_has_columns(cells: int, fits: bool) -> None:
    current = an_import("Last Name", "Email")
    row = row_of(current, *("Jones", "a@b.io", "", "")[:cells])
    assert (row.fault is None) == fits
    assert row_of(current, "Jones", "a@b.io", "x").fault is not None


def test_rows_are_numbered_as_in_a_spreadsheet_without_blank_ones_and_know_where_they_end() -> None:
    current = advanced(an_import("Last Name"), Counts(created=2, skipped=1), 100)
    reader = RowReader(current, CONFIGURATION)
    found = [reader.read(CsvRow((cell,), 10)) for cell in ("a", " ", "b")]
    assert [(row.number, row.end) if row else None for row in found] == [(5, 110), None, (6, 130)]


def test_a_row_is_looked_for_by_what_can_be_an_email_or_a_phone() -> None:
    current = an_import("Email", "Phone")
    assert row_of(current, "A@B.io", "212 555 0123").sought == Sought("a@b.io", "+12125550123")
    assert row_of(current, "nobody", "1").sought == Sought(None, None)


def test_a_row_is_about_the_newest_open_lead_with_its_email_else_its_phone() -> None:
    old, new = make_lead(), replace(make_lead(), created_at=NOW + HOUR)
    closed = replace(make_lead(), status=LeadStatus.DISQUALIFIED)
    assert match_of([Duplicate(closed, "email"), Duplicate(new, "email"), Duplicate(old, "email")], []) == new
    assert match_of([Duplicate(closed, "email")], [Duplicate(old, "phone")]) == closed
    assert match_of([], [Duplicate(old, "phone")]) == old
    assert match_of([], []) is None


def test_a_new_lead_says_from_which_row_it_is() -> None:
    current = an_import("Last Name")
    draft = decide(row_of(current, "Jones"), None, current, BY_IMPORT)
    assert draft is not None
    lead = draft.settled().lead
    assert (lead.last_name, lead.created_by) == ("Jones", ALICE)
    (activity,) = [each for each in draft.activities if each.type == "lead_created"]
    assert activity.metadata == {"stage": "New", "importId": str(current.id), "rowNumber": 2}


def decided(policy: DuplicatePolicy, match: Lead | None, *, block: bool = False, title: str = "Founder") -> str:
    current = an_import("Email", "Title", duplicates=policy, defaults={"source": "website"})
    situation = replace(BY_IMPORT, configuration=configured(block_duplicates=block))
    draft = decide(row_of(current, "alice@startup.io", title), match, current, situation)
    if draft is None:
        return "skipped"
    return "created" if draft.before is None else f"updated {draft.after.title} {draft.after.source}"


def test_what_becomes_of_a_row_depends_on_the_policy() -> None:
    there = make_lead(email="alice@startup.io", title="Director", source="referral")
    for policy in DuplicatePolicy:
        assert decided(policy, None) == "created"
    assert decided(DuplicatePolicy.SKIP, there) == "skipped"
    assert decided(DuplicatePolicy.CREATE, there) == "created"
    # Defaults are for new leads: what a lead has stays.
    assert decided(DuplicatePolicy.UPDATE, there) == "updated Founder referral"
    assert decided(DuplicatePolicy.UPDATE, there, title="Director") == "skipped"
    with refusals.refusal("LEAD_DUPLICATE"):
        decided(DuplicatePolicy.CREATE, there, block=True)


def test_a_closed_lead_is_not_changed_by_an_import() -> None:
    closed = replace(make_lead(email="alice@startup.io"), status=LeadStatus.CONVERTED)
    with refusals.refusal("LEAD_CLOSED"):
        decided(DuplicatePolicy.UPDATE, closed)
    assert decided(DuplicatePolicy.SKIP, closed) == "skipped"


def test_custom_fields_join_those_that_a_lead_has() -> None:
    there = make_lead(email="alice@startup.io", custom_fields={"a": 1, "b": 2})
    current = an_import("Email", "customFields.b", duplicates=DuplicatePolicy.UPDATE)
    draft = decide(row_of(current, "alice@startup.io", "3"), there, current, BY_IMPORT)
    assert draft is not None
    assert draft.after.custom_fields == {"a": 1, "b": "3"}
    assert {entry.origin for entry in draft.settled().history} == {Origin.IMPORT}


def test_only_an_import_that_makes_every_row_a_lead_looks_for_none() -> None:
    blocking = configured(block_duplicates=True)
    for policy in DuplicatePolicy:
        current = an_import("Email", duplicates=policy)
        assert is_matched(current, CONFIGURATION) == (policy is not DuplicatePolicy.CREATE)
        assert is_matched(current, blocking)


def test_a_refused_row_is_kept_with_all_its_reasons() -> None:
    current = an_import("Email", "Phone", "Note")
    row = row_of(current, "nobody", "1", "a\x00b")
    with pytest.raises(LeadlineError) as caught:
        decide(row, None, current, BY_IMPORT)
    kept = refusal(row, caught.value)
    assert (kept.row_number, list(kept.cells)) == (2, ["nobody", "1", "a\ufffdb"])
    assert [(each["field"], each["code"]) for each in kept.reasons] == [
        ("email", "NOT_AN_EMAIL"),
        ("phone", "NOT_A_PHONE_NUMBER"),
    ]
    assert told(kept.reasons).startswith("email: Must be an e-mail address such as alice@startup.io.; phone: ")


def test_a_row_that_is_none_is_refused_for_that_alone() -> None:
    current = an_import("Email")
    fault = FieldViolation("", "NOT_CSV", "The row is not CSV.")
    row = RowReader(current, CONFIGURATION).read(CsvRow(('"x',), 5, fault))
    assert row is not None
    with refusals.faults(("", "NOT_CSV")):
        decide(row, None, current, BY_IMPORT)
    assert row.fault is not None
    assert told(refusal(row, row.fault).reasons) == "The row is not CSV."


@given(st.lists(st.text(max_size=20), min_size=3, max_size=3), st.sampled_from(DuplicatePolicy), st.booleans())
def test_cells_of_any_kind_end_in_a_decision(cells: list[str], policy: DuplicatePolicy, matched: bool) -> None:
    current = an_import("Email", "Phone", "Company", duplicates=policy)
    row = RowReader(current, CONFIGURATION).read(CsvRow(tuple(cells), 5))
    if row is not None:
        match = make_lead(email="a@b.io") if matched else None
        refusals.unless_refused(lambda: decide(row, match, current, BY_IMPORT), "VALIDATION_FAILED")
