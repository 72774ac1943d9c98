"""What a stage hides from users who are no administrators, in every answer and write of the gRPC door."""

import base64
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from leadline.crm.v1 import conversion_record_service_pb2 as crm
from leadline.crm.v1 import conversion_record_service_pb2_grpc as crm_grpc
from leadline.crm.v1 import records_pb2
from leadline.leads.v1 import conversion_service_pb2 as conversion
from leadline.leads.v1 import lead_pb2
from leadline.leads.v1 import timeline_service_pb2 as timeline
from leadline.settings.v1 import configuration_service_pb2

from kit.errors import ErrorKind
from kit.ids import new_id
from kit.rpc.calls import is_serving, open_channel
from leads_service import main as leads_main
from tests.integration.leads.conftest import TestClock, leads_settings
from tests.integration.leads.deleting import Process, new_process
from tests.integration.leads.door import Door, fields_at_fault, refusal
from tests.integration.leads.pushing import House, open_house
from tests.integration.leads.stage_rules import HIDDEN, READ_ONLY, as_admin, asks, restricts
from tests.support.tokens import token
from tests.support.waiting import eventually
from tests.workflows.scripted_service import Script, serving

BOB = str(new_id())
SECRETS: dict[str, Any] = {
    "email": "alice@secret.io",
    "phone": "+12125550199",
    "company": "Secret Ltd",
    "estimated_value": "77777",
    "assigned_to": BOB,
    "custom_fields": {"margin": 66666, "size": 3},
}
TEXTS = ("alice@secret.io", "12125550199", "Secret Ltd", "77777", BOB, "66666")


@pytest.fixture(scope="module")
async def house(
    create_database: Callable[[str], str], configuration: configuration_service_pb2.Configuration, clock: TestClock
) -> AsyncIterator[House]:
    async with open_house(create_database("visibility"), configuration, clock) as opened:
        yield opened


@pytest.fixture
async def process(house: House) -> Process:
    """Everybody sees everything at New; at Quiet six fields are hidden and two are read-only."""
    made = await new_process(house, "New", "Quiet", "Won", "Lost")
    hidden = ("email", "phone", "company", "estimatedValue", "assignedTo", "customFields__margin", "score")
    await house.push(
        restricts(made.stages["Quiet"], **dict.fromkeys(hidden, HIDDEN), source=READ_ONLY, customFields__size=READ_ONLY)
    )
    return made


async def at_quiet(house: House, process: Process, **more: Any) -> lead_pb2.Lead:
    """A lead with secrets that has come to where they are hidden, as its user sees it."""
    lead = await process.lead(house, **{**SECRETS, **more})
    return await house.door.change_stage(lead.id, process.stages["Quiet"])


def tells(*messages: Any) -> list[str]:
    """The secrets that are in answers."""
    text = " ".join(str(message) for message in messages)
    return [secret for secret in TEXTS if secret in text]


async def test_no_answer_about_a_lead_has_what_is_hidden(house: House, process: Process) -> None:
    moved = await at_quiet(house, process)
    listed = (await house.door.find(stage_ids=[process.stages["Quiet"]])).leads
    read = await house.door.get(moved.id)
    changed = await house.door.update(moved.id, title="Director")
    bulk = await house.door.change_many([moved.id], title="CFO")
    assert (len(listed), tells(moved, *listed, read, changed, bulk)) == (1, [])
    names = ["assignedTo", "company", "customFields.margin", "email", "estimatedValue", "phone", "phoneE164"]
    for shown in (moved, *listed, read, changed):
        assert list(shown.hidden_fields) == [*names, "qualified", "score", "scoreBreakdown"]
        assert (json.loads(shown.custom_fields), shown.last_name) == ({"size": 3}, "Johnson")
    seen = await as_admin(house).get(moved.id)
    assert (tells(seen), list(seen.hidden_fields)) == (list(TEXTS), [])


async def test_the_stage_where_the_lead_is_decides(house: House, process: Process) -> None:
    lead = await process.lead(house, **SECRETS)
    assert (tells(lead), list(lead.hidden_fields)) == (list(TEXTS), [])
    await house.door.change_stage(lead.id, process.stages["Quiet"])
    assert tells(await house.door.get(lead.id), *await house.door.history(lead.id)) == []
    back = await house.door.change_stage(lead.id, process.stages["New"])
    assert tells(back) == list(TEXTS)


