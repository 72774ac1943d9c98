"""Random interleavings of three conversions that share a company, a person and a contact of old."""

import asyncio

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from leadline.crm.v1 import conversion_record_service_pb2 as pb

from kit.errors import LeadlineError
from kit.ids import new_id
from tests.integration.crm.crm_door import Conversion, CrmDoor, unique

_REFUSALS = {
    "CONVERSION_CLOSED",
    "ACCOUNT_NOT_FOUND",
    "CONTACT_NOT_FOUND",
    "CONTACT_OF_ANOTHER_ACCOUNT",
    "RECORDS_CHANGED",
}
_STEPS = (
    "ensure_account",
    "ensure_contact",
    "ensure_contact_without_account",
    "ensure_opportunity",
    "release_account",
    "release_contact",
    "release_opportunity",
    "undo",
)

_KINDS = {
    pb.RECORD_KIND_ACCOUNT: "account",
    pb.RECORD_KIND_CONTACT: "contact",
    pb.RECORD_KIND_OPPORTUNITY: "opportunity",
}

Act = tuple[int, str]
_ACTS = st.lists(st.tuples(st.integers(0, 2), st.sampled_from(_STEPS)), min_size=4, max_size=12)


class World:
    """Three conversions, two of which are of one company, and a contact that was there before them."""

    def __init__(self, door: CrmDoor) -> None:
        self.door = door
        self.company, self.other_company = unique(), unique("Other")
        self.address = f"{new_id().hex}@acme.example"
        self.conversions = [Conversion(door) for _ in range(3)]
        self.ensured: list[dict[str, str]] = [{}, {}, {}]
        self.put_at: dict[int, str] = {}

    async def begin(self) -> None:
        """Have a contact without account there, of a conversion that is over."""
        self.old = (await Conversion(self.door).contact(email=self.address)).contact_id

    async def act(self, act: Act) -> None:
        """Carry out one step; refusals of steps that come too late are expected."""
        number, step = act
        try:
            await getattr(self, step)(number)
        except LeadlineError as error:
            if error.reason not in _REFUSALS:
                raise

    async def ensure_account(self, number: int) -> None:
        name = self.other_company if number == 2 else self.company
        self.ensured[number]["account"] = (await self.conversions[number].account(name)).account_id

    async def ensure_contact(self, number: int) -> None:
        account = self.ensured[number].get("account")
        ensured = await self.conversions[number].contact(email=self.address, account_id=account)
        if account and "contact" not in self.ensured[number]:
            self.put_at[number] = account
        self.ensured[number]["contact"] = ensured.contact_id

    async def ensure_contact_without_account(self, number: int) -> None:
        ensured = await self.conversions[number].contact(email=self.address)
        self.ensured[number]["contact"] = ensured.contact_id

    async def ensure_opportunity(self, number: int) -> None:
        own = {f"{kind}_id": value for kind, value in self.ensured[number].items() if kind != "opportunity"}
        ensured = await self.conversions[number].opportunity(name=self.company, **own)
        self.ensured[number]["opportunity"] = ensured.opportunity_id

    async def release_account(self, number: int) -> None:
        self.ensured[number].pop("account", None)
        await self.conversions[number].release_account()

    async def release_contact(self, number: int) -> None:
        self.ensured[number].pop("contact", None)
        self.put_at.pop(number, None)
        await self.conversions[number].release_contact()

    async def release_opportunity(self, number: int) -> None:
        self.ensured[number].pop("opportunity", None)
        await self.conversions[number].release_opportunity()

    async def undo(self, number: int) -> None:
        """All of it is gone then; refused, nothing has changed: what is in use is looked at after each act."""
        known = await self.conversions[number].records()
        await self.conversions[number].undo()
        self.ensured[number].clear()
        self.put_at.pop(number, None)
        made = [(_KINDS[each.kind], each.record_id) for each in known.records if each.made and not each.released]
        assert not any(await asyncio.gather(*(getattr(self.door, kind)(each) for kind, each in made)))

    async def what_is_in_use_is_there(self) -> None:
        """What a conversion ensured and has not released is there, and its contact is still at its account."""
        reads = [getattr(self.door, kind)(each) for ensured in self.ensured for kind, each in ensured.items()]
        assert all(await asyncio.gather(*reads)), self.ensured
        for number, account in self.put_at.items():
            contact = await self.door.contact(self.ensured[number]["contact"])
            assert contact is not None
            assert contact.account_id == account

    async def everything_is_as_before(self) -> None:
        assert (await self.door.accounts(self.company)).total == 0
        assert (await self.door.accounts(self.other_company)).total == 0
        assert (await self.door.opportunities(self.company)).total == 0
        (old,) = (await self.door.contacts(self.address)).contacts
        assert (old.id, old.account_id) == (self.old, "")


# The door is shared on purpose: every example has names of its own.
_settings = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], print_blob=True
)


@given(_ACTS)
@_settings
async def test_one_after_the_other_they_keep_what_is_used_and_leave_nothing_else(crm: CrmDoor, acts: list[Act]) -> None:
    world = World(crm)
    await world.begin()
    for act in acts:
        await world.act(act)
        await world.what_is_in_use_is_there()
    for conversion in world.conversions:
        await conversion.release_all()
    await world.everything_is_as_before()


@given(_ACTS, st.permutations(("release_account", "release_contact", "release_opportunity")))
@_settings
async def test_all_at_once_they_leave_nothing(crm: CrmDoor, acts: list[Act], order: list[str]) -> None:
    world = World(crm)
    await world.begin()
    await asyncio.gather(*map(world.act, acts))
    for step in order:
        await asyncio.gather(*(getattr(each, step)() for each in world.conversions))
    await world.everything_is_as_before()
