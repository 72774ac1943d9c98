"""Reading and writing the entries of the lists: one way for all of them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any, Generic, TypeVar, cast
from uuid import UUID

import sqlalchemy as sa
import sqlalchemy.exc

from kit.clock import utc_now
from kit.db.database import Reading, Writing
from kit.errors import refused
from kit.ids import new_id
from settings_service.domain.entries import (
    Entry,
    FieldVisibility,
    Label,
    LabelList,
    Module,
    Pipeline,
    Priority,
    ScoringRule,
    Stage,
    StageField,
    StageOwnership,
)
from settings_service.store import tables

E = TypeVar("E", bound=Entry)

_KEPT_BY_THE_TABLE = {"id", "version", "created_at", "updated_at"}


@dataclass(frozen=True)
class Entries(Generic[E]):
    """One list, or the part of it that fulfils ``only``. Entries alike in ``scope`` are neighbours of each other."""

    table: sa.Table
    entry: type[E]
    order: Sequence[sa.ColumnElement[Any]]
    scope: Sequence[str] = ()
    only: Sequence[sa.ColumnElement[bool]] = ()

    def where(self, *conditions: sa.ColumnElement[bool]) -> "Entries[E]":
        """The part of the list that fulfils these conditions too."""
        return replace(self, only=(*self.only, *conditions))

    async def all(self, connection: Reading) -> list[E]:
        """Every entry, in the order of the list."""
        rows = await connection.execute(sa.select(self.table).where(*self.only).order_by(*self.order))
        return [self._entry(row) for row in rows]

    async def find(self, connection: Reading, entry_id: UUID) -> E | None:
        """The entry with this id."""
        query = sa.select(self.table).where(self.table.c.id == entry_id, *self.only)
        row = (await connection.execute(query)).one_or_none()
        return self._entry(row) if row else None

    async def alike(self, connection: Reading, values: Mapping[str, Any]) -> list[E]:
        """The entries among which the name, the position and the default of one with these values are unique."""
        return await self.where(*(self.table.c[name] == values[name] for name in self.scope)).all(connection)

    async def neighbours(self, connection: Reading, entry: E) -> list[E]:
        """Those of them that are not the entry itself."""
        scope = {name: getattr(entry, name) for name in self.scope}
        return await self.where(self.table.c.id != entry.id).alike(connection, scope)

    def draft(self, values: Mapping[str, Any]) -> E:
        """A new entry with these values. Its times are those of the table once it is added."""
        now = utc_now()
        return self.entry(**{"id": new_id(), "version": 1, "created_at": now, "updated_at": now, **values})

    async def add(self, tx: Writing, entry: E) -> E:
        """Store a new entry and answer it as it is now.

        Raises:
            LeadlineError: NAME_TAKEN.
        """
        # Not the transaction's time: it began before it had the lock under which entries are made one after the other.
        times = dict.fromkeys(("created_at", "updated_at"), sa.func.statement_timestamp())
        insert = sa.insert(self.table).values({"id": entry.id, **_values(entry), **times}).returning(self.table)
        with _named(self.table, entry):
            return self._entry((await tx.execute(insert)).one())

    async def save(self, tx: Writing, entry: E) -> E:
        """Store a changed entry and answer it as it is now, at its next version.

        Raises:
            LeadlineError: NAME_TAKEN.
        """
        with _named(self.table, entry):
            return self._entry((await tx.execute(self._update().returning(self.table), _parameters(entry))).one())

    async def save_neighbours(self, tx: Writing, changed: Sequence[E]) -> None:
        """Store entries that changed because another one did. Their names stay."""
        if changed:
            await tx.execute(self._update(), [_parameters(entry) for entry in changed])

    async def remove(self, tx: Writing, entry_id: UUID) -> None:
        """Delete an entry with all that belongs to it."""
        await tx.execute(sa.delete(self.table).where(self.table.c.id == entry_id))

    def _update(self) -> sa.Update:
        columns = self.table.c
        values = {"version": columns.version + 1, "updated_at": sa.func.clock_timestamp()}
        return sa.update(self.table).where(columns.id == sa.bindparam("entry_id")).values(values)

    def _entry(self, row: sa.Row[Any]) -> E:
        return self.entry(**row._mapping)


def _values(entry: Entry) -> dict[str, Any]:
    return {field: value for field, value in asdict(entry).items() if field not in _KEPT_BY_THE_TABLE}


def _parameters(entry: Entry) -> dict[str, Any]:
    return {"entry_id": entry.id, **_values(entry)}


@contextmanager
def _named(table: sa.Table, entry: Entry) -> Iterator[None]:
    """Say that a name is taken where the database says so."""
    try:
        yield
    except sqlalchemy.exc.IntegrityError as error:
        if _violated(error) != f"{table.name}_name":
            raise
        name = str(_values(entry)["name"])
        raise refused("NAME_TAKEN", f"There is another one named {name}.", metadata={"name": name}) from None


def _violated(error: sqlalchemy.exc.IntegrityError) -> str | None:
    return cast("str | None", error.orig.diag.constraint_name) if error.orig else None  # type: ignore[attr-defined]


def _by_name(table: sa.Table) -> sa.ColumnElement[str]:
    return sa.func.lower(sa.collate(table.c.name, "pg_c_utf8"))


_PIPELINE = tables.PIPELINES.c
_STAGE = tables.STAGES.c
_FIELD = tables.STAGE_FIELDS.c
_LABEL = tables.LABELS.c

PIPELINES = Entries(
    tables.PIPELINES,
    Pipeline,
    order=(_PIPELINE.module, _PIPELINE.is_default.desc(), _by_name(tables.PIPELINES)),
    scope=("module",),
)
STAGES = Entries(tables.STAGES, Stage, order=(_STAGE.pipeline_id, _STAGE.position), scope=("pipeline_id",))
STAGE_FIELDS = Entries(tables.STAGE_FIELDS, StageField, order=(_FIELD.stage_id, _FIELD.position), scope=("stage_id",))
# Each of these stands alone.
STAGE_OWNERSHIP = Entries(tables.STAGE_OWNERSHIP, StageOwnership, order=(tables.STAGE_OWNERSHIP.c.id,), scope=("id",))
FIELD_VISIBILITY = Entries(
    tables.FIELD_VISIBILITY, FieldVisibility, order=(tables.FIELD_VISIBILITY.c.id,), scope=("id",)
)
PRIORITIES = Entries(tables.PRIORITIES, Priority, order=(tables.PRIORITIES.c.position,))
LABELS = Entries(tables.LABELS, Label, order=(_LABEL.created_at, _LABEL.id), scope=("list",))
SCORING_RULES = Entries(tables.SCORING_RULES, ScoringRule, order=(tables.SCORING_RULES.c.position,))


def pipelines_of(module: Module | None) -> Entries[Pipeline]:
    """The pipelines of a module, or all."""
    return PIPELINES.where(_PIPELINE.module == module) if module else PIPELINES


def stages_of(module: Module | None = None, pipeline_id: UUID | None = None) -> Entries[Stage]:
    """The stages of a module's pipelines, of one pipeline, or all."""
    found = STAGES
    if module:
        of_module = sa.select(_PIPELINE.id).where(_PIPELINE.module == module)
        found = found.where(_STAGE.pipeline_id.in_(of_module))
    if pipeline_id:
        found = found.where(_STAGE.pipeline_id == pipeline_id)
    return found


def stages_with(ids: Sequence[UUID]) -> Entries[Stage]:
    """The stages with these ids."""
    return STAGES.where(_STAGE.id.in_(ids))


def labels_of(list_: LabelList) -> Entries[Label]:
    """One of the plain lists."""
    return LABELS.where(_LABEL.list == list_)


def fields_of(stage_id: UUID) -> Entries[StageField]:
    """What a stage asks for."""
    return STAGE_FIELDS.where(_FIELD.stage_id == stage_id)
