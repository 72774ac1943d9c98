"""Which column of an import goes where."""

from typing import Any

import pytest

from leads_service.domain.import_mapping import WRITABLE, columns_of
from leads_service.domain.imports import ImportOptions
from leads_service.domain.lead import REST_NAMES
from tests.unit.leads.building import CONFIGURATION
from tests.unit.leads.refusals import faults


def mapped(*names: str, **options: Any) -> dict[str, str]:
    columns = columns_of(names, ImportOptions(**options), CONFIGURATION)
    assert [column.name for column in columns] == list(names)
    return {column.name: column.field for column in columns}


def test_columns_go_to_the_fields_of_their_names_whatever_the_way_they_are_written() -> None:
    assert mapped("Last Name", "FIRST_NAME", "e mail", "Phone", "assigned to", "Website", "customFields.size") == {
        "Last Name": "lastName",
        "FIRST_NAME": "firstName",
        "e mail": "email",
        "Phone": "phone",
        "assigned to": "assignedTo",
        "Website": "",
        "customFields.size": "customFields.size",
    }


def test_every_field_that_a_caller_writes_can_be_imported_and_no_other() -> None:
    assert mapped(*WRITABLE) == {name: name for name in WRITABLE}
    others = [name for name in REST_NAMES.values() if name not in WRITABLE]
    assert others
    assert set(mapped("email", *others).values()) == {"email", ""}


def test_the_caller_knows_better() -> None:
    found = mapped("Name", "Email", "Mail", mapping={"Name": "lastName", "Mail": "email", "Email": "customFields.old"})
    assert found == {"Name": "lastName", "Email": "customFields.old", "Mail": "email"}
    assert mapped("Email", "Mail", "Name", mapping={"Mail": "email", "Name": "company"})["Email"] == ""
    assert mapped("Email", "Company", mapping={"Company": ""}) == {"Email": "email", "Company": ""}


def test_of_two_columns_of_one_field_the_first_has_it() -> None:
    assert mapped("E mail", "email") == {"E mail": "email", "email": ""}


def test_the_rest_becomes_custom_fields_but_what_is_left_out_on_purpose() -> None:
    found = mapped("Email", "Website", "Owner", "email", mapping={"Owner": ""}, rest_to_custom_fields=True)
    assert found == {"Email": "email", "Website": "customFields.Website", "Owner": "", "email": "customFields.email"}


def test_a_custom_field_is_filled_by_one_column_only() -> None:
    options: dict[str, Any] = {"mapping": {"Site": "customFields.Website"}, "rest_to_custom_fields": True}
    assert mapped("Email", "Site", "Website", **options)["Website"] == ""


def test_everything_that_cannot_be_meant_is_named_at_once() -> None:
    with faults(
        ("options.mapping.Nowhere", "UNKNOWN_COLUMN"),
        ("options.mapping.Name", "UNKNOWN_FIELD"),
        ("options.mapping.Second", "DUPLICATE"),
        ("options.mapping.Score", "UNKNOWN_FIELD"),
        ("options.mapping.Size", "UNKNOWN_FIELD"),
        ("options.defaults.colour", "UNKNOWN_FIELD"),
        ("options.defaults.source", "NOT_CONFIGURED"),
        ("options.defaults.estimatedValue", "WRONG_TYPE"),
        ("options.defaults.customFields", "WRONG_TYPE"),
        ("options.values.colour", "UNKNOWN_FIELD"),
        ("options.values.priority.Hot", "NOT_CONFIGURED"),
    ):
        mapped(
            *("Email", "Name", "First", "Second", "Score", "Size"),
            mapping={
                "Nowhere": "lastName",
                "Name": "surname",
                "First": "email",
                "Second": "email",
                "Score": "score",
                "Size": "customFields.",
            },
            defaults={"colour": "red", "source": "nowhere", "estimatedValue": "much", "customFields": "[]"},
            values={"colour": {"a": "b"}, "priority": {"Hot": "hottest", "Warm": "high", "*": ""}},
        )


@pytest.mark.parametrize("names", [("Dear Sir",), ("Website", "Title"), ("Email", "Phone")])
def test_a_file_of_which_no_row_could_become_a_lead_is_refused(names: tuple[str, ...]) -> None:
    with faults(("options.mapping", "REQUIRED")):
        mapped(*names, mapping={name: "" for name in names if name in {"Email", "Phone"}})


def test_a_default_may_say_whom_leads_are_about() -> None:
    assert mapped("Title", defaults={"company": "Acme"}) == {"Title": "title"}
