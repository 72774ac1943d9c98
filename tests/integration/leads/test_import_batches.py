"""Batches of imports: each row once, by the rules for single leads, whatever happens between and beside them."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from leadline.leads.v1 import import_service_pb2 as pb
from leadline.settings.v1 import configuration_service_pb2

from kit.clock import utc_now
from kit.errors import LeadlineError, unavailable
from kit.ids import new_id
from kit.object_store import ObjectStore
from leadline_workflows.contracts.outbox import SLA_CLOCK
from leads_service.domain.lead import Actor, Origin
from leads_service.domain.settling import Situation
from leads_service.store import imports as kept
from leads_service.store import leads
from leads_service.store.tables import OUTBOX
from leads_service.usecases import import_batch, import_files
from tests.integration.leads.conftest import TestClock, leads_settings
from tests.integration.leads.deleting import Process, new_process, retire_stage
from tests.integration.leads.door import refusal
from tests.integration.leads.importing import (
    Importing,
    batches_of,
    counts,
    csv_file,
    custom,
    importer,
    reasons,
)
from tests.integration.leads.pushing import House, open_house
from tests.integration.leads.stage_rules import HIDDEN, READ_ONLY, ROUND_ROBIN, asks, restricts, shares

MEMBERS = [str(new_id()) for _ in range(3)]


@pytest.fixture(scope="module")
async def house(
    create_database: Callable[[str], str], configuration: configuration_service_pb2.Configuration, clock: TestClock
) -> AsyncIterator[House]:
    async with open_house(create_database("import_batches"), configuration, clock) as opened:
        yield opened


@pytest.fixture(scope="module")
async def process(house: House) -> Process:
    """Stages: one that asks for a title, one that shares its leads out, one that restricts fields."""
    made = await new_process(house, "New", "Asking", "Shared", "Quiet", "Won", "Lost")
    await house.push(
        asks(made.stages["Asking"], "title"),
        shares(made.stages["Shared"], ROUND_ROBIN, MEMBERS),
        restricts(made.stages["Quiet"], source=READ_ONLY, customFields__secret=HIDDEN),
    )
    return made


@pytest.fixture
def me(house: House) -> Importing:
    return importer(house.door)


def blocking(value: str) -> Callable[[configuration_service_pb2.Configuration], None]:
    """What happens to a new lead that is there already."""

    def edit(configuration: configuration_service_pb2.Configuration) -> None:
        document = json.loads(configuration.settings.document)
        document["duplicateDetection"]["onCreate"] = value
        configuration.settings.document = json.dumps(document)

    return edit


def an_email() -> str:
    return f"{new_id()}@startup.io"


async def made_by(house: House, me: Importing, columns: str = "last_name") -> list[Any]:
    """What the leads that somebody has created have in these columns, in their order."""
    query = f"SELECT {columns} FROM leads WHERE created_by = :me ORDER BY id"  # noqa: S608 - columns of ours
    return [tuple(row) if len(row) > 1 else row[0] for row in await house.rows(query, me=me.user_id)]


async def test_rows_whose_email_or_phone_is_there_are_left_out(house: House, me: Importing) -> None:
    email, phone, deleted = an_email(), "+12125550101", await house.door.create(email=an_email())
    await house.door.create(email=email)
    await house.door.create(phone=phone)
    await house.door.delete(deleted.id)
    content = csv_file(
        ("Last Name", "Email", "Phone"),
        ("Known", email.upper(), ""),
        ("Known, too", an_email(), "(212) 555-0101"),
        ("Gone", deleted.email, ""),
        ("Once", "once@startup.io", ""),
        ("Twice", "ONCE@startup.io", ""),
        ("Wrong but known", email, "1"),
        ("Nobody", "", ""),
        ("Nobody", "", ""),
    )
    done = await me.carry_out(content)
    assert counts(done) == (4, 0, 4, 0)
    assert await made_by(house, me) == ["Gone", "Once", "Nobody", "Nobody"]


async def test_rows_change_the_newest_open_lead_with_their_email_else_their_phone(house: House, me: Importing) -> None:
    email, phone = an_email(), "+12125550102"
    older = await house.door.create(email=email, last_name="Older")
    newer = await house.door.create(email=email, last_name="Newer", custom_fields={"a": 1, "b": 2}, source="referral")
    by_phone = await house.door.create(phone=phone, last_name="By phone", email=an_email())
    closed = await house.door.create(email=an_email(), estimated_value="5")
    await house.door.convert(closed.id)
    content = csv_file(
        ("Last Name", "Email", "Phone", "Title", "customFields.b"),
        ("", email, phone, "Director", "3"),
        ("Renamed", "", phone, "", ""),
        ("New", an_email(), "", "", ""),
        ("No", closed.email, "", "", ""),
        ("", email, "", "Director", ""),
        ("", email, "", "Founder", ""),
    )
    done = await me.carry_out(content, duplicates="update", defaults={"source": "website"})
    assert counts(done) == (1, 3, 1, 1)
    assert await house.door.get(older.id) == older
    changed = await house.door.get(newer.id)
    assert (changed.last_name, changed.title, changed.phone, changed.source) == ("Newer", "Founder", phone, "referral")
    assert (custom(changed), changed.version) == ({"a": 1, "b": "3"}, 3)
    assert {entry.origin for entry in await house.door.history(newer.id)} == {"import"}
    assert {entry.changed_by for entry in await house.door.history(newer.id)} == {str(me.user_id)}
    assert (await house.door.get(by_phone.id)).last_name == "Renamed"
    assert await made_by(house, me, "last_name, source") == [("New", "website")]
    ((number, why),) = reasons(await me.refused(done.id))
    assert (number, why[:22]) == ("5", "A conversion of this l")


async def test_a_phone_goes_to_whoever_has_it_by_then(house: House, me: Importing) -> None:
    email, phone = an_email(), "+12125550103"
    older = await house.door.create(phone=phone, last_name="Older")
    newer = await house.door.create(email=email, last_name="Newer")
    content = csv_file(
        ("Email", "Phone", "Title"), (email, phone, ""), ("", phone, "Director"), ("", "+12125550104", "New")
    )
    assert counts(await me.carry_out(content, duplicates="update")) == (1, 2, 0, 0)
    assert [(await house.door.get(lead.id)).title for lead in (older, newer)] == ["", "Director"]


async def test_rows_about_one_lead_are_taken_one_after_the_other_whatever_they_know_it_by(
    house: House, me: Importing
) -> None:
    lead = await house.door.create(email=an_email(), phone="+12125550105")
    content = csv_file(
        ("Email", "Phone", "Title", "Company"),
        (lead.email, "", "Director", ""),
        ("", lead.phone, "", "Acme"),
        (lead.email, "", "Founder", ""),
    )
    assert counts(await me.carry_out(content, duplicates="update")) == (0, 3, 0, 0)
    changed = await house.door.get(lead.id)
    assert (changed.title, changed.company, changed.version) == ("Founder", "Acme", 4)


async def test_each_row_becomes_a_lead_where_that_is_wanted_and_not_blocked(house: House, me: Importing) -> None:
    email = an_email()
    content = csv_file(("Email",), (email,), (email,), (an_email(),))
    assert counts(await me.carry_out(content, duplicates="create")) == (3, 0, 0, 0)
    await house.push(blocking("block"))
    try:
        other = importer(house.door)
        again = csv_file(("Email",), (email,), (fresh := an_email(),), (fresh,))
        done = await other.carry_out(again, duplicates="create")
        assert counts(done) == (1, 0, 0, 2)
        assert {why for _, why in reasons(await other.refused(done.id))} == {
            "There is a lead with this e-mail or phone already."
        }
    finally:
        await house.push(blocking("allow"))


async def test_where_duplicates_are_blocked_an_import_and_callers_make_each_lead_once(
    house: House, me: Importing
) -> None:
    await house.push(blocking("block"))
    try:
        emails = [an_email() for _ in range(30)]
        started = await me.start(csv_file(("Email",), *((email,) for email in emails)))
        with batches_of(7):
            attempts = (house.door.create(email=email) for email in reversed(emails))
            answers = await asyncio.gather(me.run(started.id), *attempts, return_exceptions=True)
    finally:
        await house.push(blocking("allow"))
    refused = [each for each in answers if isinstance(each, BaseException)]
    assert {each.reason for each in refused if isinstance(each, LeadlineError)} <= {"LEAD_DUPLICATE"}
    found = await house.rows("SELECT email FROM leads WHERE email = ANY(:emails)", emails=emails)
    assert Counter(row.email for row in found) == Counter(emails)
    assert isinstance(answers[0], pb.Import)
    assert counts(answers[0]) == (len(refused), 0, 30 - len(refused), 0)


async def test_two_imports_of_the_same_file_at_once_make_each_lead_once(house: House) -> None:
    emails = [an_email() for _ in range(60)]
    forth = csv_file(("Email",), *((email,) for email in emails))
    back = csv_file(("Email",), *((email,) for email in reversed(emails)))
    somebody, other = importer(house.door), importer(house.door)
    with batches_of(9):
        first, second = await asyncio.gather(somebody.carry_out(forth), other.carry_out(back))
    assert first.created + second.created == 60
    assert first.skipped + second.skipped == 60
    assert sorted(await made_by(house, somebody, "email") + await made_by(house, other, "email")) == sorted(emails)


async def test_the_clocks_of_a_file_let_those_of_single_leads_go_first(house: House, me: Importing) -> None:
    await me.carry_out(csv_file(("Email",), *((an_email(),) for _ in range(3))))
    lead = await house.door.create(email=an_email())
    async with house.database.reading() as connection:
        query = sa.select(OUTBOX.c.key, OUTBOX.c.rank).where(OUTBOX.c.kind == SLA_CLOCK).order_by(OUTBOX.c.id.desc())
        newest = (await connection.execute(query.limit(4))).all()
    assert [row.rank for row in newest] == [0, 1, 1, 1]
    assert newest[0].key == UUID(lead.id)


async def test_batches_at_the_same_moment_take_no_row_twice_and_leave_none_out(house: House, me: Importing) -> None:
    names = [f"Row {number}" for number in range(100)]
    started = await me.start(csv_file(("Last Name",), *((name,) for name in names)))
    with batches_of(8):
        ends = await asyncio.gather(*(me.run(started.id) for _ in range(6)))
    assert await made_by(house, me) == names
    assert {each.state for each in ends} == {pb.IMPORT_STATE_COMPLETED}
    assert counts(await me.get(started.id)) == (100, 0, 0, 0)


async def test_a_batch_that_breaks_off_leaves_nothing_and_is_taken_again(
    house: House, me: Importing, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"Row {number}" for number in range(20)]
    started = await me.start(csv_file(("Last Name", "Email"), *((name, "") for name in names), ("Wrong", "nobody")))
    usual, breaks = kept.write, iter([True, False, True, True, False, True, False, False, False])

    async def breaking(*given: Any) -> None:
        await usual(*given)
        if next(breaks, False):
            message = "broken off"
            raise unavailable(message)

    monkeypatch.setattr(kept, "write", breaking)
    broken = 0
    with batches_of(6):
        while (await me.get(started.id)).state == pb.IMPORT_STATE_RUNNING:
            try:
                await me.batch(started.id)
            except LeadlineError:
                broken += 1
    assert broken == 4
    assert await made_by(house, me) == names
    assert counts(await me.get(started.id)) == (20, 0, 0, 1)
    assert len(await me.refused(started.id)) == 2
    for table in ("activities", "stage_assignments", "outbox"):
        column = "key" if table == "outbox" else "lead_id"
        query = f"SELECT count(*) FROM {table} WHERE {column} IN (SELECT id FROM leads WHERE created_by = :me)"  # noqa: S608
        assert await house.one(query, me=me.user_id) == 20


@pytest.mark.parametrize("policy", ["skip", "update", "create"])
@pytest.mark.parametrize("size", [3, 200])
async def test_a_dry_run_says_what_the_import_would_do_and_does_nothing(house: House, policy: str, size: int) -> None:
    """Rows are about the same few people, so that they depend on what the rows before have done."""
    pick = random.Random(f"{policy} {size}")  # noqa: S311 - nothing is to be guessed
    people = [(an_email(), f"+1212{pick.randrange(2_000_000, 9_999_999)}") for _ in range(6)]
    for email, phone in people[:3]:
        await house.door.create(email=email, phone=phone, title="Director")
    rows = [
        (
            pick.choice(people)[0] if pick.random() < 0.7 else "",
            pick.choice(people)[1] if pick.random() < 0.5 else "",
            pick.choice(("Director", "Founder", "")),
            pick.choice(("high", "low", "wrong", "")),
        )
        for _ in range(40)
    ]
    content = csv_file(("Email", "Phone", "Title", "Priority"), *rows)
    look = "SELECT count(*), sum(version), max(id::text) FROM leads"
    before, turns = await house.rows(look), await house.rows("SELECT * FROM outbox WHERE kind = 'sla_clock'")
    me = importer(house.door)
    with batches_of(size):
        tried = await me.carry_out(content, duplicates=policy, dry_run=True)
        assert await house.rows(look) == before
        assert await house.rows("SELECT * FROM outbox WHERE kind = 'sla_clock'") == turns
        assert await house.one("SELECT count(*) FROM import_matches") == 0
    with batches_of(7):
        real = await me.carry_out(content, duplicates=policy)
    assert counts(tried) == counts(real)
    assert await me.refused(tried.id) == await me.refused(real.id)
    assert counts(real)[{"skip": 2, "update": 1, "create": 0}[policy]] > 5


async def test_a_cancelled_dry_run_leaves_nothing_behind(house: House, me: Importing) -> None:
    with batches_of(2):
        started = await me.start(csv_file(("Email",), *((an_email(),) for _ in range(5))), dry_run=True)
        await me.batch(started.id)
        assert await house.one("SELECT count(*) FROM import_matches") == 2
        await me.cancel(started.id)
    assert await house.one("SELECT count(*) FROM import_matches") == 0


async def test_leads_have_their_turns_in_the_order_of_the_file(house: House, me: Importing, process: Process) -> None:
    content = csv_file(("Last Name",), *((f"Row {number}",) for number in range(9)))
    place = {"pipelineId": process.id, "stageId": process.stages["Shared"]}
    with batches_of(4):
        await me.carry_out(csv_file(("Last Name",), ("A dry run takes none",)), defaults=place, dry_run=True)
        await me.carry_out(content, defaults=place)
    assert await made_by(house, me, "assigned_to::text") == MEMBERS * 3


async def test_blank_lines_without_end_are_gone_through_in_several_batches(house: House, me: Importing) -> None:
    content = b"Last Name\nFirst\n" + b"\n" * 50_000 + b"Last\n" + b"\n" * 25_000
    started, batches = await me.start(content), 0
    while (await me.batch(started.id)).state == pb.IMPORT_STATE_RUNNING:
        batches += 1
    assert batches == 3
    assert await made_by(house, me) == ["First", "Last"]
    assert counts(await me.get(started.id)) == (2, 0, 0, 0)


async def test_each_row_passes_the_gate_of_its_stage(house: House, me: Importing, process: Process) -> None:
    content = csv_file(
        ("Last Name", "Email", "Title", "Stage Id"),
        ("In", "", "Director", process.stages["Asking"]),
        ("Out", "", "", process.stages["Asking"]),
        ("Nowhere", "", "", str(new_id())),
        ("No id", "", "", "Asking"),
    )
    done = await me.carry_out(content, defaults={"pipelineId": process.id})
    assert counts(done) == (1, 0, 0, 3)
    assert reasons(await me.refused(done.id)) == [
        ("3", "stageFieldValues.title: Title is needed for Asking."),
        ("4", "stageId: There is no stage of this id."),
        ("5", "stageId: Must be a UUID such as 018f4e6e-7f5a-7c3e-9d3b-2f1c5e8a9b10."),
    ]


async def test_what_a_stage_restricts_is_restricted_for_whoever_imports(house: House, process: Process) -> None:
    content = csv_file(
        ("Last Name", "Source", "customFields.secret"), ("A", "website", ""), ("B", "", "x"), ("C", "", "")
    )
    place = {"pipelineId": process.id, "stageId": process.stages["Quiet"]}
    done = await importer(house.door).carry_out(content, defaults=place)
    assert counts(done) == (1, 0, 0, 2)
    admin = await importer(house.door, "admin").carry_out(content, defaults=place)
    assert counts(admin) == (3, 0, 0, 0)


async def test_rows_that_name_what_is_being_deleted_are_refused_and_the_others_go_elsewhere(
    house: House, me: Importing
) -> None:
    process = await new_process(house, "New", "Talk", "Won", "Lost")
    old = house.configuration
    await retire_stage(house, process, "New", "Talk")
    content = csv_file(
        ("Last Name", "Stage Id"),
        ("Named", process.stages["New"]),
        ("Not named", ""),
        ("Other", process.stages["Talk"]),
    )
    started = await me.start(content, defaults={"pipelineId": process.id})
    # A process that has not heard of the deletion yet: the database tells it.
    current = await kept_import(house, started.id)
    situation = Situation(old, Actor(me.user_id), utc_now(), Origin.IMPORT)
    objects = ObjectStore(leads_settings(house.url, house.address).object_store_url)
    batch = await import_files.next_rows(objects, current, old)
    async with house.database.transaction() as tx:
        done = await import_batch.take(tx, batch, situation)
    assert (done.created, done.refused) == (2, 1)
    assert await made_by(house, me, "last_name, stage_id::text") == [
        ("Not named", process.stages["Talk"]),
        ("Other", process.stages["Talk"]),
    ]
    assert len((await me.refused(started.id))[1:]) == 1


async def test_a_lead_that_changes_while_its_row_is_looked_at_is_looked_at_again(
    house: House, me: Importing, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead = await house.door.create(email=an_email(), last_name="There")
    started = await me.start(csv_file(("Email", "Title"), (lead.email, "Director")), duplicates="update")
    usual = leads.lock_many

    async def late(tx: Any, ids: Any) -> Any:
        monkeypatch.undo()
        await house.door.delete(lead.id)
        return await usual(tx, ids)

    monkeypatch.setattr(leads, "lock_many", late)
    assert (await refusal(me.batch(started.id))).reason == "PART_UNAVAILABLE"
    assert counts(await me.run(started.id)) == (1, 0, 0, 0)
    assert await made_by(house, me, "title") == ["Director"]


@contextmanager
def statements() -> Iterator[list[str]]:
    """What is executed meanwhile; a batch of rows is one."""
    executed: list[str] = []

    def notice(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        executed.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", notice)
    try:
        yield executed
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", notice)


def is_of_an_import(statement: str) -> bool:
    """Whether it is not one of those that the service executes now and then by itself."""
    return any(word in statement for word in ("leads", "import", "outbox")) and "lead_count" not in statement


@pytest.mark.parametrize("policy", ["skip", "update", "create"])
async def test_many_rows_take_as_many_statements_as_a_few(house: House, me: Importing, policy: str) -> None:
    asked = []
    for count in (3, 150):
        emails = [an_email() for _ in range(count)]
        for title in ("Founder", "Director"):
            content = csv_file(("Email", "Title"), *((email, title) for email in emails), ("nobody", ""))
            started = await me.start(content, duplicates=policy)
            with statements() as executed:
                await me.batch(started.id)
            asked.append(sum(map(is_of_an_import, executed)))
    assert asked[:2] == asked[2:]
    assert max(asked) <= 16


async def kept_import(house: House, import_id: str) -> Any:
    async with house.database.reading() as connection:
        return await kept.get(connection, UUID(import_id))
