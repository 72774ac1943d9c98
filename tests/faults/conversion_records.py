"""Reads all three databases, and finds fault with what conversions have left in them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from leadline_stack.data_folder import DataFolder
from leadline_stack.ports import Ports
from leadline_stack.postgres import Postgres
from leadline_stack.stack_secrets import read_secrets
from leadline_stack.state import read_state
from tests.support.stack import RunningStack

Row = Mapping[str, Any]
Rows = Sequence[Row]

_LEADS = {
    "leads": "SELECT id AS lead_id, * FROM leads WHERE id = ANY(%(leads)s)",
    "conversions": "SELECT * FROM conversions WHERE lead_id = ANY(%(leads)s)",
    "notes": "SELECT id, lead_id FROM notes WHERE lead_id = ANY(%(leads)s)",
    "documents": "SELECT id, lead_id FROM documents WHERE lead_id = ANY(%(leads)s)",
    "team": "SELECT user_id AS id, lead_id FROM team_members WHERE lead_id = ANY(%(leads)s)",
    "lines": "SELECT id, lead_id, total FROM product_lines WHERE lead_id = ANY(%(leads)s)",
    "orders": "SELECT key AS lead_id, kind FROM outbox WHERE key = ANY(%(leads)s)",
}
# What there is on any record by a conversion.
_COPY = "SELECT {key} AS id, conversion_id, coalesce(opportunity_id, contact_id, account_id) AS record_id FROM {table}"
_CRM = {
    "accounts": "SELECT * FROM accounts WHERE lead_id = ANY(%(leads)s)",
    "contacts": "SELECT * FROM contacts WHERE lead_id = ANY(%(leads)s)",
    "opportunities": "SELECT * FROM opportunities WHERE lead_id = ANY(%(leads)s)",
    "crm_lines": (
        "SELECT lines.id, lines.total, lead_id FROM opportunity_lines AS lines "
        "JOIN opportunities ON opportunities.id = opportunity_id WHERE lead_id = ANY(%(leads)s)"
    ),
}
_OF_CONVERSIONS = {
    "steps": "SELECT * FROM conversion_records WHERE conversion_id = ANY(%(conversions)s)",
    **{
        f"crm_{name}": _COPY.format(key=key, table=table) + " WHERE conversion_id = ANY(%(conversions)s)"
        for name, key, table in (
            ("notes", "id", "record_notes"),
            ("documents", "id", "record_documents"),
            ("team", "user_id", "record_members"),
        )
    },
}
_SETTINGS = {
    "stages": "SELECT stages.*, module FROM stages JOIN pipelines ON pipelines.id = pipeline_id",
}
_KINDS = {"account": "accounts", "contact": "contacts", "opportunity": "opportunities"}
_COPIED = ("notes", "documents", "team")


@dataclass(frozen=True)
class Databases:
    """The databases of a running stack."""

    stack: RunningStack

    async def rows(self, database: str, query: str, **values: Any) -> Rows:
        """What a database answers."""
        async with await psycopg.AsyncConnection.connect(self._url(database), row_factory=dict_row) as connection:
            return await (await connection.execute(query.encode(), values)).fetchall()

    async def run(self, database: str, statement: str, **values: Any) -> None:
        """Change something behind the services' backs."""
        async with await psycopg.AsyncConnection.connect(self._url(database)) as connection:
            await connection.execute(statement.encode(), values)

    def _url(self, database: str) -> str:
        folder = DataFolder(Path(self.stack.about["dataDir"]))
        state = read_state(folder)
        assert state is not None
        return Postgres(folder, read_secrets(folder), Ports(**state.ports).postgres, {}, None).url(database)

    async def unfinished(self, lead_ids: Iterable[str]) -> Rows:
        """The conversions of these leads that are not over."""
        query = "SELECT * FROM conversions WHERE lead_id = ANY(%(leads)s) AND state IN ('running', 'unconverting')"
        return await self.rows("leads", query, leads=list(lead_ids))

    async def faults(self, lead_ids: Sequence[str]) -> dict[str, list[str]]:
        """What is not as it must be, by lead: converted whole and once, or open with nothing left over."""
        found = await self._found(lead_ids)
        stages = {row["id"]: row for row in found.pop("stages")[""]}
        faults = {lead_id: faults_of({name: found[name][lead_id] for name in found}, stages) for lead_id in lead_ids}
        return {lead_id: each for lead_id, each in faults.items() if each}

    async def statuses(self, lead_ids: Iterable[str]) -> dict[str, str]:
        """What these leads are."""
        rows = await self.rows("leads", "SELECT id, status FROM leads WHERE id = ANY(%(ids)s)", ids=list(lead_ids))
        return {str(row["id"]): row["status"] for row in rows}

    async def _found(self, lead_ids: Sequence[str]) -> dict[str, dict[str, list[Row]]]:
        """All that belongs to these leads, by what it is and by lead."""
        leads = {"leads": list(lead_ids)}
        found = {name: await self.rows("leads", query, **leads) for name, query in _LEADS.items()}
        found |= {name: await self.rows("crm", query, **leads) for name, query in _CRM.items()}
        lead_of = {row["id"]: row["lead_id"] for row in found["conversions"]}
        ids = {"conversions": list(lead_of)}
        found |= {name: await self.rows("crm", query, **ids) for name, query in _OF_CONVERSIONS.items()}
        found |= {name: await self.rows("settings", query) for name, query in _SETTINGS.items()}
        return {name: _by_lead(rows, lead_of) for name, rows in found.items()}


