"""`leadline-worker` as tests want it: what they have ordered happens to its activities.

An order is a file named `<leadId>.<activity>`, with one of the words below in it; it stands until it is taken away.
"""

import asyncio
import os
from contextlib import suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

from temporalio import activity
from temporalio.client import Client
from temporalio.client import Interceptor as ClientInterceptor
from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput
from temporalio.worker import Interceptor as WorkerInterceptor

from leadline_workflows.activities.conversion_check import ConversionCheckActivities
from leadline_workflows.runtime import main, wiring
from leadline_workflows.runtime.client import connect

# Stand still before the work is begun, or once it is done.
HOLD_BEFORE = "hold before"
HOLD_AFTER = "hold after"
# Fail while it is a step of the run's own task, then stand still before the work.
WAIT = "wait"
# Be refused, for good.
REFUSE = "refuse"
# Fail without a result, again and again, but not for ever.
BREAK = "break"
# Do the work, and never say so; once.
LINGER = "linger"

# Beside the order: it stands still; it goes on.
ARRIVED, PASSED = ".arrived", ".passed"
_LOOK_EVERY_SECONDS = 0.02
_LONGER_THAN_ANY_ATTEMPT_SECONDS = 40
_BROKEN_ATTEMPTS = 3


class Faults(ClientInterceptor, WorkerInterceptor):
    """Has the orders in a folder happen."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002
        """The activity, with what was ordered for it."""
        return _Faulty(next, self._folder)


class _Faulty(ActivityInboundInterceptor):
    def __init__(self, inner: ActivityInboundInterceptor, folder: Path) -> None:
        super().__init__(inner)
        self._folder = folder

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002
        info = activity.info()
        lead_id = (info.workflow_id or "").partition("/")[2]
        order = self._folder / f"{lead_id}.{info.activity_type}"
        deed = _read(order)
        if deed == REFUSE:
            raise ApplicationError("Refused by a test.", type="CONVERSION_NOT_ALLOWED", non_retryable=True)
        if (deed in {BREAK, WAIT} and info.is_local) or (deed == BREAK and info.attempt < _BROKEN_ATTEMPTS):
            raise ApplicationError("Broken by a test.", type="PART_UNAVAILABLE")
        if deed in {HOLD_BEFORE, WAIT}:
            await _held(order)
        result = await super().execute_activity(input)
        if deed == HOLD_AFTER:
            await _held(order)
        elif deed == LINGER:
            order.unlink(missing_ok=True)
            await asyncio.sleep(_LONGER_THAN_ANY_ATTEMPT_SECONDS)
        return result


def _read(order: Path) -> str:
    with suppress(FileNotFoundError):
        return order.read_text()
    return ""


async def _held(order: Path) -> None:
    _say(order, ARRIVED)
    while order.exists():  # noqa: ASYNC110, ASYNC240 - what ends it comes from another process
        await asyncio.sleep(_LOOK_EVERY_SECONDS)
    _say(order, PASSED)


def _say(order: Path, what: str) -> None:
    order.with_name(order.name + what).touch()


async def _connected(*arguments: Any, **more: Any) -> Client:
    config = (await connect(*arguments, **more)).config()
    config["interceptors"] = [Faults(Path(os.environ["LEADLINE_FAULTS"]))]
    return Client(**config)


if __name__ == "__main__":
    at_once = partial(ConversionCheckActivities, on_its_way=timedelta())
    with patch.object(main, "connect", _connected), patch.object(wiring, "ConversionCheckActivities", at_once):
        main.app()
