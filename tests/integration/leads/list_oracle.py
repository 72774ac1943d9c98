"""What a list of leads must answer, worked out one lead at a time, and random leads and questions to compare by."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from kit.db.database import Database, Writing
from kit.ids import new_id
from leads_service.domain.lead import Lead, LeadStatus
from leads_service.domain.sla import Sla, SlaStatus, status_at
from leads_service.store.lead_list import SORT_COLUMNS, LeadFilter, LeadOrder
from leads_service.store.rows import row_of_lead
from leads_service.store.tables import LEADS
from leads_service.store.trigrams import Trigrams

PIPELINES = [new_id() for _ in range(2)]
# The positions of two pipelines' stages are the same.
STAGES = {new_id(): (PIPELINES[place // 3], place % 3 + 1) for place in range(6)}
PRIORITIES = {"low": 1, "medium": 2, "high": 3, "old": None}
SOURCES = ["website", "event", "o'ther", None]
OWNERS = [new_id() for _ in range(3)]
NAMES = ["Zoë", "zoe", "Álvaro", "Jürgen", "Ana", "100%_\\", None]
COMPANIES = ["Acme", "ACME GmbH", "Müller & Söhne", "x", None]
SEARCHES = ["zoe", "ZOË", "acme", "muller", "a", "%", "_\\", "en ana", "nobody", "juergen", "@x.io", "1"]
RANKS: Mapping[str, Mapping[Any, int]] = {
    "stage": {stage: position for stage, (_, position) in STAGES.items()},
    "priority": {name: position for name, position in PRIORITIES.items() if position is not None},
}
ORDERS = (*SORT_COLUMNS, *RANKS)


def chances(seed: int) -> random.Random:
    """Chances that are the same in every run."""
    return random.Random(seed)  # noqa: S311 - nothing is to be guessed


def made(chance: random.Random, now: datetime) -> Lead:
    """A lead like many others, so that filters have some of them and orders have ties."""
    stage, (pipeline, _) = chance.choice(list(STAGES.items()))
    created = now - timedelta(hours=chance.randrange(24 * 200))
    status = chance.choice(list(LeadStatus))
    lead = Lead(
        id=new_id(),
        first_name=chance.choice(NAMES),
        last_name=chance.choice(NAMES),
        company=chance.choice(COMPANIES),
        email=chance.choice(["Ana@x.io", "b@acme.com", None]),
        source=chance.choice(SOURCES),
        priority=chance.choice(list(PRIORITIES)),
        pipeline_id=pipeline,
        stage_id=stage,
        estimated_value=chance.choice([None, Decimal(5), Decimal(chance.randrange(20))]),
        assigned_to=chance.choice([None, *OWNERS]),
        score=chance.randrange(5),
        qualified=chance.random() < 0.5,
        status=status,
        converted_at=created if status is LeadStatus.CONVERTED else None,
        created_by=OWNERS[0],
        created_at=created,
        updated_at=created + timedelta(hours=chance.randrange(3)),
        deleted_at=now if chance.random() < 0.1 else None,
    )
    return promised(lead, chance, now)


def promised(lead: Lead, chance: random.Random, now: datetime) -> Lead:
    """The lead with a promise, whose time may be about to come."""
    if chance.random() < 0.2:
        return lead
    deadline = max(lead.created_at, now + timedelta(hours=chance.randrange(-12, 8)))
    sla = Sla(
        policy="P",
        started_at=lead.created_at,
        at_risk_at=deadline - timedelta(hours=chance.choice([0, 2])),
        deadline=deadline,
    )
    kept = chance.choice(["answered", "late", "paused", "waits", "waits"])
    if kept == "paused":
        return replace(lead, sla=replace(sla, paused_at=deadline))
    answers = {"answered": deadline - timedelta(hours=1), "late": deadline}
    return replace(lead, sla=sla, first_response_at=answers.get(kept))


def trigrams() -> Trigrams:
    """What is known of texts if no letters of these searches are frequent."""
    known = Trigrams()
    known.take({"xyz": 0.5})
    return known


async def write(tx: Writing, leads: Sequence[Lead]) -> None:
    """Put the leads into the database."""
    await tx.execute(sa.insert(LEADS), [row_of_lead(lead) for lead in leads])


def random_filter(chance: random.Random, now: datetime) -> LeadFilter:
    """Some of what can be asked for, together."""

    def some(values: Sequence[Any]) -> Sequence[Any]:
        return chance.sample(values, chance.randrange(1, len(values))) if chance.random() < 0.3 else ()

    start = now - timedelta(hours=chance.randrange(24 * 200)) if chance.random() < 0.3 else None
    return LeadFilter(
        search=chance.choice(SEARCHES) if chance.random() < 0.35 else "",
        stage_ids=some(list(STAGES)),
        pipeline_ids=some(PIPELINES),
        priorities=some(list(PRIORITIES)),
        sources=some([source for source in SOURCES if source]),
        owners=some(OWNERS),
        unassigned=chance.random() < 0.2,
        statuses=some([each.value for each in LeadStatus]),
        sla_statuses=some([each.value for each in SlaStatus]),
        qualified=chance.choice([None, None, None, True, False]),
        created_from=start,
        created_to=now - timedelta(hours=chance.randrange(24 * 200)) if chance.random() < 0.2 else None,
    )


def random_order(chance: random.Random) -> LeadOrder:
    """One of all orders."""
    by = chance.choice(ORDERS)
    return LeadOrder(by, chance.random() < 0.5, RANKS.get(by))


@dataclass(frozen=True)
class Oracle:
    """Answers questions about these leads. Texts compare and fold as the database says."""

    leads: Sequence[Lead]
    folded: Mapping[str, str]
    order_of_texts: Mapping[str, int]

    @classmethod
    async def about(cls, leads: Sequence[Lead], database: Database) -> "Oracle":
        """An oracle that has asked the database about all texts that there are."""
        texts = {each for lead in leads for each in (_searched(lead), lead.first_name, lead.last_name, lead.company)}
        known = sa.values(sa.column("text", sa.Text), name="known").data([(text,) for text in texts if text])
        folded = sa.func.leads_folded(known.c.text)
        place = sa.func.dense_rank().over(order_by=known.c.text)
        query = sa.select(known.c.text, folded, place)
        queries = sa.values(sa.column("text", sa.Text), name="asked").data([(each,) for each in SEARCHES])
        async with database.reading() as connection:
            rows = (await connection.execute(query)).all()
            asked = await connection.execute(sa.select(queries.c.text, sa.func.leads_folded(queries.c.text)))
            searches = {row[0]: row[1] for row in asked}
        return cls(leads, {row[0]: row[1] for row in rows} | searches, {row[0]: row[2] for row in rows})

    def answer(self, which: LeadFilter, order: LeadOrder, now: datetime) -> list[UUID]:
        """The ids of all leads of the list, in order."""
        found = [lead for lead in self.leads if self._has(lead, which, now)]
        found.sort(key=lambda lead: lead.id, reverse=order.descending)
        found.sort(key=lambda lead: self._key(lead, order) or 0, reverse=order.descending)
        found.sort(key=lambda lead: self._key(lead, order) is None)
        return [lead.id for lead in found]

    def _key(self, lead: Lead, order: LeadOrder) -> Any:
        keys = {
            "createdAt": lead.created_at.timestamp(),
            "updatedAt": lead.updated_at.timestamp(),
            "firstName": self._place(lead.first_name),
            "lastName": self._place(lead.last_name),
            "company": self._place(lead.company),
            "score": lead.score,
            "estimatedValue": lead.estimated_value,
            "slaDeadline": lead.sla.deadline.timestamp() if lead.sla else None,
            "stage": STAGES[lead.stage_id][1],
            "priority": PRIORITIES[lead.priority],
        }
        return keys[order.by]

    def _place(self, text: str | None) -> int | None:
        return None if text is None else self.order_of_texts[text]

    def _has(self, lead: Lead, which: LeadFilter, now: datetime) -> bool:
        by_owner = bool(which.owners) or which.unassigned
        return (
            lead.deleted_at is None
            and self.folded[which.search or "a"] in (self.folded[_searched(lead)] if which.search else "a")
            and (not which.stage_ids or lead.stage_id in which.stage_ids)
            and (not which.pipeline_ids or lead.pipeline_id in which.pipeline_ids)
            and (not which.priorities or lead.priority in which.priorities)
            and (not which.sources or lead.source in which.sources)
            and (not which.statuses or lead.status.value in which.statuses)
            and (not by_owner or lead.assigned_to in which.owners or (which.unassigned and not lead.assigned_to))
            and (which.qualified is None or lead.qualified == which.qualified)
            and (which.created_from is None or lead.created_at >= which.created_from)
            and (which.created_to is None or lead.created_at < which.created_to)
            and (not which.sla_statuses or status_at(lead.sla, lead.first_response_at, now).value in which.sla_statuses)
        )


def _searched(lead: Lead) -> str:
    return f"{lead.first_name or ''} {lead.last_name or ''}\n{lead.email or ''}\n{lead.company or ''}"