async def test_history_leaves_out_hidden_fields_and_does_not_count_them(house: House, process: Process) -> None:
    lead = await at_quiet(house, process)
    await as_admin(house).update(
        lead.id,
        title="Director",
        estimated_value="77778",
        email="bob@secret.io",
        custom_fields={"margin": 66667, "size": 4},
        assigned_to=None,
    )

    async def page(door: Door, number: int) -> timeline.ListHistoryResponse:
        request = timeline.ListHistoryRequest(lead_id=lead.id, page=number, limit=2)
        return await door.ask(door.timeline_stub.ListHistory, request)  # type: ignore[no-any-return]

    pages = [await page(house.door, number) for number in (1, 2, 3)]
    told = [entry.field for each in pages for entry in each.entries]
    assert (sorted(told), {each.total for each in pages}) == (["customFields.size", "stageId", "title"], {3})
    assert tells(*pages) == []
    assert (await page(as_admin(house), 1)).total == 7


async def test_a_hidden_object_hides_the_history_of_its_keys(house: House) -> None:
    process = await new_process(house, "New", "Closed")
    await house.push(
        restricts(process.stages["Closed"], customFields=HIDDEN, stageFieldValues=HIDDEN),
        asks(process.stages["Closed"], "budget", "number"),
    )
    lead = await process.lead(house, custom_fields={"customFields": 1})
    await house.door.update(lead.id, custom_fields={"a.b": 2})
    closed = await house.door.change_stage(lead.id, process.stages["Closed"], budget=5)
    assert (closed.custom_fields, closed.stage_field_values) == ("{}", "{}")
    assert [entry.field for entry in await house.door.history(lead.id)] == ["stageId"]
    assert len(await as_admin(house).history(lead.id)) == 4


async def test_activities_tell_no_hidden_values(house: House, process: Process) -> None:
    def scored(configuration: configuration_service_pb2.Configuration) -> None:
        configuration.scoring_rules.add(
            id=str(new_id()),
            name="VIP",
            field="customFields.vip",
            operator="equals",
            value="1",
            points=61,
            is_active=True,
        )

    await house.push(scored, scores=True)
    lead = await process.lead(house, **SECRETS)
    await house.door.update(lead.id, custom_fields={"vip": 1}, assigned_to=str(new_id()))
    await house.door.update(lead.id, assigned_to=BOB)
    assert "qualified" in await house.door.happened(lead.id)
    await house.door.change_stage(lead.id, process.stages["Quiet"])
    activities = await house.door.activities(lead.id)
    assert tells(*activities) == []
    assert "61" not in " ".join(each.metadata for each in activities)
    types = [each.type for each in activities]
    assert sorted(types) == ["assigned", "assigned", "first_response", "lead_created", "stage_changed"]
    request = timeline.ListActivitiesRequest(lead_id=lead.id, limit=1)
    answers = [await door.ask(door.timeline_stub.ListActivities, request) for door in (house.door, as_admin(house))]
    assert [answer.total for answer in answers] == [5, 6]


async def test_a_cursor_tells_no_hidden_value_and_leads_on_all_the_same(house: House, process: Process) -> None:
    values = ("100", "77777", "77777", None, "300")
    leads = [await at_quiet(house, process, estimated_value=value) for value in values]

    async def walk(door: Door, **more: Any) -> tuple[list[str], str]:
        found, cursor, told = [], "", ""
        while True:
            page = await door.find(
                stage_ids=[process.stages["Quiet"]], sort_by="estimatedValue", limit=1, cursor=cursor, **more
            )
            found += [lead.id for lead in page.leads]
            told += base64.urlsafe_b64decode(page.next_cursor).decode(errors="replace")
            if not (cursor := page.next_cursor):
                return found, told

    for direction in ("asc", "desc"):
        (seen, told), (all_seen, all_told) = [
            await walk(door, sort_dir=direction) for door in (house.door, as_admin(house))
        ]
        assert (seen, set(seen)) == (all_seen, {lead.id for lead in leads})
        assert ("77777" in told, "77777" in all_told) == (False, True)


