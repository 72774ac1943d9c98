"""EnsureOpportunity: link the named one, else make one."""

import pytest

from kit.errors import ErrorKind, LeadlineError
from kit.ids import new_id
from tests.integration.crm.crm_door import OWNER, PIPELINE, STAGE, Conversion, CrmDoor, unique


async def test_an_opportunity_is_made_for_account_and_contact(crm: CrmDoor) -> None:
    conversion = Conversion(crm)
    account = (await conversion.account(unique())).account_id
    contact = (await conversion.contact(last_name="Johnson", account_id=account)).contact_id
    fields = {"name": "StartupIO", "value": "50000", "currency": "EUR", "description": "First line\nsecond line"}
    ensured = await conversion.opportunity(account_id=account, contact_id=contact, **fields)
    assert ensured.made
    made = await crm.opportunity(ensured.opportunity_id)
    assert made is not None
    assert (made.account_id, made.contact_id, made.pipeline_id, made.stage_id) == (account, contact, PIPELINE, STAGE)
    assert (made.name, made.value, made.currency) == ("StartupIO", "50000.00", "EUR")
    assert (made.description, made.owner_id) == ("First line\nsecond line", OWNER)
    assert (made.lead_id, made.version) == (conversion.lead_id, 1)


async def test_an_opportunity_needs_neither_value_nor_account_nor_contact(crm: CrmDoor) -> None:
    made = await crm.opportunity((await Conversion(crm).opportunity()).opportunity_id)
    assert made is not None
    assert not any(made.HasField(field) for field in ("value", "account_id", "contact_id", "description"))


async def test_equal_opportunities_are_two(crm: CrmDoor) -> None:
    first, second = [await Conversion(crm).opportunity(name="Same") for _ in range(2)]
    assert second.made
    assert second.opportunity_id != first.opportunity_id


async def test_a_named_opportunity_is_linked_and_stays_as_it_was(crm: CrmDoor) -> None:
    made = await Conversion(crm).opportunity()
    before = await crm.opportunity(made.opportunity_id)
    linked = await Conversion(crm).opportunity(link_id=made.opportunity_id, name="Another", value="1")
    assert (linked.opportunity_id, linked.made) == (made.opportunity_id, False)
    assert await crm.opportunity(made.opportunity_id) == before


@pytest.mark.parametrize("field", ["link_id", "account_id", "contact_id"])
async def test_what_it_refers_to_must_be_there(crm: CrmDoor, field: str) -> None:
    conversion = Conversion(crm)
    with pytest.raises(LeadlineError) as refused:
        await conversion.opportunity(**{field: str(new_id())})
    noun = {"link_id": "OPPORTUNITY", "account_id": "ACCOUNT", "contact_id": "CONTACT"}[field]
    assert (refused.value.kind, refused.value.reason) == (ErrorKind.NOT_FOUND, f"{noun}_NOT_FOUND")
    assert (await conversion.opportunity()).made


async def test_a_repeated_step_answers_the_first_outcome_again(crm: CrmDoor) -> None:
    conversion, name = Conversion(crm), unique("Deal")
    first = await conversion.opportunity(name=name)
    assert await conversion.opportunity(name=name) == first
    assert (await crm.opportunities(name)).total == 1
