"""Looking for leads of the same e-mail or phone, and keeping equal ones from coming in at the same moment."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from kit.db.database import Reading, Writing
from leads_service.domain.duplicates import MOST_DUPLICATES, Duplicate, Sought
from leads_service.domain.lead import Lead
from leads_service.store.rows import LEAD_COLUMNS, lead_from_row
from leads_service.store.tables import LEADS

_EMAIL, _PHONE = "email", "phone"
# What matches by what: the newest leads by the field that matches and its value.
_Matches = Mapping[tuple[str, str], Sequence[Lead]]

_EMAILS = sa.bindparam("emails", type_=ARRAY(sa.Text))
_PHONES = sa.bindparam("phones", type_=ARRAY(sa.Text))
_LOCKS = sa.text(
    "SELECT pg_advisory_xact_lock(hashtextextended(name, 0))"
    " FROM unnest(CAST(:names AS text[])) WITH ORDINALITY AS wanted (name, place) ORDER BY place"
)


async def find(connection: Reading, sought: Sought) -> Sequence[Duplicate]:
    """The newest 25 leads that match, each once, without those that are deleted."""
    return (await find_many(connection, [sought]))[0]


async def find_many(connection: Reading, wanted: Sequence[Sought]) -> Sequence[Sequence[Duplicate]]:
    """For each of what is looked for, the newest 25 leads that match, by one query for all of them."""
    given = {
        "emails": [each.email for each in wanted if each.email is not None],
        "phones": [each.phone_e164 for each in wanted if each.phone_e164 is not None],
    }
    found: dict[tuple[str, str], list[Lead]] = {}
    for row in (await connection.execute(_MATCHING, given)).mappings():
        found.setdefault((row["match_field"], row["match_value"]), []).append(lead_from_row(row))
    return [_duplicates(each, found) for each in wanted]


async def lock(tx: Writing, sought: Sought) -> None:
    """Let one transaction at a time look for these and then write them."""
    await lock_many(tx, [sought])


async def lock_many(tx: Writing, wanted: Sequence[Sought]) -> None:
    """Let one transaction at a time look for any of these and then write them.

    Everybody takes the locks in the same order, all e-mails before all phones, so that nobody waits in a circle.
    """
    emails = sorted({each.email for each in wanted if each.email is not None})
    phones = sorted({each.phone_e164 for each in wanted if each.phone_e164 is not None})
    names = [*(f"duplicate email {each}" for each in emails), *(f"duplicate phone {each}" for each in phones)]
    await tx.execute(_LOCKS, {"names": names})


def _duplicates(sought: Sought, found: _Matches) -> Sequence[Duplicate]:
    by_phone = found.get((_PHONE, sought.phone_e164 or ""), ())
    by_email = found.get((_EMAIL, sought.email or ""), ())
    # What matches by both is said to match by its e-mail.
    each_once = {lead.id: Duplicate(lead, _PHONE) for lead in by_phone}
    each_once |= {lead.id: Duplicate(lead, _EMAIL) for lead in by_email}
    return sorted(each_once.values(), key=_age, reverse=True)[:MOST_DUPLICATES]


def _age(duplicate: Duplicate) -> tuple[datetime, UUID]:
    return duplicate.lead.created_at, duplicate.lead.id


def _matches(
    field: str, value: sa.ColumnElement[str], values: sa.BindParameter[Sequence[str]]
) -> sa.Select[tuple[str]]:
    columns = LEADS.c.id, LEADS.c.created_at, sa.literal(field).label("match_field"), value.label("match_value")
    return sa.select(*columns).where(LEADS.c.deleted_at.is_(None), value == sa.any_(values))


def _newest_of_each() -> sa.Select[tuple[Lead, str]]:
    matching = sa.union(
        _matches(_EMAIL, sa.func.lower(LEADS.c.email), _EMAILS),
        _matches(_EMAIL, LEADS.c.email_key, _EMAILS),
        _matches(_PHONE, LEADS.c.phone_e164, _PHONES),
    ).cte("matching")
    newest = sa.func.row_number().over(
        partition_by=(matching.c.match_field, matching.c.match_value),
        order_by=(matching.c.created_at.desc(), matching.c.id.desc()),
    )
    numbered = sa.select(matching, newest.label("place")).cte("numbered")
    query = sa.select(*LEAD_COLUMNS, numbered.c.match_field, numbered.c.match_value)
    query = query.join(numbered, numbered.c.id == LEADS.c.id).where(numbered.c.place <= MOST_DUPLICATES)
    return query.order_by(numbered.c.created_at.desc(), numbered.c.id.desc())


_MATCHING = _newest_of_each()