async def test_the_first_answer_is_given_again_as_it_was(house: House, process: Process) -> None:
    key, given = str(new_id()), {**SECRETS, "pipeline_id": process.id, "last_name": "Johnson"}
    first = await house.door.create(key=key, **given)
    await house.door.change_stage(first.id, process.stages["Quiet"])
    assert await house.door.create(key=key, **given) == first


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({"estimated_value": "1", "title": "Director"}, {"estimatedValue"}),
        ({"estimated_value": "77777"}, {"estimatedValue"}),
        ({"source": None, "phone": "+12125550123"}, {"source", "phone"}),
        ({"assigned_to": BOB}, {"assignedTo"}),
        ({"custom_fields": {"margin": 66666}}, {"customFields.margin"}),
        ({"custom_fields": {"size": 4}}, {"customFields.size"}),
    ],
)
async def test_a_write_that_names_a_restricted_field_is_refused_and_changes_nothing(
    house: House, process: Process, given: dict[str, Any], names: set[str]
) -> None:
    lead = await at_quiet(house, process)
    before = await as_admin(house).get(lead.id)
    error = await refusal(house.door.update(lead.id, **given))
    assert (error.kind, error.reason) == (ErrorKind.FORBIDDEN, "FIELD_NOT_EDITABLE")
    assert fields_at_fault(error) == {(name, "NOT_EDITABLE") for name in names}
    assert tells(error) == []
    (failed,) = (await house.door.change_many([lead.id], **{k: v for k, v in given.items() if k != "phone"})).failed
    assert failed.reason == "FIELD_NOT_EDITABLE"
    assert await as_admin(house).get(lead.id) == before
    changed = await as_admin(house).update(lead.id, **given)
    assert list(changed.hidden_fields) == []


async def test_restricted_keys_stay_when_all_custom_fields_are_replaced(house: House, process: Process) -> None:
    lead = await at_quiet(house, process)
    after = await house.door.update(lead.id, custom_fields={"new": 1, "size": 3})
    assert json.loads(after.custom_fields) == {"new": 1, "size": 3}
    seen = await as_admin(house).get(lead.id)
    assert json.loads(seen.custom_fields) == {"margin": 66666, "size": 3, "new": 1}
    await house.door.update(lead.id, custom_fields=None)
    seen = await as_admin(house).get(lead.id)
    assert json.loads(seen.custom_fields) == {"margin": 66666, "size": 3}


async def test_a_new_lead_obeys_the_stage_that_it_enters(house: House, process: Process) -> None:
    error = await refusal(process.lead(house, "Quiet", estimated_value="5"))
    assert (error.reason, fields_at_fault(error)) == ("FIELD_NOT_EDITABLE", {("estimatedValue", "NOT_EDITABLE")})
    await house.push(asks(process.stages["Quiet"], "estimatedValue", "number"))
    values = {"estimatedValue": 5}
    error = await refusal(process.lead(house, "Quiet", stage_field_values=values))
    assert fields_at_fault(error) == {("stageFieldValues.estimatedValue", "NOT_EDITABLE")}
    by_admin = await as_admin(house).create(
        last_name="J", pipeline_id=process.id, stage_id=process.stages["Quiet"], stage_field_values=values
    )
    assert by_admin.estimated_value == "5.00"


async def test_values_for_a_stage_obey_the_stage_where_the_lead_is(house: House, process: Process) -> None:
    await house.push(*(asks(process.stages[name], "estimatedValue", "number") for name in ("New", "Quiet", "Won")))
    lead = await process.lead(house, stage_field_values={"estimatedValue": 5})
    await house.door.change_stage(lead.id, process.stages["Quiet"], estimatedValue=6)
    for attempt in (
        house.door.change_stage(lead.id, process.stages["New"], estimatedValue=7),
        house.door.convert(lead.id, stage_field_values='{"estimatedValue": 7}'),
    ):
        error = await refusal(attempt)
        assert fields_at_fault(error) == {("stageFieldValues.estimatedValue", "NOT_EDITABLE")}
    assert (await as_admin(house).get(lead.id)).estimated_value == "6.00"


async def test_services_and_other_roles_see_what_users_see(house: House, process: Process) -> None:
    lead = await at_quiet(house, process)
    for role in ("service", "manager", ""):
        door = Door(house.door.channel, house.door.configuration, token("leads:view", role=role))
        assert tells(await door.get(lead.id)) == []


