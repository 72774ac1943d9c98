"""An idempotency key on each call that REST makes by POST: the first answer again, and nothing happens twice."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from leadline.leads.v1 import conversion_service_pb2 as conversion
from leadline.leads.v1 import lead_pb2
from leadline.leads.v1 import lead_service_pb2 as leads
from leadline.leads.v1 import scoring_service_pb2 as scoring
from leadline.leads.v1 import scoring_service_pb2_grpc as scoring_grpc
from leadline.leads.v1 import sla_service_pb2 as sla
from leadline.leads.v1 import team_service_pb2 as team
from leadline.leads.v1 import team_service_pb2_grpc as team_grpc
from leadline.leads.v1 import timeline_service_pb2 as timeline

from kit.errors import LeadlineError
from kit.ids import new_id
from tests.integration.leads.converting import complete, convertible, fail
from tests.integration.leads.door import Door, lead_fields, refusal
from tests.support.tokens import admin_token

# A method with two requests that differ, and whose token it needs.
Post = tuple[Any, Any, Any, str | None]


def create(door: Door, _lead: lead_pb2.Lead) -> Post:
    first, other = (leads.CreateLeadRequest(fields=lead_fields({"last_name": name})) for name in ("A", "B"))
    return door.lead_stub.CreateLead, first, other, None


def change_stage(door: Door, lead: lead_pb2.Lead) -> Post:
    first, other = (
        leads.ChangeStageRequest(lead_id=lead.id, stage_id=door.stage(name)) for name in ("Contacted", "New")
    )
    return door.lead_stub.ChangeStage, first, other, None


def disqualify(door: Door, lead: lead_pb2.Lead) -> Post:
    first, other = (
        leads.DisqualifyLeadRequest(lead_id=lead.id, reason=reason) for reason in ("duplicate", "no_budget")
    )
    return door.lead_stub.DisqualifyLead, first, other, None


def check_duplicates(door: Door, lead: lead_pb2.Lead) -> Post:
    first, other = (leads.CheckDuplicatesRequest(email=each) for each in (lead.email, "nobody@startup.io"))
    return door.lead_stub.CheckDuplicates, first, other, None


def preview_sla(door: Door, _lead: lead_pb2.Lead) -> Post:
    first, other = (
        sla.PreviewSlaRequest(created_at=Timestamp(seconds=each)) for each in (1_737_367_200, 1_737_367_201)
    )
    return door.sla_stub.PreviewSla, first, other, None


def bulk_delete(door: Door, lead: lead_pb2.Lead) -> Post:
    first, other = (leads.BulkDeleteLeadsRequest(lead_ids=[each]) for each in (lead.id, str(new_id())))
    return door.lead_stub.BulkDeleteLeads, first, other, None


def log(door: Door, lead: lead_pb2.Lead) -> Post:
    first, other = (
        timeline.LogActivityRequest(lead_id=lead.id, type="call", direction=each) for each in ("outbound", "inbound")
    )
    return door.timeline_stub.LogActivity, first, other, None


def add_note(door: Door, lead: lead_pb2.Lead) -> Post:
    first, other = (timeline.AddNoteRequest(lead_id=lead.id, content=each) for each in ("one", "two"))
    return door.timeline_stub.AddNote, first, other, None


def add_team_member(door: Door, lead: lead_pb2.Lead) -> Post:
    first, other = (
        team.AddTeamMemberRequest(lead_id=lead.id, user_id=str(new_id()), role="sales_rep") for _ in range(2)
    )
    return team_grpc.TeamServiceStub(door.channel).AddTeamMember, first, other, None


def convert(door: Door, lead: lead_pb2.Lead) -> Post:
    first, other = (conversion.ConvertLeadRequest(lead_id=lead.id, opportunity_name=each) for each in ("One", "Two"))
    return door.conversion_stub.ConvertLead, first, other, None


def request_rescore(door: Door, _lead: lead_pb2.Lead) -> Post:
    request = scoring.RequestRescoreRequest()
    return scoring_grpc.ScoringServiceStub(door.channel).RequestRescore, request, None, admin_token()


POSTS: list[Callable[[Door, lead_pb2.Lead], Post]] = [
    create,
    change_stage,
    disqualify,
    check_duplicates,
    preview_sla,
    bulk_delete,
    log,
    add_note,
    add_team_member,
    convert,
    request_rescore,
]


async def traces(door: Door, lead_id: str) -> tuple[int, int]:
    """How much is told of a lead, and of how many there are."""
    found = await door.find(limit=1)
    try:
        return len(await door.activities(lead_id)), found.total
    except LeadlineError:
        return 0, found.total


@pytest.mark.parametrize("post", POSTS, ids=lambda post: post.__name__)
async def test_the_same_key_gives_the_first_answer_and_changes_nothing_more(
    door: Door, post: Callable[[Door, lead_pb2.Lead], Post]
) -> None:
    lead = await convertible(door, email=f"{new_id().hex}@startup.io")
    method, request, other, sent = post(door, lead)
    key = str(new_id())
    first = await door.ask(method, request, key=key, sent=sent)
    after = await traces(door, lead.id)
    assert await door.ask(method, request, key=key, sent=sent) == first
    assert await traces(door, lead.id) == after
    if other is not None:
        error = await refusal(door.ask(method, other, key=key, sent=sent))
        assert error.reason == "IDEMPOTENCY_KEY_REUSED"
        assert await traces(door, lead.id) == after


async def test_a_refusal_is_not_remembered(door: Door) -> None:
    lead, key = await door.create(), str(new_id())
    wrong = leads.ChangeStageRequest(lead_id=lead.id, stage_id=door.stage("Contacted"), expected_version=7)
    assert (await refusal(door.ask(door.lead_stub.ChangeStage, wrong, key=key))).reason == "VERSION_STALE"
    right = leads.ChangeStageRequest(lead_id=lead.id, stage_id=door.stage("Contacted"), expected_version=1)
    assert (await door.ask(door.lead_stub.ChangeStage, right, key=key)).lead.stage_name == "Contacted"


def order(lead_id: str, *, wait: float = 0) -> conversion.ConvertLeadRequest:
    longest = Duration()
    longest.FromTimedelta(timedelta(seconds=wait))
    return conversion.ConvertLeadRequest(lead_id=lead_id, max_wait=longest)


async def test_a_repeated_conversion_is_the_first_one_as_it_is_by_then(door: Door) -> None:
    lead, key = await convertible(door), str(new_id())
    convert = door.conversion_stub.ConvertLead
    begun = (await door.ask(convert, order(lead.id), key=key)).conversion
    again = asyncio.create_task(door.ask(convert, order(lead.id, wait=10), key=key))
    ended = await complete(door, begun.id, account_id=str(new_id()))
    assert (await again).conversion == ended
    assert (await door.ask(convert, order(lead.id), key=key)).conversion == ended
    assert (await refusal(door.ask(convert, order(lead.id), key=str(new_id())))).reason == "LEAD_ALREADY_CONVERTED"


async def test_a_conversion_that_failed_is_the_answer_to_its_key_and_another_key_begins_a_new_one(door: Door) -> None:
    lead, key = await convertible(door), str(new_id())
    convert = door.conversion_stub.ConvertLead
    begun = (await door.ask(convert, order(lead.id), key=key)).conversion
    failed = await fail(door, begun.id)
    assert (await door.ask(convert, order(lead.id), key=key)).conversion == failed
    assert (await door.get(lead.id)).status == lead_pb2.LEAD_STATUS_OPEN
    assert (await door.ask(convert, order(lead.id), key=str(new_id()))).conversion.id != begun.id


async def all_of(attempts: Sequence[Awaitable[Any]]) -> tuple[list[Any], set[str]]:
    """What was answered, and why the others were refused."""
    answers = await asyncio.gather(*attempts, return_exceptions=True)
    refused = {each.reason for each in answers if isinstance(each, LeadlineError)}
    made = [each for each in answers if not isinstance(each, BaseException)]
    assert len(made) + sum(isinstance(each, LeadlineError) for each in answers) == len(answers)
    return made, refused


async def test_a_key_used_by_many_at_once_begins_one_conversion(door: Door) -> None:
    lead, key = await convertible(door), str(new_id())
    attempts = [door.ask(door.conversion_stub.ConvertLead, order(lead.id), key=key) for _ in range(10)]
    made, refused = await all_of(attempts)
    assert len({each.conversion.id for each in made}) == 1
    assert refused <= {"IDEMPOTENCY_IN_PROGRESS"}
    assert (await door.happened(lead.id)).count("conversion_started") == 1


async def test_of_one_key_used_twenty_times_at_once_one_runs_and_the_others_are_told_so(door: Door) -> None:
    lead, key = await door.create(), str(new_id())
    made, refused = await all_of([door.add_note(lead.id, "once", key=key) for _ in range(20)])
    assert {each.id for each in made} == {(await door.add_note(lead.id, "once", key=key)).id}
    assert refused <= {"IDEMPOTENCY_IN_PROGRESS"}
    assert (await door.happened(lead.id)).count("note_added") == 1