def _by_lead(rows: Rows, lead_of: Mapping[Any, Any]) -> dict[str, list[Row]]:
    grouped: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        lead = row.get("lead_id") or lead_of.get(row.get("conversion_id")) or ""
        grouped[str(lead)].append(row)
    return grouped


def faults_of(found: Mapping[str, Rows], stages: Mapping[Any, Row]) -> list[str]:
    """What is wrong with one lead and all that belongs to it."""
    (lead,) = found["leads"]
    check: dict[str, Callable[[Row, Mapping[str, Rows]], list[str]]] = {"converted": _of_converted, "open": _of_open}
    faults = [f"locked by {lead['conversion_id']}"] if lead["conversion_id"] else []
    faults += [f"{row['kind']} is still to be delivered" for row in found["orders"] if "conversion" in row["kind"]]
    faults += [f"still waits: {row['waits']}" for row in found["conversions"] if row["waits"]]
    if lead["status"] not in check:
        return [*faults, f"it is {lead['status']}"]
    return [*faults, *_of_stages(lead, found, stages), *check[lead["status"]](lead, found)]


def _of_stages(lead: Row, found: Mapping[str, Rows], stages: Mapping[Any, Row]) -> list[str]:
    """The stages are of the settings database."""
    stage = stages[lead["stage_id"]]
    wrong = lead["status"] == "open" and (stage["is_won"] or stage["is_lost"])
    faults = [f"{lead['status']} at {stage['name']}"] if wrong else []
    for each in found["opportunities"]:
        place = stages.get(each["stage_id"])
        if not place or place["module"] != "opportunities" or place["pipeline_id"] != each["pipeline_id"]:
            faults.append("the opportunity is at a stage that there is not")
    return faults


def _of_converted(lead: Row, found: Mapping[str, Rows]) -> list[str]:
    """It has been converted once, and everything is linked."""
    done = [row for row in found["conversions"] if row["state"] == "completed"]
    if len(done) != 1:
        return [f"{len(done)} completed conversions"]
    (conversion,) = done
    faults = _of_links(lead, conversion, found) + _of_copies(conversion, found)
    standing = {row["kind"] for row in found["steps"] if row["conversion_id"] == conversion["id"]}
    if standing != set(_KINDS):
        faults.append(f"steps of {sorted(standing)}")
    for step in found["steps"]:
        if (step["conversion_id"] != conversion["id"]) != (step["released_at"] is not None):
            faults.append(f"{step['kind']} of {step['conversion_id']} released at {step['released_at']}")
    return faults


def _of_links(lead: Row, conversion: Row, found: Mapping[str, Rows]) -> list[str]:
    faults = []
    for kind, records in _KINDS.items():
        ids = [row["id"] for row in found[records]]
        if ids != [lead[f"{kind}_id"]]:
            faults.append(f"{records} {ids}, but the lead has {lead[f'{kind}_id']}")
        if conversion[f"{kind}_id"] != lead[f"{kind}_id"]:
            faults.append(f"the conversion has {kind} {conversion[f'{kind}_id']}, the lead {lead[f'{kind}_id']}")
    for row in found["contacts"]:
        faults += [] if row["account_id"] == lead["account_id"] else ["the contact is not at the account"]
    for row in found["opportunities"]:
        linked = (row["account_id"], row["contact_id"])
        faults += [] if linked == (lead["account_id"], lead["contact_id"]) else ["the opportunity is not linked"]
    return faults


def _of_copies(conversion: Row, found: Mapping[str, Rows]) -> list[str]:
    faults = []
    for name in _COPIED:
        wanted = sorted((row["id"], conversion["id"], conversion["opportunity_id"]) for row in found[name])
        there = sorted((row["id"], row["conversion_id"], row["record_id"]) for row in found[f"crm_{name}"])
        faults += [] if there == wanted else [f"{name} of the lead {wanted}, copied {there}"]
    lines, copied = (sorted((row["id"], row["total"]) for row in found[name]) for name in ("lines", "crm_lines"))
    return faults if lines == copied else [*faults, f"lines of the lead {lines}, of the opportunity {copied}"]


def _of_open(lead: Row, found: Mapping[str, Rows]) -> list[str]:
    """Nothing is left of any conversion."""
    faults = [f"a conversion is {row['state']}" for row in found["conversions"] if row["state"] not in _UNDONE]
    faults += [f"the lead has a {kind}" for kind in _KINDS if lead[f"{kind}_id"]]
    left = (*_KINDS.values(), *(f"crm_{name}" for name in _COPIED), "crm_lines")
    faults += [f"{len(found[name])} {name} left over" for name in left if found[name]]
    return faults + [f"{row['kind']} not released" for row in found["steps"] if row["released_at"] is None]


_UNDONE = ("failed", "unconverted")
