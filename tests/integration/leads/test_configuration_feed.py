"""The leads service follows the settings service, and goes on without it."""

from collections.abc import Callable
from functools import partial

from leadline.settings.v1 import retirement_pb2, settings_service_pb2, settings_service_pb2_grpc

from kit.db.migrations import migrate
from kit.ids import new_id
from kit.rpc.calls import call, is_serving, open_channel
from leads_service import main as leads_main
from settings_service import main as settings_main
from settings_service.settings import SettingsServiceSettings
from tests.integration.leads.conftest import NOBODY, TestClock, leads_settings
from tests.integration.leads.door import Door, refusal
from tests.integration.leads.pushing import Edit, House, default_priority, open_house
from tests.support import tokens
from tests.support.waiting import eventually


async def test_a_change_of_settings_is_in_force_within_a_second_on_two_instances_and_outlives_settings(
    create_database: Callable[[str], str], door: Door
) -> None:
    url, settings_url = create_database("feed_leads"), create_database("feed_settings")
    migrate(leads_main.MIGRATIONS, url)
    migrate(settings_main.MIGRATIONS, settings_url)
    service = settings_main.SettingsService(
        SettingsServiceSettings(
            database_url=settings_url, token_secret=tokens.settings().token_secret, listen="127.0.0.1:0"
        )
    )
    address = await service.start()

    async def policy(at: Door) -> str:
        return str((await at.lead_sla((await at.create(last_name="Johnson")).id)).sla_policy)

    configured = leads_settings(url, address)
    async with leads_main.leads_server(configured) as one, leads_main.leads_server(configured) as other:
        async with open_channel(await one.start()) as here, open_channel(await other.start()) as there:
            doors = [Door(here, door.configuration), Door(there, door.configuration)]
            for each in doors:
                await eventually(partial(is_serving, each.channel))
            await rename_policy(address, "Renamed")
            for each in doors:
                await eventually(partial(policy, each), lambda name: name == "Renamed", within=1)
            await service.stop()
            assert await policy(doors[0]) == "Renamed"
        await one.stop()
        await other.stop()

    # Settings stays down: the next start works from the copy.
    async with leads_main.leads_server(leads_settings(url, NOBODY)) as again:
        async with open_channel(await again.start()) as channel:
            await eventually(lambda: is_serving(channel))
            assert await policy(Door(channel, door.configuration)) == "Renamed"
        await again.stop()


async def test_a_service_that_never_saw_a_configuration_is_not_ready_and_says_so(
    create_database: Callable[[str], str], door: Door
) -> None:
    url = create_database("feed_none")
    migrate(leads_main.MIGRATIONS, url)
    async with leads_main.leads_server(leads_settings(url, NOBODY)) as server:
        async with open_channel(await server.start()) as channel:
            fresh = Door(channel, door.configuration)
            error = await refusal(fresh.create(last_name="Johnson"))
            assert error.reason == "CONFIGURATION_UNAVAILABLE"
            assert not await is_serving(channel)
        await server.stop()


async def test_a_configuration_that_could_not_be_kept_is_in_force_and_is_kept_later(
    create_database: Callable[[str], str], door: Door, clock: TestClock
) -> None:
    url = create_database("feed_not_kept")
    async with open_house(url, door.configuration, clock) as house:
        await house.execute("ALTER TABLE configuration_copy RENAME TO away")
        changed = house.settings.push(default_priority("low"))

        async def priority() -> str:
            return (await house.door.create(last_name="Johnson")).priority

        await eventually(priority, lambda name: name == "low", within=1)
        await house.execute("ALTER TABLE away RENAME TO configuration_copy")
        await eventually(house.kept_revision, lambda revision: revision == changed.revision)


async def test_one_that_makes_no_sense_leaves_the_former_one_in_force(
    create_database: Callable[[str], str], door: Door, clock: TestClock
) -> None:
    async with open_house(create_database("feed_senseless"), door.configuration, clock) as house:
        kept = await house.kept_revision()
        nowhere = retirement_pb2.Retirement(id=str(new_id()), entry_id=str(new_id()))
        await say(house, lambda changed: changed.retirements.append(nowhere))
        await say(house, lambda changed: changed.ClearField("priorities"))
        assert await house.kept_revision() == kept
        after = house.settings.push(
            lambda changed: changed.ClearField("retirements"),
            lambda changed: changed.priorities.extend(door.configuration.priorities),
            default_priority("low"),
        )
        await eventually(house.kept_revision, lambda revision: revision == after.revision)
        assert (await house.door.create(last_name="Johnson")).priority == "low"


async def say(house: House, edit: Edit) -> None:
    """Push a change, and wait until it has been said."""
    revision = house.settings.push(edit).revision

    async def said() -> list[int]:
        return house.settings.said

    await eventually(said, lambda revisions: revision in revisions)


async def rename_policy(address: str, name: str) -> None:
    changes = f'{{"sla": {{"policies": [{{"name": "{name}", "isDefault": true, "responseMinutes": 240}}]}}}}'
    async with open_channel(address) as channel:
        stub = settings_service_pb2_grpc.SettingsServiceStub(channel)
        request = settings_service_pb2.UpdateSettingsRequest(changes=changes)
        await call(stub.UpdateSettings, request, token=tokens.admin_token(), timeout=10)
