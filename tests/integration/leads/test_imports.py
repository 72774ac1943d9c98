"""Imports through the gRPC door: what is taken and what is refused, how they stand, and how they end."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any, cast

import grpc
import pytest
from leadline.leads.v1 import import_service_pb2 as pb
from leadline.settings.v1 import configuration_service_pb2

from kit.errors import ErrorKind
from kit.ids import new_id
from kit.object_store import ObjectStore
from kit.rpc.calls import is_serving, open_channel
from leads_service import main as leads_main
from leads_service.usecases import contents
from tests.integration.leads.conftest import TestClock, leads_settings
from tests.integration.leads.door import Door, fields_at_fault, refusal
from tests.integration.leads.importing import (
    Importing,
    batches_of,
    counts,
    csv_file,
    importer,
    options_of,
    parts_of,
    reasons,
)
from tests.integration.leads.pushing import House, open_house
from tests.support.waiting import eventually

HEADER = ("Last Name", "Email", "Company")
SIMPLE = csv_file(HEADER, ("Jones", "jones@startup.io", "StartupIO"), ("Smith", "smith@acme.com", "Acme"))


@pytest.fixture(scope="module")
async def house(
    create_database: Callable[[str], str], configuration: configuration_service_pb2.Configuration, clock: TestClock
) -> AsyncIterator[House]:
    async with open_house(create_database("imports"), configuration, clock) as opened:
        yield opened


@pytest.fixture
def me(house: House) -> Importing:
    return importer(house.door)


async def at_fault(me: Importing, content: bytes, **options: Any) -> set[tuple[str, str]]:
    error = await refusal(me.start(content, **options))
    assert (error.kind, error.reason) == (ErrorKind.INVALID, "VALIDATION_FAILED")
    return fields_at_fault(error)


async def test_an_import_is_kept_and_its_workflow_ordered(house: House, me: Importing) -> None:
    given = options_of(
        mapping={"Company": "customFields.firm", "Email": "email"},
        defaults={"source": "website"},
        values={"source": {"*": "other"}},
        duplicates="update",
    )
    started = await me.send(
        pb.StartImportRequest(lead_import=pb.NewImport(file_name="../My leads.csv")),
        pb.StartImportRequest(options=given),
        *(pb.StartImportRequest(content=part) for part in parts_of(SIMPLE, 5)),
    )
    assert started == await me.get(started.id)
    assert (started.state, started.file_name, started.size_bytes) == (
        pb.IMPORT_STATE_RUNNING,
        "My leads.csv",
        len(SIMPLE),
    )
    assert started.options == given
    assert [(each.name, each.field) for each in started.columns] == [
        ("Last Name", "lastName"),
        ("Email", "email"),
        ("Company", "customFields.firm"),
    ]
    assert (started.created_by, counts(started), started.HasField("ended_at")) == (
        str(me.user_id),
        (0, 0, 0, 0),
        False,
    )
    assert (await house.ordered("lead_import"))[-1] == {
        "import_id": started.id,
        "file_name": "My leads.csv",
        "by": str(me.user_id),
    }


async def test_without_options_all_is_as_by_default(me: Importing) -> None:
    started = await me.send(
        pb.StartImportRequest(lead_import=pb.NewImport(file_name="leads.csv")), pb.StartImportRequest(content=SIMPLE)
    )
    assert started.options == options_of()


async def test_all_rows_become_leads_that_say_where_they_are_from(house: House, me: Importing) -> None:
    done = await me.carry_out(SIMPLE)
    assert (done.state, counts(done), done.processed_bytes) == (pb.IMPORT_STATE_COMPLETED, (2, 0, 0, 0), len(SIMPLE))
    assert done.ended_at.ToDatetime() >= done.created_at.ToDatetime()
    leads = await house.rows(
        "SELECT id, last_name, company FROM leads WHERE created_by = :me ORDER BY id", me=me.user_id
    )
    assert [(lead.last_name, lead.company) for lead in leads] == [("Jones", "StartupIO"), ("Smith", "Acme")]
    shown = await house.door.get(str(leads[1].id))
    assert (shown.email, shown.stage_name, shown.priority, shown.version) == ("smith@acme.com", "New", "medium", 1)
    assert (await house.door.lead_sla(shown.id)).status == "on_track"
    (activity,) = await house.door.activities(shown.id)
    assert (activity.type, activity.performed_by) == ("lead_created", str(me.user_id))
    assert f'"importId":"{done.id}"' in activity.metadata.replace(" ", "")
    assert '"rowNumber":3' in activity.metadata.replace(" ", "")
    assert (await house.door.stage_assignments(shown.id)).total == 1
    clocks = {each["lead_id"] for each in await house.ordered("sla_clock")}
    assert {str(lead.id) for lead in leads} <= clocks
    assert await me.batch(done.id) == done


async def test_refused_rows_are_told_with_their_reasons_and_can_be_imported_once_they_are_right(
    house: House, me: Importing
) -> None:
    content = (
        csv_file(
            (*HEADER, "Value"),
            ("=Jones", "nobody", "StartupIO", "much"),
            ("Right", "", "", "12.345"),
            ("Short", "a@b.io"),
            ("Long", "a@b.io", "", "", "x"),
        )
        # Beyond the beginning by which a file is known.
        + b"\n" * 65_536
        + b'"Open,c@d.io,Acme,\n'
        + "Müller,e@f.io,Acme,\r\n".encode("latin-1")
        + b",,,\r\n"
        + csv_file(("", "", "", "5"), ("Nul\x00", "", "Acme", ""), ("x" * 201, "", "", "-1"))
    )
    done = await me.carry_out(content, mapping={"Value": "estimatedValue"})
    assert counts(done) == (1, 0, 0, 8)
    rows = await me.refused(done.id)
    assert rows[0] == ["row", "reasons", *HEADER, "Value"]
    told = reasons(rows)
    assert [number for number, _ in told] == ["2", "4", "5", "6", "7", "8", "9", "10"]
    assert told[0][1] == (
        "email: Must be an e-mail address such as alice@startup.io.; estimatedValue: Must be a number."
    )
    assert told[1][1] == "The row has 2 cells, the file has 4 columns."
    assert told[2][1] == "The row has 5 cells, the file has 4 columns."
    assert told[3][1].startswith("The row is not CSV")
    assert told[4][1] == "The row is not text in UTF-8."
    assert "Give at least one of lastName" in told[5][1]
    assert told[6][1] == "lastName: Must not contain control characters."
    assert told[7][1].count(":") == 2
    assert rows[1][2:] == ["'=Jones", "nobody", "StartupIO", "much"]
    assert rows[7][2:] == ["Nul\ufffd", "", "Acme", ""]
    mended = csv_file(rows[0], [*rows[1][:3], "jones2@startup.io", *rows[1][4:5], "5"])
    again = await me.carry_out(mended, mapping={"Value": "estimatedValue"})
    assert counts(again) == (1, 0, 0, 0)
    assert await house.one("SELECT last_name FROM leads WHERE email = 'jones2@startup.io'") == "=Jones"


async def test_many_refused_rows_come_in_parts_one_after_the_other(me: Importing) -> None:
    content = csv_file(("Email", "Company"), *((f"nobody {number}", "x" * 3000) for number in range(450)))
    done = await me.carry_out(content)
    rows = await me.refused(done.id)
    assert [row[0] for row in rows[1:]] == [str(number) for number in range(2, 452)]
    assert {len(row[3]) for row in rows[1:]} == {3000}


async def test_a_file_without_rows_is_done_at_once(me: Importing) -> None:
    done = await me.carry_out(b"Email\n\n\n")
    assert (done.state, done.processed, done.processed_bytes) == (pb.IMPORT_STATE_COMPLETED, 0, 8)
    assert await me.refused(done.id) == [["row", "reasons", "Email"]]


async def test_the_files_of_other_countries_are_read(house: House, me: Importing) -> None:
    content = b"\xef\xbb\xbf" + csv_file(("Last Name", "Company"), ("Müller; Co", "a\r\nb"), delimiter=";")
    done = await me.carry_out(content, mapping={"Company": "description"})
    assert counts(done) == (1, 0, 0, 0)
    row = (await house.rows("SELECT last_name, description FROM leads WHERE created_by = :me", me=me.user_id))[0]
    assert tuple(row) == ("Müller; Co", "a\r\nb")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "EMPTY"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "NOT_CSV"),
        (gzip.compress(SIMPLE, mtime=0), "NOT_CSV"),
        (b'{"lastName": "Jones"}', "NOT_CSV"),
        ("Name;Ort\nMüller;Köln\n".encode("latin-1"), "NOT_UTF8"),
        (b"Email,Email\na@b.io,c@d.io\n", "NOT_CSV"),
        (b"x" * 70_000, "NOT_CSV"),
    ],
)
async def test_a_file_that_is_no_csv_is_refused_and_not_kept(
    house: House, me: Importing, content: bytes, reason: str
) -> None:
    before = await house.one("SELECT count(*) FROM imports")
    assert await at_fault(me, content) == {("file", reason)}
    assert await house.one("SELECT count(*) FROM imports") == before


async def test_options_that_cannot_be_meant_are_named_with_their_paths(house: House, me: Importing) -> None:
    before = await house.one("SELECT count(*) FROM imports")
    assert await at_fault(
        me,
        SIMPLE,
        mapping={"Nowhere": "phone", "Company": "firm"},
        defaults={"source": "nowhere"},
        values={"size": {"a": "b"}},
    ) == {
        ("options.mapping.Nowhere", "UNKNOWN_COLUMN"),
        ("options.mapping.Company", "UNKNOWN_FIELD"),
        ("options.defaults.source", "NOT_CONFIGURED"),
        ("options.values.size", "UNKNOWN_FIELD"),
    }
    assert await at_fault(me, b"Dear Sir\nwe are glad\n") == {("options.mapping", "REQUIRED")}
    assert await at_fault(me, SIMPLE, defaults={"description": "x" * 70_000}) == {("options", "TOO_LONG")}
    assert await house.one("SELECT count(*) FROM imports") == before


async def test_an_upload_says_first_what_comes_and_everything_once(me: Importing) -> None:
    new = pb.StartImportRequest(lead_import=pb.NewImport(file_name="leads.csv"))
    content, options = pb.StartImportRequest(content=SIMPLE), pb.StartImportRequest(options=options_of())
    for sent, fault in (
        ([content], ("import", "REQUIRED")),
        ([new], ("file", "EMPTY")),
        ([new, content, new], ("import", "GIVEN_TWICE")),
        ([new, options, content, options], ("options", "GIVEN_TWICE")),
        ([new, pb.StartImportRequest(content=b"x" * (1024 * 1024 + 1))], ("content", "TOO_LONG")),
        (
            [new, pb.StartImportRequest(options=pb.ImportOptions(duplicates=cast("Any", 9))), content],
            ("options.duplicates", "NOT_ALLOWED"),
        ),
    ):
        assert fields_at_fault(await refusal(me.send(*sent))) == {fault}


async def test_a_file_over_the_limit_is_refused_while_it_comes(
    house: House, configuration: configuration_service_pb2.Configuration, clock: TestClock, me: Importing
) -> None:
    settings = leads_settings(house.url, house.address).model_copy(update={"import_limit_bytes": 100_000})
    async with leads_main.leads_server(settings, clock) as server, open_channel(await server.start()) as channel:
        await eventually(lambda: is_serving(channel))
        small = Importing(Door(channel, configuration), me.user_id)
        error = await refusal(small.start(SIMPLE + b"x,y,z\n" * 20_000))
        assert (error.kind, error.reason, error.metadata) == (
            ErrorKind.TOO_LARGE,
            "UPLOAD_TOO_LARGE",
            {"limitBytes": "100000"},
        )
        await server.stop()


async def test_the_same_key_gets_the_first_answer_for_the_same_file_and_options_only(
    house: House, me: Importing
) -> None:
    first = await me.start(SIMPLE, key="import-1")
    assert await me.start(SIMPLE, key="import-1") == first
    await me.cancel(first.id)
    assert await me.start(SIMPLE, key="import-1") == first
    for again in (
        me.start(SIMPLE + b"x,,\n", key="import-1"),
        me.start(SIMPLE, key="import-1", dry_run=True),
        me.start(SIMPLE, key="import-1", name="other.csv"),
    ):
        assert (await refusal(again)).reason == "IDEMPOTENCY_KEY_REUSED"
    assert await house.one("SELECT count(*) FROM imports WHERE created_by = :me", me=me.user_id) == 1


async def test_imports_are_listed_newest_first_by_page_and_by_cursor(house: House, me: Importing) -> None:
    made = [(await me.start(SIMPLE)).id for _ in range(5)]
    newest = await me.find(limit=2)
    assert [each.id for each in newest.imports] == made[:2:-1]
    assert newest.total == await house.one("SELECT count(*) FROM imports")
    more = await me.find(limit=2, cursor=newest.next_cursor)
    assert [each.id for each in more.imports] == [each.id for each in (await me.find(limit=2, page=2)).imports]
    assert [each.id for each in more.imports] == [made[2], made[1]]
    assert not (await me.find(limit=1, page=newest.total)).next_cursor
    for wrong, field in (
        ({"limit": 101}, "limit"),
        ({"cursor": newest.next_cursor[:-2]}, "cursor"),
        ({"page": -1}, "page"),
    ):
        assert {each.field for each in (await refusal(me.find(**wrong))).violations} == {field}


async def test_whoever_may_not_import_may_not_look_either(house: House, me: Importing) -> None:
    started = await me.start(SIMPLE)
    request = pb.GetImportRequest(import_id=started.id)
    for method, message in (
        (me.stub.GetImport, request),
        (me.stub.ListImports, pb.ListImportsRequest()),
        (me.stub.CancelImport, pb.CancelImportRequest(import_id=started.id)),
    ):
        error = await refusal(house.door.ask(method, message))
        assert (error.reason, error.metadata) == ("PERMISSION_MISSING", {"permission": "leads:import"})
    error = await refusal(house.door.ask(me.stub.ImportBatch, pb.ImportBatchRequest(import_id=started.id)))
    assert error.metadata == {"permission": "imports:run"}
    stranger = Importing(house.door, new_id())
    assert await stranger.get(started.id) == started


async def test_an_import_that_there_is_not_is_not_found(house: House, me: Importing) -> None:
    unknown = str(new_id())
    for attempt in (me.get(unknown), me.cancel(unknown), me.batch(unknown), me.end(unknown, 3), me.refused(unknown)):
        assert (await refusal(attempt)).reason == "IMPORT_NOT_FOUND"
    assert fields_at_fault(await refusal(me.get("x"))) == {("id", "NOT_A_UUID")}


async def test_a_cancelled_import_stays_as_it_is(house: House, me: Importing) -> None:
    with batches_of(1):
        started = await me.start(SIMPLE, duplicates="create")
        await me.batch(started.id)
        canceled = await me.cancel(started.id, key="cancel")
        assert await me.cancel(started.id, key="cancel") == canceled
        assert (canceled.state, counts(canceled)) == (pb.IMPORT_STATE_CANCELED, (1, 0, 0, 0))
        assert canceled.HasField("ended_at")
        assert await me.batch(started.id) == canceled
        assert await me.end(started.id, pb.IMPORT_STATE_FAILED, "INTERNAL", "Oh.") == canceled
    error = await refusal(me.cancel(started.id))
    assert (error.kind, error.reason, error.metadata) == (ErrorKind.REFUSED, "IMPORT_CLOSED", {"state": "canceled"})
    assert await house.one("SELECT count(*) FROM leads WHERE created_by = :me", me=me.user_id) == 1


async def test_an_import_that_cannot_go_on_says_why(me: Importing) -> None:
    started = await me.start(SIMPLE)
    failed = await me.end(started.id, pb.IMPORT_STATE_FAILED, "PERMISSION_MISSING", "The worker may not.")
    assert (failed.state, failed.failure_reason, failed.failure_message) == (
        pb.IMPORT_STATE_FAILED,
        "PERMISSION_MISSING",
        "The worker may not.",
    )
    assert await me.end(started.id, pb.IMPORT_STATE_CANCELED) == failed
    for state in (pb.IMPORT_STATE_UNSPECIFIED, pb.IMPORT_STATE_RUNNING, pb.IMPORT_STATE_COMPLETED):
        assert fields_at_fault(await refusal(me.end(started.id, state))) == {("state", "NOT_ALLOWED")}


async def test_a_file_is_there_for_a_week_after_its_import_has_ended(
    house: House, me: Importing, clock: TestClock
) -> None:
    objects = ObjectStore(leads_settings(house.url, house.address).object_store_url)
    running, done = await me.start(SIMPLE), await me.carry_out(SIMPLE)

    async def is_there(import_id: str) -> bool:
        await contents.sweep(house.database, objects, clock)
        key = await house.one("SELECT object_key FROM imports WHERE id = :id", id=import_id)
        try:
            return [part async for part in objects.read(key)] == [SIMPLE]
        except FileNotFoundError:
            return False

    clock.ahead = timedelta(days=6, hours=23)
    assert await is_there(done.id)
    clock.ahead = timedelta(days=7, hours=1)
    assert not await is_there(done.id)
    assert await is_there(running.id)
    assert len(await me.refused(done.id)) == 1
    clock.ahead = timedelta(0)
    assert counts(await me.run(running.id)) == (0, 0, 2, 0)


async def test_a_file_that_is_gone_is_waited_for_and_nothing_is_counted(house: House, me: Importing) -> None:
    started = await me.start(SIMPLE)
    key = await house.one("SELECT object_key FROM imports WHERE id = :id", id=started.id)
    objects = ObjectStore(leads_settings(house.url, house.address).object_store_url)
    await objects.delete(key)
    assert (await refusal(me.batch(started.id))).reason == "PART_UNAVAILABLE"
    assert await me.get(started.id) == started
    assert (await me.cancel(started.id)).state == pb.IMPORT_STATE_CANCELED


async def test_a_caller_who_hangs_up_leaves_no_import(house: House, me: Importing) -> None:
    before = await house.one("SELECT count(*) FROM imports")
    call = me.stub.StartImport(metadata=(("authorization", f"Bearer {me.token}"),))
    await call.write(pb.StartImportRequest(lead_import=pb.NewImport(file_name="leads.csv")))
    await call.write(pb.StartImportRequest(content=SIMPLE))
    call.cancel()
    with pytest.raises((grpc.aio.AioRpcError, asyncio.CancelledError)):
        await call
    assert await house.one("SELECT count(*) FROM imports") == before
