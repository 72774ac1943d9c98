"""A deletion moves what uses its entry, with history, or brings everything back."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from leadline.leads.v1 import (
    conversion_service_pb2,
    lead_pb2,
    lead_service_pb2,
    team_service_pb2,
    team_service_pb2_grpc,
)
from leadline.leads.v1 import retirement_service_pb2 as pb
from leadline.leads.v1 import retirement_service_pb2_grpc as pb_grpc
from leadline.settings.v1 import configuration_service_pb2, lists_pb2, retirement_pb2

from kit.errors import LeadlineError
from kit.ids import new_id
from tests.integration.leads.conftest import TestClock
from tests.integration.leads.deleting import PIPELINE, STAGE, gone, new_process, retire, retire_stage
from tests.integration.leads.door import Door, refusal
from tests.integration.leads.pushing import RUN_TOKEN, House, open_house

Configuration = configuration_service_pb2.Configuration
NAMES = ("New", "Talk", "Offer", "Won", "Lost")


@pytest.fixture(scope="module")
async def house(
    create_database: Callable[[str], str], configuration: Configuration, clock: TestClock
) -> AsyncIterator[House]:
    async with open_house(create_database("retirement_moves"), configuration, clock) as opened:
        yield opened


async def move_all(house: House, retirement_id: str, limit: int = 0) -> list[tuple[int, int]]:
    """What each step said, until nothing was left."""
    steps = [await house.move_retiring(retirement_id, limit)]
    while steps[-1][1]:
        steps.append(await house.move_retiring(retirement_id, limit))
    return steps


async def restore_all(house: House, retirement_id: str, limit: int = 0) -> None:
    while await house.restore_retiring(retirement_id, limit):
        pass


async def stages_of(house: House, *leads: lead_pb2.Lead) -> list[str]:
    return [str(await house.one("SELECT stage_id FROM leads WHERE id = :id", id=lead.id)) for lead in leads]


async def disqualified(door: Door, lead: lead_pb2.Lead, reason: str = "no_need") -> lead_pb2.Lead:
    request = lead_service_pb2.DisqualifyLeadRequest(lead_id=lead.id, reason=reason)
    return (await door.ask(door.lead_stub.DisqualifyLead, request)).lead  # type: ignore[no-any-return]


async def test_leads_are_moved_in_batches_each_once_with_history_by_nobody(house: House) -> None:
    process = await new_process(house, *NAMES)
    leads = [await process.lead(house, "Talk") for _ in range(5)]
    retirement_id = await retire_stage(house, process, "Talk", "Offer")
    assert await house.count_retiring(retirement_id) == (5, 0)
    assert await move_all(house, retirement_id, 2) == [(2, 3), (2, 1), (1, 0)]
    assert await house.move_retiring(retirement_id, 2) == (0, 0)
    assert await stages_of(house, *leads) == [process.stages["Offer"]] * 5
    for lead in leads:
        (entry,) = await house.door.history(lead.id)
        assert (entry.field, entry.old_label, entry.new_label) == ("stageId", "Talk", "Offer")
        assert not entry.HasField("changed_by")
        assert await house.door.happened(lead.id) == ["stage_changed", "lead_created"]
        assert (await house.door.get(lead.id)).version == 2
        assert (await house.door.lead_sla(lead.id)).status == "on_track"


async def test_deleted_disqualified_and_converted_leads_are_moved_too(house: House) -> None:
    process = await new_process(house, *NAMES)
    deleted, lost, won = [await process.lead(house, estimated_value="5") for _ in range(3)]
    await house.door.delete(deleted.id)
    await disqualified(house.door, lost)
    started = await house.door.convert(won.id)
    request = conversion_service_pb2.CompleteConversionRequest(conversion_id=started.id)
    await house.door.as_saga(house.door.conversion_stub.CompleteConversion, request)
    other = await new_process(house, "Start", "Paid", "Lost")
    retirement_id = await retire(house, PIPELINE, (process.id, process.name), (other.id, other.name))
    assert await house.count_retiring(retirement_id) == (3, 0)
    await move_all(house, retirement_id, 1)
    assert await stages_of(house, deleted, lost, won) == [
        other.stages["Start"],
        other.stages["Lost"],
        other.stages["Start"],
    ]
    assert await house.one("SELECT count(*) FROM leads WHERE pipeline_id = :id", id=process.id) == 0


async def test_a_deletion_that_fails_brings_everything_back_that_nobody_has_changed(house: House) -> None:
    process = await new_process(house, *NAMES)
    leads = [await process.lead(house, "Talk") for _ in range(4)]
    retirement_id = await retire_stage(house, process, "Talk", "Offer")
    await house.move_retiring(retirement_id, 3)
    await house.door.change_stage(leads[0].id, process.stages["New"])
    await house.door.update(leads[1].id, title="Founder")
    assert await house.restore_retiring(retirement_id, 2) == 1
    await restore_all(house, retirement_id)
    expected = [process.stages["New"], *[process.stages["Talk"]] * 3]
    assert await stages_of(house, *leads) == expected
    assert (await house.door.get(leads[1].id)).title == "Founder"
    assert [entry.new_label for entry in await house.door.history(leads[2].id)] == ["Talk", "Offer"]
    assert await house.door.history(leads[3].id) == []
    await house.end_retirement(retirement_id)
    await house.push(gone(retirement_id))
    assert (await process.lead(house, "Talk")).stage_id == process.stages["Talk"]


async def test_nothing_is_moved_any_more_once_it_is_being_moved_back(house: House) -> None:
    process = await new_process(house, *NAMES)
    lead = await process.lead(house, "Talk")
    retirement_id = await retire_stage(house, process, "Talk", "Offer")
    await house.restore_retiring(retirement_id)
    assert (await refusal(house.move_retiring(retirement_id))).reason == "RETIREMENT_CLOSED"
    await house.end_retirement(retirement_id)
    for late in (house.move_retiring(retirement_id), house.restore_retiring(retirement_id)):
        assert (await refusal(late)).reason == "RETIREMENT_CLOSED"
    assert await stages_of(house, lead) == [process.stages["Talk"]]


async def test_leads_that_lack_what_the_target_asks_for_are_named_and_none_is_moved(house: House) -> None:
    process = await new_process(house, *NAMES)
    field = lists_pb2.StageField(
        id=str(new_id()), stage_id=process.stages["Offer"], name="budget", label="Budget", type="number", required=True
    )
    await house.push(lambda configuration: configuration.stage_fields.append(field))
    leads = [await process.lead(house, "Talk") for _ in range(5)]
    retirement_id = await retire_stage(house, process, "Talk", "Offer")
    error = await refusal(house.move_retiring(retirement_id))
    assert error.reason == "STAGE_FIELDS_MISSING"
    named = {violation.field for violation in error.violations}
    assert named == {f"leads.{lead.id}.stageFieldValues.budget" for lead in leads[:3]}
    assert "Budget" in error.message
    assert len(error.message) <= 500
    assert await stages_of(house, *leads) == [process.stages["Talk"]] * 5


async def test_without_a_target_there_must_be_none(house: House) -> None:
    process = await new_process(house, *NAMES)
    await process.lead(house, "Talk")
    retirement_id = await retire_stage(house, process, "Talk")
    assert await house.count_retiring(retirement_id) == (1, 0)
    assert (await refusal(house.move_retiring(retirement_id))).reason == "IN_USE"
    empty = await retire_stage(house, process, "Offer")
    assert await house.count_retiring(empty) == (0, 0)
    assert await house.move_retiring(empty) == (0, 0)


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        (retirement_pb2.RETIREMENT_KIND_PRIORITY, "priority"),
        (retirement_pb2.RETIREMENT_KIND_SOURCE, "source"),
        (retirement_pb2.RETIREMENT_KIND_DISQUALIFICATION_REASON, "disqualification_reason"),
    ],
)
async def test_names_that_leads_carry_are_replaced_and_come_back(house: House, kind: Any, field: str) -> None:
    old, new = f"old_{new_id()}", f"new_{new_id()}"
    ids = {name: str(new_id()) for name in (old, new)}

    def name_them(configuration: Configuration) -> None:
        for position, name in enumerate((old, new), start=10):
            if field == "priority":
                configuration.priorities.add(id=ids[name], name=name, label=name, position=position)
            else:
                lists = configuration.sources if field == "source" else configuration.disqualification_reasons
                lists.add(id=ids[name], name=name, label=name, is_active=True)

    await house.push(name_them)
    if field == "disqualification_reason":
        lead = await disqualified(house.door, await house.door.create(), old)
    else:
        lead = await house.door.create(last_name="Johnson", **{field: old})
    retirement_id = await retire(house, kind, (ids[old], old), (ids[new], new))
    assert await house.count_retiring(retirement_id) == (1, 0)
    assert await house.move_retiring(retirement_id) == (1, 0)
    moved = await house.door.get(lead.id)
    assert (getattr(moved, field), moved.version) == (new, lead.version + 1)
    assert await house.restore_retiring(retirement_id) == 0
    assert getattr(await house.door.get(lead.id), field) == old


async def test_members_get_the_new_role_and_the_old_one_back_if_they_still_have_it(house: House) -> None:
    old, new, third = (f"{name}_{new_id()}" for name in ("old", "new", "third"))
    ids = {name: str(new_id()) for name in (old, new, third)}

    def name_them(configuration: Configuration) -> None:
        for name, entry_id in ids.items():
            configuration.team_roles.add(id=entry_id, name=name, label=name, is_active=True)

    await house.push(name_them)
    leads = [await house.door.create() for _ in range(3)]
    team = team_service_pb2_grpc.TeamServiceStub(house.door.channel)
    users = [str(new_id()) for _ in range(4)]
    for lead, user in ((leads[0], users[0]), (leads[0], users[1]), (leads[1], users[2]), (leads[2], users[3])):
        await house.door.ask(
            team.AddTeamMember, team_service_pb2.AddTeamMemberRequest(lead_id=lead.id, user_id=user, role=old)
        )
    retirement_id = await retire(house, retirement_pb2.RETIREMENT_KIND_TEAM_ROLE, (ids[old], old), (ids[new], new))

    async def roles() -> dict[str, str]:
        listed = [
            (await house.door.ask(team.ListTeam, team_service_pb2.ListTeamRequest(lead_id=lead.id))).members
            for lead in leads
        ]
        return {member.user_id: member.role for members in listed for member in members}

    assert await house.count_retiring(retirement_id) == (4, 0)
    # A team is moved as a whole.
    assert await move_all(house, retirement_id, 1) == [(2, 2), (1, 1), (1, 0)]
    assert await roles() == dict.fromkeys(users, new)
    assert (await house.door.get(leads[0].id)).version == 1
    assert (await house.door.happened(leads[0].id)).count("team_member_changed") == 2
    await house.execute("UPDATE team_members SET role = :role WHERE user_id = :user", role=third, user=users[1])
    remove = team_service_pb2.RemoveTeamMemberRequest(lead_id=leads[1].id, user_id=users[2])
    await house.door.ask(team.RemoveTeamMember, remove)
    await restore_all(house, retirement_id, 1)
    assert await roles() == {users[0]: old, users[1]: third, users[3]: old}


async def test_conversions_that_plan_an_opportunity_there_are_waited_for(house: House) -> None:
    stage = house.door.opportunity_stage("Prospecting")
    target = house.door.opportunity_stage("Proposal")
    lead = await house.door.create(last_name="Johnson", estimated_value="5")
    linking = await house.door.create(last_name="Johnson", estimated_value="5")
    started = await house.door.convert(lead.id, create_account=False, create_contact=False)
    retirement_id = await retire(house, STAGE, (stage, "Prospecting"), (target, "Proposal"), module=2)
    assert (await refusal(house.door.convert(linking.id, opportunity_stage_id=stage))).reason == "RETIRING"
    assert await house.count_retiring(retirement_id) == (0, 1)
    assert await house.move_retiring(retirement_id) == (0, 1)
    request = conversion_service_pb2.FailConversionRequest(conversion_id=started.id, reason="X", message="x")
    await house.door.as_saga(house.door.conversion_stub.FailConversion, request)
    assert await house.move_retiring(retirement_id) == (0, 0)
    await house.end_retirement(retirement_id)
    await house.push(gone(retirement_id))


async def test_steps_at_the_same_moment_move_each_lead_once(house: House) -> None:
    process = await new_process(house, *NAMES)
    leads = [await process.lead(house, "Talk") for _ in range(20)]
    retirement_id = await retire_stage(house, process, "Talk", "Offer")
    changes = [house.door.update(lead.id, title="Founder") for lead in leads]
    steps = [house.move_retiring(retirement_id, 4) for _ in range(5)]
    await asyncio.gather(*steps, *changes)
    assert await house.move_retiring(retirement_id) == (0, 0)
    for lead in leads:
        assert sorted(entry.field for entry in await house.door.history(lead.id)) == ["stageId", "title"]


async def test_an_unknown_deletion_is_not_found_and_ending_it_is_harmless(house: House) -> None:
    unknown = str(new_id())
    for sought in (house.count_retiring(unknown), house.move_retiring(unknown), house.restore_retiring(unknown)):
        assert (await refusal(sought)).reason == "RETIREMENT_NOT_FOUND"
    await house.end_retirement(unknown)
    await house.end_retirement(unknown, 7)
    for attempt in (house.count_retiring("x"), house.end_retirement("x"), house.end_retirement(unknown, 0)):
        assert (await refusal(attempt)).reason == "VALIDATION_FAILED"
    for limit in (-1, 1001):
        assert (await refusal(house.move_retiring(unknown, limit))).reason == "VALIDATION_FAILED"


async def test_only_the_workflows_own_token_deletes(house: House) -> None:
    stub = pb_grpc.RetirementServiceStub(house.door.channel)
    for method, request in (
        (stub.CountRetiring, pb.CountRetiringRequest()),
        (stub.MoveRetiring, pb.MoveRetiringRequest()),
        (stub.RestoreRetiring, pb.RestoreRetiringRequest()),
        (stub.EndRetirement, pb.EndRetirementRequest()),
    ):
        assert (await refusal(house.door.ask(method, request))).reason == "PERMISSION_MISSING"
        with pytest.raises(LeadlineError, match="UUID"):
            await house.door.ask(method, request, sent=RUN_TOKEN)
