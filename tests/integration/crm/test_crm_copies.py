"""What comes over from a lead beside its notes: links to documents, the team, product lines and custom fields."""

from typing import Any

import pytest

from kit.errors import ErrorKind, LeadlineError
from kit.ids import new_id
from tests.integration.crm.crm_door import Conversion, CrmDoor, document, member, sold, unique

COPIES = ("documents", "team")
MAKERS: dict[str, Any] = {"documents": document, "team": member}


async def whole(door: CrmDoor, conversion: Conversion) -> tuple[Any, Any, Any]:
    """The records that a conversion makes, to be read again."""
    account = (await conversion.account(unique())).account_id
    contact = (await conversion.contact(last_name="Whole", account_id=account)).contact_id
    deal = (await conversion.opportunity(account_id=account, contact_id=contact)).opportunity_id
    return await door.account(account), await door.contact(contact), await door.opportunity(deal)


@pytest.mark.parametrize("kind", COPIES)
async def test_they_go_to_the_opportunity_before_the_contact_before_the_account(crm: CrmDoor, kind: str) -> None:
    conversion, copies = Conversion(crm), [MAKERS[kind]() for _ in range(3)]
    account = (await conversion.account(unique())).account_id
    await getattr(conversion, kind)(copies[0])
    contact = (await conversion.contact(last_name="Linked")).contact_id
    await getattr(conversion, kind)(copies[1])
    deal = (await conversion.opportunity()).opportunity_id
    await getattr(conversion, kind)(copies[2])
    found = [await crm.account(account), await crm.contact(contact), await crm.opportunity(deal)]
    assert [list(getattr(each, kind)) for each in found if each] == [[copies[0]], [copies[1]], [copies[2]]]


@pytest.mark.parametrize("kind", COPIES)
async def test_what_is_there_stays_as_it_is(crm: CrmDoor, kind: str) -> None:
    conversion, first, second = Conversion(crm), MAKERS[kind](), MAKERS[kind]()
    account = (await conversion.account(unique())).account_id
    again = type(first).FromString(first.SerializeToString())
    setattr(again, "name" if kind == "documents" else "role", "changed")
    await getattr(conversion, kind)(first)
    await getattr(conversion, kind)(again, second, second)
    found = await crm.account(account)
    assert found is not None
    assert sorted(map(str, getattr(found, kind))) == sorted(map(str, (first, second)))


@pytest.mark.parametrize("kind", COPIES)
async def test_removed_ones_are_gone_and_no_more_are_taken(crm: CrmDoor, kind: str) -> None:
    conversion = Conversion(crm)
    account = (await conversion.account(unique())).account_id
    await getattr(conversion, kind)(MAKERS[kind]())
    for _ in range(2):
        await getattr(conversion, f"remove_{kind}")()
    with pytest.raises(LeadlineError) as refused:
        await getattr(conversion, kind)(MAKERS[kind]())
    assert (refused.value.kind, refused.value.reason) == (ErrorKind.REFUSED, "CONVERSION_CLOSED")
    found = await crm.account(account)
    assert found is not None
    assert not getattr(found, kind)


@pytest.mark.parametrize("kind", COPIES)
async def test_they_need_a_record_to_go_to(crm: CrmDoor, kind: str) -> None:
    with pytest.raises(LeadlineError) as refused:
        await getattr(Conversion(crm), kind)(MAKERS[kind]())
    assert (refused.value.kind, refused.value.reason) == (ErrorKind.NOT_FOUND, "CONVERSION_NOT_FOUND")


async def test_a_user_of_two_conversions_counts_once_and_stays_while_one_of_them_lasts(crm: CrmDoor) -> None:
    name, user, first, second = unique(), str(new_id()), Conversion(crm), Conversion(crm)
    account = (await first.account(name)).account_id
    await second.account(name)
    came_first = member(user, "sales_rep", seconds=1_700_000_000)
    await second.team(member(user, "executive_sponsor", seconds=1_700_000_009))
    await first.team(came_first)
    found = await crm.account(account)
    assert found is not None
    assert list(found.team) == [came_first]
    await first.remove_team()
    left = await crm.account(account)
    assert left is not None
    assert [(each.user_id, each.role) for each in left.team] == [(user, "executive_sponsor")]


async def test_lists_come_without_them(crm: CrmDoor) -> None:
    conversion, name = Conversion(crm), unique("Deal")
    deal = (await conversion.opportunity(name=name, lines=[sold()], custom_fields='{"a":1}')).opportunity_id
    await conversion.documents(document())
    await conversion.team(member())
    (listed,) = (await crm.opportunities(name)).opportunities
    assert not listed.documents
    assert not listed.team
    assert not listed.lines
    assert (listed.id, listed.custom_fields) == (deal, '{"a":1}')


async def test_lines_come_with_the_opportunity_in_their_order_with_exact_totals(crm: CrmDoor) -> None:
    lines = [
        sold("2", "10.00"),
        sold("2.5", "9999999999999.10", "12.5", product_name="Größer — 三"),
        sold("0.0001", "0.50"),
        sold("3", "0.335"),
    ]
    made = await crm.opportunity((await Conversion(crm).opportunity(lines=lines)).opportunity_id)
    assert made is not None
    assert [each.total for each in made.lines] == ["20.00", "21874999999998.03", "0.00", "1.02"]
    assert [(each.id, each.product_id, each.product_name) for each in made.lines] == [
        (each.id, each.product_id, each.product_name) for each in lines
    ]
    assert [(each.quantity, each.unit_price, each.discount) for each in made.lines] == [
        ("2", "10.00", "0"),
        ("2.5", "9999999999999.10", "12.5"),
        ("0.0001", "0.50", "0"),
        ("3", "0.34", "0"),
    ]


async def test_a_linked_opportunity_takes_neither_lines_nor_custom_fields(crm: CrmDoor) -> None:
    made = (await Conversion(crm).opportunity()).opportunity_id
    before = await crm.opportunity(made)
    await Conversion(crm).opportunity(link_id=made, lines=[sold()], custom_fields='{"a":1}')
    assert await crm.opportunity(made) == before


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("", ""),
        ("{}", ""),
        ('{"tier": "gold", "seats": 12.50}', '{"tier":"gold","seats":12.5}'),
        ('{"ü":{"deep":[1,null,true,"a\\nb"]}}', '{"ü":{"deep":[1,null,true,"a\\nb"]}}'),
        (f'{{"n":{10**40}}}', f'{{"n":{10**40}}}'),
    ],
)
async def test_custom_fields_come_back_as_they_were(crm: CrmDoor, given: str, kept: str) -> None:
    account = await crm.account((await Conversion(crm).account(unique(), custom_fields=given)).account_id)
    contact = await crm.contact((await Conversion(crm).contact(last_name="A", custom_fields=given)).contact_id)
    deal = await crm.opportunity((await Conversion(crm).opportunity(custom_fields=given)).opportunity_id)
    assert [each.custom_fields for each in (account, contact, deal) if each] == [kept] * 3


async def test_everything_goes_with_its_record(crm: CrmDoor) -> None:
    conversion = Conversion(crm)
    copied = document()
    await conversion.opportunity(lines=[sold()])
    await conversion.documents(copied)
    await conversion.team(member())
    await conversion.release_opportunity()
    again = Conversion(crm)
    deal = (await again.opportunity()).opportunity_id
    await again.documents(copied)
    found = await crm.opportunity(deal)
    assert found is not None
    assert (list(found.documents), list(found.lines)) == ([copied], [])
