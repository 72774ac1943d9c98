"""Worker and leads service die in the middle of an import: afterwards each row of the file is a lead exactly once."""

import signal
from collections import Counter
from typing import Any

import httpx

from tests.support.imports import counts, csv_of, import_ended, leads_of, refused_rows, send_file
from tests.support.sales import unique
from tests.support.stack import RunningStack
from tests.support.waiting import eventually

ROWS, NEW = 2_000, 1_800
PARTS = ("leads", "worker")


def rows(company: str) -> list[list[str]]:
    """One row in ten cannot become a lead, and in the last tenth each is of a lead that there is by then."""
    made = []
    for number in range(ROWS):
        address = f"n{number % NEW}@{company.lower().replace('_', '-')}.io"
        made.append([f"n{number}", "none" if number % 10 == 7 else address, company])
    return made


async def is_further(api: httpx.AsyncClient, import_id: str, processed: int) -> int:
    """How many rows have been gone through, once they are more; the import must still be running then."""

    async def look() -> dict[str, Any]:
        answer = await api.get(f"/leads/import/{import_id}")
        assert answer.status_code in {200, 503}, answer.text
        found: dict[str, Any] = answer.json() if answer.status_code == 200 else {"processed": -1}
        return found

    found = await eventually(look, lambda found: found["processed"] > processed, within=20)
    assert found["state"] == "running", "it ended before everything was killed"
    return int(found["processed"])


async def test_each_row_becomes_a_lead_once_whoever_dies(stack: RunningStack, api: httpx.AsyncClient) -> None:
    company = unique("Killed")
    sent = rows(company)
    started = await send_file(api, csv_of(("lastName", "email", "company"), sent))
    processed = 0
    for part in PARTS:
        processed = await is_further(api, started["id"], processed)
        pid = stack.send(part, signal.SIGKILL)
        await stack.restarted(part, pid)
    done = await import_ended(api, started["id"], within=90)
    assert (done["state"], done["processed"]) == ("completed", ROWS), done["failure"]
    assert counts(done) == (NEW * 9 // 10, 0, (ROWS - NEW) * 9 // 10, ROWS // 10)
    names = Counter(lead["lastName"] for lead in await leads_of(api, company))
    assert names == {name: 1 for name, address, _ in sent[:NEW] if address != "none"}
    refused = await refused_rows(api, started["id"])
    assert [each["lastName"] for each in refused] == [name for name, address, _ in sent if address == "none"]
