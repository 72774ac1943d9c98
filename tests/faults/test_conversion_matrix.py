"""Each step of converting and unconverting, with each fault: afterwards a lead is converted whole or open with nothing.

Read from all three databases. CI takes a few cells at random; `make faults` all of them.
"""

import logging
import os
import random
import secrets

import pytest
from pydantic import SecretStr

from kit.config import ServiceTokenSettings
from kit.rpc.calls import open_channel
from kit.tokens import ServiceToken
from leadline_workflows.activities.door import Door
from leadline_workflows.runtime import wiring
from tests.faults.conversion_matrix import STEPS, cells, sample, waves
from tests.faults.conversion_records import Databases
from tests.faults.conversion_waves import Waves
from tests.faults.faulty_stack import COMMAND
from tests.support import tokens
from tests.support.stack import running_stack

LOG = logging.getLogger(__name__)

# What the SDK keeps an activity's name in.
_DEFINITION = "__temporal_activity_definition"
IS_WHOLE = os.environ.get("LEADLINE_FAULT_MATRIX") == "whole"
# Of the whole, the cells whose names have this in them.
ONLY = os.environ.get("LEADLINE_FAULT_ONLY", "")
SEED = int(os.environ.get("LEADLINE_FAULT_SEED") or secrets.randbelow(2**32))


async def test_the_matrix_has_every_step_that_the_worker_takes() -> None:
    settings = ServiceTokenSettings(token_secret=SecretStr(tokens.SECRET))
    token = ServiceToken(settings, subject=tokens.USER_ID, permissions=())
    async with open_channel("127.0.0.1:1") as nowhere:
        taken = [getattr(each, _DEFINITION).name for each in wiring._conversion(Door(token), nowhere, nowhere)]
    assert {step for steps in STEPS.values() for step in steps} == set(taken)


@pytest.mark.timeout(3600 if IS_WHOLE else 300)
async def test_whatever_happens_at_any_step_each_lead_is_converted_whole_or_open_with_nothing_left() -> None:
    chance = random.Random(SEED)  # noqa: S311 - no secret
    chosen = [cell for cell in cells() if ONLY in str(cell)] if IS_WHOLE else sample(chance, alone=4, parts=2, each=2)
    LOG.info("seed %d: %d of %d cells", SEED, len(chosen), len(cells()))
    wrong: dict[str, list[str]] = {}
    done = 0
    async with running_stack("--ephemeral", command=COMMAND) as stack, stack.client() as api:
        running = Waves(stack, api, await stack.temporal(), Databases(stack))
        for wave in waves(chosen):
            found = await running.run(wave)
            wrong, done = wrong | found, done + len(wave)
            LOG.info("%d of %d cells, the last: %s. Wrong: %s", done, len(chosen), wave[-1], found or "nothing")
    assert wrong == {}, f"seed {SEED}"
