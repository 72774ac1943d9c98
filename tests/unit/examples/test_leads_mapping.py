"""From flags and cells to the body of a lead."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads_import.mapping import FlagError, encode, read_flags


def test_a_row_becomes_a_body_field_by_field() -> None:
    mapping = read_flags(["Name=lastName", "Value=estimatedValue", "Size=customFields.companySize"], ["source=web"], [])
    cells = {"Name": " Johnson ", "Value": "50000.10", "Size": "50-100", "Not mapped": "x"}
    assert mapping.body(cells) == {
        "lastName": "Johnson",
        "estimatedValue": Decimal("50000.10"),
        "customFields": {"companySize": "50-100"},
        "source": "web",
    }


def test_an_empty_cell_gives_no_field_and_leaves_the_constant() -> None:
    mapping = read_flags(["Origin=source", "Phone=phone"], ["source=website"], ["Origin:*=other"])
    assert mapping.body({"Origin": " ", "Phone": ""}) == {"source": "website"}
    assert mapping.body({"Origin": "Fair", "Phone": ""}) == {"source": "other"}


def test_a_value_is_replaced_by_its_own_rule_before_the_one_for_all_others() -> None:
    mapping = read_flags(["Origin=source"], [], ["Origin:Trade Show=event", "Origin:*=other", "Origin:None="])
    assert [mapping.body({"Origin": text}) for text in ("Trade Show", "Radio", "None")] == [
        {"source": "event"},
        {"source": "other"},
        {},
    ]


def test_without_a_rule_for_all_others_a_value_stays() -> None:
    mapping = read_flags(["Origin=source"], [], ["Origin:Trade Show=event"])
    assert mapping.body({"Origin": "Radio"}) == {"source": "Radio"}


def test_names_may_hold_the_separators_of_the_flags() -> None:
    mapping = read_flags(["A=B=lastName"], ["description=x=y"], ["A=B:p=q=r"])
    assert mapping.body({"A=B": "p=q"}) == {"lastName": "r", "description": "x=y"}


@pytest.mark.parametrize(
    ("columns", "constants", "replacements", "said"),
    [
        ([], [], [], "at least one column"),
        (["Name"], [], [], "COLUMN=field"),
        (["=lastName"], [], [], "COLUMN=field"),
        (["Name=lastname"], [], [], "lastname is no lead field"),
        (["Name=customFields."], [], [], "no lead field"),
        (["Name=lastName", "Other=lastName"], [], [], "twice"),
        (["Name=lastName", "Name=firstName"], [], [], "twice"),
        (["Name=lastName"], ["score=7"], [], "score is no lead field"),
        (["Name=lastName"], ["source"], [], "field=value"),
        (["Name=lastName"], [], ["Name"], "COLUMN:old=new"),
        (["Name=lastName"], [], ["Name:x"], "old=new"),
        (["Name=lastName"], [], ["Origin:x=y"], "not mapped"),
    ],
)
def test_a_flag_that_cannot_be_meant_is_refused(
    columns: list[str], constants: list[str], replacements: list[str], said: str
) -> None:
    with pytest.raises(FlagError, match=said):
        read_flags(columns, constants, replacements)


def test_a_column_that_the_file_does_not_have_is_named_beside_those_it_has() -> None:
    with pytest.raises(FlagError, match="no column E-mail; its columns are: Name, Mail"):
        read_flags(["Name=lastName", "E-mail=email"], [], []).check(["Name", "Mail"])


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_a_number_is_sent_exactly_as_it_stands(number: Decimal) -> None:
    body = read_flags(["Value=estimatedValue"], [], []).body({"Value": str(number)})
    assert json.loads(encode(body), parse_float=Decimal, parse_int=Decimal)["estimatedValue"] == number


@pytest.mark.parametrize("text", ["many", "1,000", "NaN", "Infinity"])
def test_what_is_no_number_is_left_for_the_server_to_refuse(text: str) -> None:
    body = read_flags(["Value=estimatedValue"], [], []).body({"Value": text})
    assert json.loads(encode(body)) == {"estimatedValue": text}
