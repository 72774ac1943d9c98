"""Finding duplicates, and keeping them out, through the gRPC door."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from leadline.leads.v1 import lead_pb2
from leadline.leads.v1 import lead_service_pb2 as pb
from leadline.settings.v1 import configuration_service_pb2, lists_pb2

from kit.db.database import Database
from kit.db.migrations import migrate
from kit.errors import ErrorKind, LeadlineError
from kit.ids import new_id
from leads_service.domain.duplicates import Sought
from leads_service.main import MIGRATIONS
from leads_service.store.duplicates import find, find_many, lock_many
from tests.integration.leads.conftest import TestClock
from tests.integration.leads.door import USER_TOKEN, Door, fields_at_fault, refusal
from tests.integration.leads.pushing import Edit, House, open_house
from tests.support import tokens
from tests.support.waiting import eventually

_numbers = iter(range(2_125_551_000, 2_125_559_999))


def an_email() -> str:
    """An address that no other test uses."""
    return f"Alice.{new_id().hex}@Startup.io"


def a_phone() -> str:
    """A number that no other test uses."""
    return f"+1{next(_numbers)}"


async def duplicates(door: Door, *, sent: str = USER_TOKEN, **given: str) -> list[pb.DuplicateLead]:
    request = pb.CheckDuplicatesRequest(**given)
    return list((await door.ask(door.lead_stub.CheckDuplicates, request, sent=sent)).duplicates)


async def found(door: Door, **given: str) -> list[tuple[str, str]]:
    """Ids and what they match by."""
    return [(each.id, each.match_field) for each in await duplicates(door, **given)]


@pytest.fixture(scope="module")
def blocking_url(create_database: Callable[[str], str]) -> str:
    return create_database("leads_blocking")


def on_create(what: str) -> Edit:
    """The setting for new leads."""

    def edit(configuration: configuration_service_pb2.Configuration) -> None:
        document = json.loads(configuration.settings.document)
        document["duplicateDetection"]["onCreate"] = what
        configuration.settings.document = json.dumps(document)

    return edit


@pytest.fixture(scope="module")
async def blocking_house(
    blocking_url: str, configuration: configuration_service_pb2.Configuration, clock: TestClock
) -> AsyncIterator[House]:
    """Leads that keep duplicates out, and hide names and addresses at the stage Contacted."""
    made = configuration_service_pb2.Configuration.FromString(configuration.SerializeToString())
    on_create("block")(made)
    hidden = dict.fromkeys(("email", "lastName", "phone", "estimatedValue"), lists_pb2.FIELD_ACCESS_HIDDEN)
    contacted = next(each.id for each in made.stages if each.name == "Contacted")
    made.field_visibility.add(stage_id=contacted, fields=hidden)
    async with open_house(blocking_url, made, clock) as house:
        yield house


@pytest.fixture
def blocking(blocking_house: House) -> Door:
    """A door to leads that keep duplicates out."""
    return blocking_house.door


async def test_a_duplicate_is_found_as_documented(door: Door) -> None:
    email = an_email()
    lead = await door.create(first_name="Alice", last_name="Johnson", email=email, phone=a_phone())
    assert await duplicates(door, email=email.upper(), phone=a_phone()) == [
        pb.DuplicateLead(id=lead.id, first_name="Alice", last_name="Johnson", email=email, match_field="email")
    ]


async def test_a_phone_number_is_found_however_it_is_written(door: Door) -> None:
    phone = a_phone()
    lead = await door.create(phone=phone)
    national = f"({phone[2:5]}) {phone[5:8]}-{phone[8:]}"
    assert await found(door, phone=national) == [(lead.id, "phone")]
    assert await found(door, phone=f" {phone} ", email=an_email()) == [(lead.id, "phone")]


async def test_each_lead_comes_once_by_its_email_first_and_the_newest_first(door: Door) -> None:
    email, phone = an_email(), a_phone()
    both = await door.create(email=email.lower(), phone=phone)
    by_phone = await door.create(email=an_email(), phone=phone)
    by_email = await door.create(email=email.upper())
    await door.create(email=an_email(), phone=a_phone())
    assert await found(door, email=email, phone=phone) == [
        (by_email.id, "email"),
        (by_phone.id, "phone"),
        (both.id, "email"),
    ]


async def test_a_deleted_lead_is_no_duplicate_but_a_closed_one_is(door: Door) -> None:
    email = an_email()
    gone, closed = [await door.create(email=email) for _ in range(2)]
    await door.delete(gone.id)
    await door.ask(door.lead_stub.DisqualifyLead, pb.DisqualifyLeadRequest(lead_id=closed.id, reason="duplicate"))
    assert await found(door, email=email) == [(closed.id, "email")]


async def test_at_most_twenty_five_are_said(door: Door) -> None:
    email = an_email()
    made = [await door.create(email=email) for _ in range(27)]
    assert await found(door, email=email) == [(each.id, "email") for each in reversed(made[2:])]


async def test_letters_beyond_ascii_have_no_case_either(door: Door) -> None:
    local = f"jürgen.{new_id().hex}"
    lead = await door.create(email=f"{local}@startup.io")
    assert await found(door, email=f"{local.upper()}@Startup.io") == [(lead.id, "email")]


@pytest.mark.parametrize("again", ["xn--mnchen-3ya.de", "XN--MNCHEN-3YA.DE", "MÜNCHEN.de", "mu\u0308nchen.de"])
async def test_an_international_domain_is_found_however_it_is_written(door: Door, again: str) -> None:
    local = new_id().hex
    lead = await door.create(email=f"{local}@münchen.de")
    assert lead.email == f"{local}@münchen.de"
    assert await found(door, email=f"{local}@{again}") == [(lead.id, "email")]
    other = await door.create(email=f"{local}@{again}")
    assert await found(door, email=f"{local}@münchen.de") == [(other.id, "email"), (lead.id, "email")]


async def test_a_lead_is_found_by_the_address_that_it_has_now(door: Door) -> None:
    local = new_id().hex
    lead = await door.create(email=f"{local}@münchen.de")
    await door.update(lead.id, email=f"{local}@köln.de")
    assert await found(door, email=f"{local}@xn--mnchen-3ya.de") == []
    assert await found(door, email=f"{local}@xn--kln-sna.de") == [(lead.id, "email")]
    await door.update(lead.id, email=f"{local}@koeln.de")
    assert await found(door, email=f"{local}@köln.de") == []


async def test_many_are_looked_for_at_once_each_with_its_own_duplicates(door: Door, database: Database) -> None:
    email, phone = an_email(), a_phone()
    by_email, by_phone = await door.create(email=email), await door.create(phone=phone)
    both = await door.create(email=email, phone=phone)
    wanted = [Sought.of(email, phone), Sought.of(an_email(), None), Sought.of(None, phone), Sought.of(email, a_phone())]
    async with database.reading() as connection:
        answers = await find_many(connection, wanted)
    assert [[(str(each.lead.id), each.match_field) for each in one] for one in answers] == [
        [(both.id, "email"), (by_phone.id, "phone"), (by_email.id, "email")],
        [],
        [(both.id, "phone"), (by_phone.id, "phone")],
        [(both.id, "email"), (by_email.id, "email")],
    ]


async def test_many_are_locked_in_one_order_whatever_order_they_come_in(database: Database) -> None:
    wanted = [Sought.of(an_email(), a_phone()) for _ in range(50)]

    async def hold(order: list[Sought]) -> None:
        async with database.transaction() as tx:
            await lock_many(tx, order)

    await asyncio.gather(*(hold(wanted[::step]) for step in (1, -1) * 5))


async def test_nothing_that_only_looks_alike_is_a_duplicate(door: Door) -> None:
    email = an_email()
    await door.create(email=email)
    assert await found(door, email=email.replace(".", "_", 1)) == []
    assert await found(door, email=f"x{email}") == []


@pytest.mark.parametrize(
    ("given", "faults"),
    [
        ({}, {("email", "REQUIRED"), ("phone", "REQUIRED")}),
        ({"email": " ", "phone": ""}, {("email", "REQUIRED"), ("phone", "REQUIRED")}),
        ({"email": "nobody", "phone": "12"}, {("email", "NOT_AN_EMAIL"), ("phone", "NOT_A_PHONE_NUMBER")}),
        ({"email": "a\x00@b.io"}, {("email", "CONTROL_CHARACTER")}),
    ],
)
async def test_a_question_that_makes_no_sense_is_refused(
    door: Door, given: dict[str, str], faults: set[tuple[str, str]]
) -> None:
    error = await refusal(duplicates(door, **given))
    assert (error.reason, fields_at_fault(error)) == ("VALIDATION_FAILED", faults)


async def test_asking_needs_the_permission_to_view(door: Door) -> None:
    sent = tokens.token("leads:create", "leads:edit", "leads:delete")
    error = await refusal(duplicates(door, sent=sent, email="a@b.io"))
    assert (error.kind, error.metadata) == (ErrorKind.FORBIDDEN, {"permission": "leads:view"})


async def test_what_the_stage_of_a_duplicate_hides_is_left_out_but_for_administrators(blocking: Door) -> None:
    email = an_email()
    lead = await blocking.create(first_name="Alice", last_name="Johnson", email=email)
    await blocking.change_stage(lead.id, blocking.stage("Contacted"))
    assert await duplicates(blocking, email=email) == [
        pb.DuplicateLead(id=lead.id, first_name="Alice", match_field="email", hidden_fields=["email", "lastName"])
    ]
    assert await duplicates(blocking, sent=tokens.admin_token(), email=email) == [
        pb.DuplicateLead(id=lead.id, first_name="Alice", last_name="Johnson", email=email, match_field="email")
    ]


async def test_by_default_duplicates_come_in(door: Door) -> None:
    email = an_email()
    first, second = [await door.create(email=email) for _ in range(2)]
    assert first.id != second.id


async def test_where_they_are_blocked_a_duplicate_is_refused_with_those_that_are_there(blocking: Door) -> None:
    email, phone = an_email(), a_phone()
    by_email = await blocking.create(email=email)
    by_phone = await blocking.create(phone=phone)
    error = await refusal(blocking.create(last_name="Johnson", email=email.upper(), phone=phone))
    assert (error.kind, error.reason) == (ErrorKind.REFUSED, "LEAD_DUPLICATE")
    assert error.metadata == {"duplicateIds": f"{by_phone.id},{by_email.id}"}
    assert (await blocking.find(search=email)).total == 1
    await blocking.delete(by_email.id)
    await blocking.delete(by_phone.id)
    assert (await blocking.create(email=email, phone=phone)).email == email


async def test_blocking_is_for_new_leads_only(blocking: Door) -> None:
    email = an_email()
    await blocking.create(email=email)
    other = await blocking.create(last_name="Johnson")
    assert (await blocking.update(other.id, email=email)).email == email
    assert (await blocking.create(last_name="Johnson")).id != other.id


async def test_the_setting_is_in_force_within_a_second_either_way(blocking_house: House) -> None:
    email = an_email()
    await blocking_house.door.create(email=email)

    async def comes_in() -> bool:
        try:
            await blocking_house.door.create(email=email)
        except LeadlineError as error:
            if error.reason != "LEAD_DUPLICATE":
                raise
            return False
        return True

    assert not await comes_in()
    await blocking_house.push(on_create("allow"))
    await eventually(comes_in, within=1)
    await blocking_house.push(on_create("block"))
    await eventually(comes_in, lambda came: not came, within=1)


async def test_at_most_twenty_five_are_named_in_a_refusal(blocking: Door) -> None:
    email = an_email()
    await blocking.create(email=email)
    for _ in range(26):
        lead = await blocking.create(last_name="Johnson")
        await blocking.update(lead.id, email=email)
    error = await refusal(blocking.create(email=email))
    assert len(error.metadata["duplicateIds"].split(",")) == 25


def outcomes(answers: list[Any]) -> tuple[list[lead_pb2.Lead], list[str]]:
    """Who came in, and why the others did not."""
    made = [each for each in answers if isinstance(each, lead_pb2.Lead)]
    refused = [each.reason for each in answers if isinstance(each, LeadlineError)]
    assert len(made) + len(refused) == len(answers)
    return made, refused


async def test_of_twenty_equal_leads_created_at_once_one_comes_in(blocking: Door) -> None:
    email, phone = an_email(), a_phone()
    given = [{"email": email}, {"email": email.upper(), "phone": phone}, {"email": email.lower(), "phone": a_phone()}]
    attempts = [blocking.create(**given[number % 3]) for number in range(20)]
    made, refused = outcomes(await asyncio.gather(*attempts, return_exceptions=True))
    assert (len(made), refused) == (1, ["LEAD_DUPLICATE"] * 19)
    assert (await blocking.find(search=email)).total == 1


async def test_leads_that_share_an_email_with_one_and_a_phone_with_another_never_wait_in_a_circle(
    blocking: Door,
) -> None:
    for _ in range(5):
        emails, phones = [an_email() for _ in range(3)], [a_phone() for _ in range(3)]
        attempts = [blocking.create(email=email, phone=phone) for email in emails for phone in reversed(phones)]
        made, refused = outcomes(await asyncio.gather(*attempts, return_exceptions=True))
        assert set(refused) <= {"LEAD_DUPLICATE"}
        assert len({each.email for each in made}) == len({each.phone for each in made}) == len(made) >= 1


async def test_everybody_waits_for_the_email_before_the_phone(blocking: Door, blocking_url: str) -> None:
    email, phone = an_email(), a_phone()
    with psycopg.connect(blocking_url) as holder, psycopg.connect(blocking_url, autocommit=True) as other:
        holder.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"duplicate phone {phone}",))
        creating = asyncio.create_task(blocking.create(email=email, phone=phone))

        async def is_taken() -> bool:
            query = "SELECT NOT pg_try_advisory_xact_lock(hashtextextended(%s, 0))"
            row = other.execute(query, (f"duplicate email {email.lower()}",)).fetchone()
            return row == (True,)

        await eventually(is_taken)
        assert not creating.done()
        holder.rollback()
        assert (await creating).email == email


async def test_the_same_key_at_once_makes_one_lead_and_answers_it_again(blocking: Door) -> None:
    key, email = str(new_id()), an_email()
    made, refused = outcomes(
        await asyncio.gather(*(blocking.create(key=key, email=email) for _ in range(5)), return_exceptions=True)
    )
    assert {each.id for each in made} == {(await blocking.create(key=key, email=email)).id}
    assert set(refused) <= {"IDEMPOTENCY_IN_PROGRESS"}


MANY = """INSERT INTO leads (id, email, phone_e164, priority, stage_id, pipeline_id, custom_fields, stage_field_values,
              status, score, score_breakdown, qualified, version, created_by, created_at, updated_at)
          SELECT gen_random_uuid(), n || '@many.example', '+49' || (30000000 + n), 'low', gen_random_uuid(),
              gen_random_uuid(), '{}', '{}', 'open', 0, '[]', false, 1, gen_random_uuid(), now(), now()
          FROM generate_series(1, 20000) n"""
SCANS = """SELECT indexrelname, idx_scan FROM pg_stat_user_indexes WHERE relname = 'leads'
           UNION SELECT relname, seq_scan FROM pg_stat_user_tables WHERE relname = 'leads'"""


async def test_duplicates_are_looked_for_by_their_indexes_and_in_no_other_way(
    create_database: Callable[[str], str],
) -> None:
    url = create_database("leads_many")
    migrate(MIGRATIONS, url)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(MANY)
        connection.execute("VACUUM ANALYZE leads")
        connection.execute("SELECT pg_stat_reset()")
    database = Database(url, pool_size=1, application="test")
    async with database.reading() as reading:
        # Often enough for the plan that fits whatever is looked for.
        for _ in range(12):
            assert await find(reading, Sought.of("nobody@many.example", "+4911111111")) == []
        assert len(await find(reading, Sought.of("77@MANY.example", "+4930000078"))) == 2
        # Those of an import's rows, all at once.
        wanted = [Sought.of(f"{number}@many.example", f"+49{30_000_001 + number}") for number in range(1, 21)]
        assert [len(each) for each in await find_many(reading, wanted)] == [2] * 20
        await reading.execute(sa.text("SELECT pg_stat_force_next_flush()"))
        scans = {name: number for name, number in await reading.execute(sa.text(SCANS)) if number}
    await database.close()
    # The leads themselves are then taken by their ids.
    scans.pop("leads_pkey", None)
    assert scans.keys() == {"leads_email", "leads_email_key", "leads_phone"}
