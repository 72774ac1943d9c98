"""Random sequences of calls against the real leads service and against a simple model of a lead.

After each call the answer, the lead, its history, activities and all that is around it are compared with the model.
``LEADLINE_TEST_SEQUENCES=2000`` looks longer than CI does.
"""

import json
import os
from collections.abc import AsyncIterator, Callable
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from leadline.settings.v1 import configuration_service_pb2, lists_pb2

from kit.ids import new_id
from tests.integration.leads.conftest import TestClock
from tests.integration.leads.model import (
    HIGH_MINUTES,
    OTHER_MINUTES,
    OWNER,
    POINTS_OF_COMPANY,
    POINTS_OF_WEBSITE,
    THRESHOLD,
)
from tests.integration.leads.model_acts import acts_on, create
from tests.integration.leads.model_world import ModelWorld
from tests.integration.leads.pushing import open_house
from tests.integration.leads.shop import open_crm
from tests.integration.leads.stage_rules import READ_ONLY, asks, belongs_to, restricts

SEQUENCES = int(os.environ.get("LEADLINE_TEST_SEQUENCES", "12"))
MOST_ACTS = 30
PRICES = (Decimal("5000.00"), Decimal("99.95"), None, None)


def scores(configuration: configuration_service_pb2.Configuration) -> None:
    configuration.threshold.threshold = THRESHOLD
    configuration.scoring_rules.extend(
        [
            lists_pb2.ScoringRule(
                id=str(new_id()), name=name, field=name, operator=operator, value=value, points=points, is_active=True
            )
            for name, operator, value, points in (
                ("source", "equals", '"website"', POINTS_OF_WEBSITE),
                ("company", "is_not_empty", "", POINTS_OF_COMPANY),
            )
        ]
    )


def promises(configuration: configuration_service_pb2.Configuration) -> None:
    document = json.loads(configuration.settings.document)
    document["sla"]["policies"][0]["responseMinutes"] = {"high": HIGH_MINUTES, "*": OTHER_MINUTES}
    configuration.settings.document = json.dumps(document)


@pytest.fixture(scope="module")
async def new_world(
    create_database: Callable[[str], str],
    configuration: configuration_service_pb2.Configuration,
    clock: TestClock,
) -> AsyncIterator[Callable[[], ModelWorld]]:
    async with (
        open_crm(create_database("model_crm")) as crm,
        open_house(create_database("model"), configuration, clock, crm.address) as house,
    ):
        stage = house.door.stage
        await house.push(
            asks(stage("Proposal"), "estimatedValue", "number"),
            belongs_to(stage("Qualified"), OWNER),
            restricts(stage("Contacted"), title=READ_ONLY),
            scores,
            promises,
            scores=True,
        )
        plan = await crm.add_product(name="Plan", unit_price="5000")
        hours = await crm.add_product(name="Hours", unit_price="99.95")
        withdrawn = await crm.add_product(name="Old", unit_price="1", is_active=False)
        products = (plan.id, hours.id, withdrawn.id, str(new_id()))
        yield lambda: ModelWorld(house, products, PRICES)


# The service is shared on purpose: the leads of each sequence are its own. Only a failure takes long: it is shrunk.
@pytest.mark.timeout(600)
@given(st.data())
@settings(
    max_examples=SEQUENCES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    print_blob=True,
)
async def test_whatever_is_done_the_service_stands_as_the_model_says(
    new_world: Callable[[], ModelWorld], data: st.DataObject
) -> None:
    world = new_world()
    await world.begin(data.draw(create()), data.draw(create()))
    for _ in range(data.draw(st.integers(1, MOST_ACTS))):
        lead = data.draw(st.integers(0, 1))
        await world.do(data.draw(acts_on(lead, world.standing_of(lead))))
