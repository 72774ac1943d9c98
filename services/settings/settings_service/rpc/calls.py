"""What the calls of SettingsService share: how entries are created, changed, deleted and retired."""

from collections.abc import Callable
from typing import TypeVar

from google.protobuf.message import Message

from kit.context import current_principal
from kit.db.database import Database, Writing
from kit.db.idempotency import Idempotency, key_of_call
from kit.db.waiting import Waiting
from kit.ids import parse_id, parse_optional_id
from kit.rpc.guard import Context
from settings_service.domain.entries import Entry, Named
from settings_service.domain.retirements import Retirement, require_not_failed
from settings_service.rpc.requests import (
    DeleteRequest,
    EntryMessage,
    UpdateRequest,
    change_of,
    expected_version,
    given_in,
    wait_of,
)
from settings_service.store.entries import Entries
from settings_service.usecases.entry_lists import EntryList
from settings_service.usecases.lists import create_entry, update_entry
from settings_service.usecases.retirable import Retirable
from settings_service.usecases.retirements import get_retirement
from settings_service.usecases.retiring import Wish, retire

E = TypeVar("E", bound=Entry)
N = TypeVar("N", bound=Named)
Answer = TypeVar("Answer", bound=Message)


class Calls:
    """Each change is one transaction; each read sees what is committed."""

    def __init__(self, database: Database, idempotency: Idempotency, waiting: Waiting) -> None:
        self._database = database
        self._idempotency = idempotency
        self._waiting = waiting

    async def _all(self, listed: Entries[E]) -> list[E]:
        async with self._database.reading() as connection:
            return await listed.all(connection)

    async def _create(
        self,
        list_: EntryList[E],
        request: Message,
        context: Context,
        answer_type: type[Answer],
        answer: Callable[[E], Answer],
    ) -> Answer:
        """Add an entry, once for each idempotency key."""
        given = given_in(request, list_.kind)

        async def create(tx: Writing) -> Answer:
            return answer(await create_entry(tx, list_, given))

        method = request.DESCRIPTOR.name.removesuffix("Request")
        key = key_of_call(method, request, context.invocation_metadata())
        return await self._idempotency.once(key, answer_type, create)

    async def _update(
        self, list_: EntryList[E], request: UpdateRequest, entry: EntryMessage, entry_id: str, id_field: str = "id"
    ) -> E:
        """Change what the mask names."""
        change = change_of(request, entry, parse_id(entry_id, id_field), list_.kind.rules)
        async with self._database.transaction() as tx:
            return await update_entry(tx, list_, change)

    async def _retire(self, retirable: Retirable[N], request: DeleteRequest, entry_id: str) -> Retirement:
        """Order a deletion and wait for its end, as long as the caller wants."""
        wait = wait_of(request)
        wish = Wish(
            entry_id=parse_id(entry_id, "id"),
            target_id=parse_optional_id(request.target_id, retirable.target_field),
            expected_version=expected_version(request),
            requested_by=current_principal().user_id,
        )
        async with self._database.transaction() as tx:
            begun = await retire(tx, retirable, wish)

        async def look() -> Retirement:
            async with self._database.reading() as connection:
                return await get_retirement(connection, begun.id)

        return require_not_failed(await self._waiting.end_of(str(begun.id), wait, look, lambda each: each.is_over))