@pytest.fixture(scope="module")
async def asked_crm() -> AsyncIterator[tuple[Script, str]]:
    """A CRM that finds contacts and accounts for everything that it is asked for."""

    def match(request: crm.MatchRecordsRequest) -> crm.MatchRecordsResponse:
        contacts = [
            records_pb2.Contact(id=str(new_id()), last_name="Johnson", email=request.email or "x@y.io")
            for _ in range(2)
        ]
        accounts = [records_pb2.Account(id=str(new_id()), name="Secret Ltd") for _ in range(2)]
        answer = crm.MatchRecordsResponse()
        if request.HasField("email"):
            answer.contact_by_email.CopyFrom(contacts[0])
            answer.contacts_by_email.extend(contacts)
        if request.HasField("phone_e164"):
            answer.contacts_by_phone.append(records_pb2.Contact(id=str(new_id()), last_name="Johnson"))
        if request.HasField("company") or request.HasField("email_domain"):
            answer.account_by_company.CopyFrom(accounts[0])
            answer.accounts_by_company.extend(accounts)
        return answer

    script = Script()
    script.answers["MatchRecords"] = match
    service = crm.DESCRIPTOR.services_by_name["ConversionRecordService"]
    async with serving(script, [(crm_grpc.add_ConversionRecordServiceServicer_to_server, service)]) as address:
        yield script, address


@pytest.fixture(scope="module")
async def checking(house: House, asked_crm: tuple[Script, str]) -> AsyncIterator[Door]:
    """A door to one more instance, beside that CRM."""
    settings = leads_settings(house.url, house.address).model_copy(update={"crm_address": asked_crm[1]})
    async with leads_main.leads_server(settings) as server:
        async with open_channel(await server.start()) as channel:
            await eventually(lambda: is_serving(channel))
            yield Door(channel, house.settings.current)
        await server.stop()


async def check(door: Door, lead_id: str) -> conversion.CheckConversionResponse:
    request = conversion.CheckConversionRequest(lead_id=lead_id)
    return await door.ask(door.conversion_stub.CheckConversion, request)  # type: ignore[no-any-return]


async def test_the_check_of_a_conversion_tells_no_hidden_values(
    house: House, process: Process, checking: Door, asked_crm: tuple[Script, str]
) -> None:
    def strict(configuration: configuration_service_pb2.Configuration) -> None:
        document = json.loads(configuration.settings.document)
        document["conversion"] = {"requiredFields": ["estimatedValue", "title"], "requireQualified": True}
        configuration.settings.document = json.dumps(document)

    await house.push(strict, asks(process.stages["Won"], "contract"))
    lead = await at_quiet(house, process)

    async def known() -> list[str]:
        return list((await check(checking, lead.id)).missing_fields)

    await eventually(known, lambda missing: missing == ["title", "stageFieldValues.contract"], within=2)
    answer = await check(checking, lead.id)
    assert tells(answer) == []
    assert not any(name in str(asked_crm[0].of("MatchRecords")[-1]) for name in TEXTS)
    assert (answer.HasField("existing_contact"), answer.HasField("existing_account")) == (False, False)
    assert list(answer.reasons) == [
        "Fill in title, stageFieldValues.contract.",
        "The lead is not qualified; a lead qualifies from 60.",
    ]
    seen = await check(Door(checking.channel, checking.configuration, as_admin(house).token), lead.id)
    assert (seen.existing_contact.name, seen.existing_account.name) == ("Johnson", "Secret Ltd")
    assert "The score is 0; a lead qualifies from 60." in seen.reasons


async def test_a_match_has_no_name_where_the_leads_own_is_hidden(house: House, checking: Door) -> None:
    process = await new_process(house, "Start")
    await house.push(restricts(process.stages["Start"], lastName=HIDDEN, company=HIDDEN))
    lead = await as_admin(house).create(
        last_name="Johnson", email="a@secret.io", phone="+12125550199", pipeline_id=process.id
    )

    async def hidden() -> conversion.CheckConversionResponse:
        return await check(checking, lead.id)

    answer = await eventually(hidden, lambda found: found.existing_contact.name == "", within=2)
    assert (bool(answer.existing_contact.id), bool(answer.existing_account.id)) == (True, True)
    shown = [answer.existing_account, *answer.possible_accounts, *answer.possible_contacts]
    assert [each.name for each in shown] == [""] * 4
