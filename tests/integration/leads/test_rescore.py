"""All open leads are scored anew by one run, in batches, and those are right in the end that change meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from leadline.leads.v1 import lead_pb2
from leadline.leads.v1 import scoring_service_pb2 as pb
from leadline.leads.v1 import scoring_service_pb2_grpc as pb_grpc
from leadline.settings.v1 import configuration_service_pb2, lists_pb2

from kit.clock import utc_now
from kit.ids import new_id
from leadline_workflows.contracts.outbox import RESCORE, SLA_CLOCK
from leads_service.domain.configuration import Configuration
from leads_service.domain.lead import Actor
from leads_service.domain.settling import Situation
from leads_service.usecases.leads import update_lead
from leads_service.usecases.rescoring import request_if_left_behind
from tests.integration.leads.conftest import TestClock
from tests.integration.leads.door import refusal
from tests.integration.leads.pushing import RUN_TOKEN, Edit, House, default_priority, following, open_house
from tests.support import tokens
from tests.support.waiting import eventually

REQUESTED, RUNNING, COMPLETED = (
    pb.RESCORE_STATE_REQUESTED,
    pb.RESCORE_STATE_RUNNING,
    pb.RESCORE_STATE_COMPLETED,
)
ADMIN = tokens.admin_token()
DAY = timedelta(days=1)


@pytest.fixture
async def house(
    create_database: Callable[[str], str],
    configuration: configuration_service_pb2.Configuration,
    clock: TestClock,
) -> AsyncIterator[House]:
    async with open_house(create_database(f"rescore_{new_id().hex}"), configuration, clock) as opened:
        yield opened


def rule(points: int, field: str = "company", operator: str = "equals", value: str = '"acme"') -> Edit:
    """One rule instead of all others."""

    def edit(configuration: configuration_service_pb2.Configuration) -> None:
        del configuration.scoring_rules[:]
        configuration.scoring_rules.append(
            lists_pb2.ScoringRule(
                id=str(new_id()),
                name=f"{field} {operator}",
                field=field,
                operator=operator,
                value=value,
                points=points,
                is_active=True,
            )
        )

    return edit


async def run_through(house: House, limit: int = 2) -> list[pb.Rescore]:
    """What each batch said, until the run was completed."""
    steps = [await house.rescore(limit)]
    while steps[-1].state != COMPLETED:
        steps.append(await house.rescore(limit))
    return steps


async def scores(house: House, *leads: lead_pb2.Lead) -> list[int]:
    return [(await house.door.get(lead.id)).score for lead in leads]


async def requested(house: House) -> pb.Rescore:
    request = pb.RequestRescoreRequest()
    answer = await house.door.ask(pb_grpc.ScoringServiceStub(house.door.channel).RequestRescore, request, sent=ADMIN)
    return answer.rescore  # type: ignore[no-any-return]


async def shown(house: House) -> pb.Rescore:
    request = pb.GetRescoreRequest()
    return (await house.door.ask(pb_grpc.ScoringServiceStub(house.door.channel).GetRescore, request)).rescore  # type: ignore[no-any-return]


async def test_nothing_is_asked_for_at_the_first_start(house: House) -> None:
    assert (await shown(house)).state == pb.RESCORE_STATE_NONE
    assert (await house.rescore()).state == pb.RESCORE_STATE_NONE
    await house.push(lambda configuration: configuration.ClearField("stage_ownership"))
    assert await house.ordered(RESCORE) == []


async def test_changed_rules_reach_all_open_leads_in_batches_with_progress(house: House) -> None:
    acme = [await house.door.create(last_name="Johnson", company="Acme") for _ in range(3)]
    others = [await house.door.create(last_name="Johnson") for _ in range(2)]
    await house.push(rule(70), scores=True)
    assert await house.ordered(RESCORE) == [{}]
    asked = await shown(house)
    assert (asked.state, asked.processed, asked.HasField("requested_at")) == (REQUESTED, 0, True)
    steps = await run_through(house)
    assert [(step.state, step.processed, step.total, step.changed) for step in steps] == [
        (RUNNING, 2, 5, 2),
        (RUNNING, 4, 5, 3),
        (RUNNING, 5, 5, 3),
        # Those that were written just before it began are looked at once more.
        (RUNNING, 5, 5, 3),
        (COMPLETED, 5, 5, 3),
    ]
    assert steps[-1].HasField("ended_at")
    assert await shown(house) == steps[-1] == await house.rescore()
    for lead in acme:
        after = await house.door.get(lead.id)
        assert (after.score, after.qualified, after.version, after.updated_at) == (70, True, 2, lead.updated_at)
        assert [part.name for part in after.score_breakdown] == ["company equals"]
        assert (await house.door.happened(lead.id))[0] == "qualified"
        assert await house.door.history(lead.id) == []
    for lead in others:
        assert await house.door.get(lead.id) == lead
    assert len(await house.ordered(SLA_CLOCK)) == 5


async def test_leads_whose_score_is_right_are_not_written(house: House) -> None:
    lead = await house.door.create(last_name="Johnson")
    # Longer ago than any call may take.
    await house.execute("UPDATE leads SET updated_at = updated_at - interval '1 hour'")
    before = await house.one("SELECT xmin::text FROM leads WHERE id = :id", id=lead.id)
    await house.push(rule(70), scores=True)
    assert (await run_through(house))[-1].changed == 0
    assert await house.one("SELECT xmin::text FROM leads WHERE id = :id", id=lead.id) == before


async def test_closed_and_deleted_leads_keep_the_score_that_they_had(house: House) -> None:
    open_, deleted, closed = [await house.door.create(last_name="Johnson", company="Acme") for _ in range(3)]
    await house.door.delete(deleted.id)
    await house.execute("UPDATE leads SET status = 'disqualified' WHERE id = :id", id=closed.id)
    await house.push(rule(70), scores=True)
    done = (await run_through(house))[-1]
    assert (done.processed, done.total, done.changed) == (1, 1, 1)
    assert await scores(house, open_, closed) == [70, 0]
    assert await house.one("SELECT score FROM leads WHERE id = :id", id=deleted.id) == 0


async def test_a_request_during_a_run_begins_it_again_by_the_newest_rules(house: House) -> None:
    leads = [await house.door.create(last_name="Johnson", company="Acme") for _ in range(4)]
    await house.push(rule(10), scores=True)
    assert (await house.rescore(3)).processed == 3
    await house.push(rule(20), scores=True)
    assert ((await shown(house)).state, (await shown(house)).processed) == (REQUESTED, 0)
    done = (await run_through(house))[-1]
    assert (done.processed, done.changed) == (4, 4)
    assert await scores(house, *leads) == [20] * 4
    assert len(await house.ordered(RESCORE)) == 2


async def test_a_replica_that_does_not_know_the_rules_yet_refuses(house: House) -> None:
    await house.push(rule(10), scores=True)
    await house.execute("UPDATE rescore SET scoring_revision = scoring_revision + 1")
    assert (await refusal(house.rescore())).reason == "PART_UNAVAILABLE"
    assert (await shown(house)).state == REQUESTED


async def test_a_run_by_hand_is_for_administrators_and_once_for_an_idempotency_key(house: House) -> None:
    stub = pb_grpc.ScoringServiceStub(house.door.channel)
    refused = await refusal(house.door.ask(stub.RequestRescore, pb.RequestRescoreRequest()))
    assert refused.reason == "PERMISSION_MISSING"
    for _ in range(2):
        answer = await house.door.ask(stub.RequestRescore, pb.RequestRescoreRequest(), sent=ADMIN, key="once")
        assert answer.rescore.state == REQUESTED
    assert len(await house.ordered(RESCORE)) == 1
    for method, request in (
        (stub.RescoreLeads, pb.RescoreLeadsRequest()),
        (stub.RequestDailyRescore, pb.RequestDailyRescoreRequest()),
    ):
        assert (await refusal(house.door.ask(method, request))).reason == "PERMISSION_MISSING"
    for limit in (-1, 5001):
        assert (await refusal(house.rescore(limit))).reason == "VALIDATION_FAILED"


async def test_the_schedule_asks_for_a_run_only_where_an_active_rule_depends_on_time(
    house: House, clock: TestClock
) -> None:
    stub = pb_grpc.ScoringServiceStub(house.door.channel)

    async def daily() -> bool:
        answer = await house.door.ask(stub.RequestDailyRescore, pb.RequestDailyRescoreRequest(), sent=RUN_TOKEN)
        return bool(answer.requested)

    def inactive(configuration: configuration_service_pb2.Configuration) -> None:
        configuration.scoring_rules[0].is_active = False

    lead = await house.door.create()
    aging = rule(15, "createdAt", "older_than_days", "2")
    await house.push(aging, inactive)
    assert not await daily()
    await house.push(aging)
    assert await daily()
    await run_through(house)
    assert await scores(house, lead) == [0]
    clock.ahead += 3 * DAY
    assert await daily()
    assert (await run_through(house))[-1].changed == 1
    assert await scores(house, lead) == [15]
    assert len(await house.ordered(RESCORE)) == 2


async def written_by(house: House, older: Configuration, lead: lead_pb2.Lead, **fields: Any) -> None:
    """Somebody changes a lead by an older configuration."""
    situation = Situation(older, Actor(new_id()), utc_now())
    async with house.database.transaction() as tx:
        await update_lead(tx, UUID(lead.id), fields, None, situation)


async def test_what_a_stale_instance_writes_during_the_run_is_right_at_its_end(house: House) -> None:
    older = house.configuration
    leads = [await house.door.create(last_name="Johnson", company="Acme") for _ in range(4)]
    await house.push(rule(70), scores=True)
    assert (await house.rescore(3)).processed == 3
    # One that has been passed already, and one that has not.
    await written_by(house, older, leads[0], title="Founder")
    await written_by(house, older, leads[3], title="Founder")
    assert await scores(house, leads[0], leads[3]) == [0, 0]
    steps = await run_through(house)
    assert await scores(house, *leads) == [70] * 4
    assert steps[-1].changed == 5
    assert (await house.door.get(leads[0].id)).title == "Founder"


async def test_what_a_stale_instance_writes_after_the_run_has_another_one_begin(house: House) -> None:
    older = house.configuration
    lead = await house.door.create(last_name="Johnson", company="Acme")
    await house.push(rule(70), scores=True)
    await run_through(house)
    await written_by(house, older, lead, title="Founder")
    assert await scores(house, lead) == [0]
    async with following(house.address, house.database, longest_call=0.1):
        await eventually(lambda: shown(house), lambda run: run.state == REQUESTED)
    await run_through(house)
    assert await scores(house, lead) == [70]
    async with house.database.transaction() as tx:
        await request_if_left_behind(tx, Situation(house.configuration, Actor(None), utc_now()))
    assert (await shown(house)).state == COMPLETED


async def test_a_lead_that_is_deleted_under_the_run_is_left_alone(house: House) -> None:
    lead = await house.door.create(last_name="Johnson", company="Acme")
    await house.push(rule(70), scores=True)
    async with house.database.transaction() as tx:
        await tx.execute(sa.text("UPDATE leads SET deleted_at = now() WHERE id = :id"), {"id": lead.id})
        batch = asyncio.create_task(house.rescore())
        await eventually(house.somebody_waits_for_a_lock)
    assert (await batch).changed == 0
    assert await house.one("SELECT score FROM leads WHERE id = :id", id=lead.id) == 0


async def test_leads_that_people_change_during_the_run_are_right_and_no_change_is_lost(house: House) -> None:
    leads = [await house.door.create(last_name="Johnson", company="Acme") for _ in range(12)]
    await house.push(rule(70), scores=True)

    async def change(number: int) -> None:
        for title in range(4):
            company = "Acme" if number % 2 else f"Other {title}"
            await house.door.update(leads[number].id, title=f"Title {title}", company=company)

    await asyncio.gather(run_through(house, 1), *(change(number) for number in range(12)))
    assert await scores(house, *leads) == [70 if number % 2 else 0 for number in range(12)]
    for lead in leads:
        after = await house.door.get(lead.id)
        assert after.title == "Title 3"
        # By their ids, in the order in which they were recorded: an activity's instant is when its call came in, and
        # the call may have waited for the batch.
        newest_first = sorted(await house.door.activities(lead.id), key=lambda each: each.id, reverse=True)
        crossings = [each.type for each in newest_first if each.type in {"qualified", "unqualified"}]
        assert crossings[:1] == (["qualified"] if after.qualified else ["unqualified"][: len(crossings)])


async def test_a_change_that_changes_no_score_does_not_wait_for_a_batch(house: House) -> None:
    await house.push(rule(70), scores=True)
    async with house.database.transaction() as tx:
        await tx.execute(sa.text("SELECT * FROM rescore FOR UPDATE"))
        await house.push(default_priority("low"))


async def test_two_that_carry_out_the_run_at_once_count_each_lead_once(house: House) -> None:
    for _ in range(10):
        await house.door.create(last_name="Johnson", company="Acme")
    await house.push(rule(70), scores=True)
    await asyncio.gather(*(house.rescore(2) for _ in range(8)))
    done = (await run_through(house))[-1]
    assert (done.processed, done.total, done.changed) == (10, 10, 10)
