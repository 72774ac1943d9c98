"""Records histories of today's workflow code on the real server, for the replay tests.

`python -m tests.workflows.capture [--replace]`, in the project's folder.

A history that is committed stays as long as runs like it may be open: new code must replay it. So this writes
only the cases that are not there yet; `--replace` writes all of them anew.
"""

import argparse
import asyncio
import json
from pathlib import Path
from typing import Any

from tests.workflows.clock_check_cases import CLOCK_CHECK_CASES
from tests.workflows.conversion_cases import CONVERSION_CASES
from tests.workflows.import_cases import IMPORT_CASES
from tests.workflows.servers import start_temporal
from tests.workflows.settings_cases import SETTINGS_CASES, Case
from tests.workflows.sla_cases import SLA_CASES
from tests.workflows.unfinished_conversions import CONVERSION_CHECK_CASES

HISTORIES = Path(__file__).parent / "histories"

# Stands in histories where the machine and process that made them would.
_IDENTITY = "leadline-worker"


CASES: dict[str, list[Case]] = {
    **SLA_CASES,
    **CONVERSION_CASES,
    **SETTINGS_CASES,
    **IMPORT_CASES,
    **CLOCK_CHECK_CASES,
    **CONVERSION_CHECK_CASES,
}


async def _capture(*, replace: bool) -> dict[Path, str]:
    """The histories that are to be written, by the file that they belong in."""
    captured: dict[Path, str] = {}
    async with await start_temporal(identity=_IDENTITY) as environment:
        client = await environment.connect_client(identity=_IDENTITY)
        for workflow, cases in CASES.items():
            for case in cases:
                path = HISTORIES / workflow / f"{case.__name__}.json"
                if replace or not path.exists():
                    handle = await case(client)
                    captured[path] = (await handle.fetch_history()).to_json()
    return captured


def _scrubbed(value: Any) -> Any:
    """The history without stack traces, which hold the paths of the machine."""
    if isinstance(value, dict):
        return {key: _scrubbed(each) for key, each in value.items() if key != "stackTrace"}
    return [_scrubbed(each) for each in value] if isinstance(value, list) else value


def main(*, replace: bool) -> None:
    """Write the histories."""
    for path, history in asyncio.run(_capture(replace=replace)).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(_scrubbed(json.loads(history)), indent=1) + "\n")
        print(path)  # noqa: T201 - a command says what it wrote


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replace", action="store_true", help="write all of them anew")
    main(replace=parser.parse_args().replace)
