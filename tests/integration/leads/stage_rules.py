"""What a test sets for a stage: what it asks for, who gets its leads, what it hides."""

from collections.abc import Sequence

from leadline.settings.v1 import configuration_service_pb2 as pb
from leadline.settings.v1 import lists_pb2

from tests.integration.leads.door import Door
from tests.integration.leads.pushing import Edit, House
from tests.support import tokens

HIDDEN, READ_ONLY = lists_pb2.FIELD_ACCESS_HIDDEN, lists_pb2.FIELD_ACCESS_READ_ONLY
ROUND_ROBIN = lists_pb2.ASSIGNMENT_STRATEGY_ROUND_ROBIN
LEAST_LOADED = lists_pb2.ASSIGNMENT_STRATEGY_LEAST_LOADED


def as_admin(house: House) -> Door:
    """The same door under an administrator's token."""
    return Door(house.door.channel, house.door.configuration, tokens.admin_token())


def asks(stage_id: str, name: str, kind: str = "text", *, required: bool = True) -> Edit:
    """The stage asks for a value; a select offers red and blue."""

    def edit(configuration: pb.Configuration) -> None:
        configuration.stage_fields.add(
            stage_id=stage_id, name=name, label=name.title(), type=kind, required=required, options=["red", "blue"]
        )

    return edit


def shares(stage_id: str, strategy: lists_pb2.AssignmentStrategy.ValueType, members: Sequence[str]) -> Edit:
    """The stage gives its leads to these members from now on."""

    def edit(configuration: pb.Configuration) -> None:
        _without(configuration, stage_id)
        configuration.stage_ownership.add(stage_id=stage_id, auto_assign=True, strategy=strategy, member_ids=members)

    return edit


def belongs_to(stage_id: str, user_id: str) -> Edit:
    """The stage gives its leads to this user from now on."""

    def edit(configuration: pb.Configuration) -> None:
        _without(configuration, stage_id)
        configuration.stage_ownership.add(
            stage_id=stage_id, owner_type=lists_pb2.OWNER_TYPE_USER, owner_id=user_id, auto_assign=True
        )

    return edit


def restricts(stage_id: str, **fields: lists_pb2.FieldAccess.ValueType) -> Edit:
    """The stage restricts these fields; in their names a double underscore stands for a point."""
    named = {name.replace("__", "."): access for name, access in fields.items()}
    return lambda configuration: configuration.field_visibility.add(stage_id=stage_id, fields=named)


def _without(configuration: pb.Configuration, stage_id: str) -> None:
    others = [each for each in configuration.stage_ownership if each.stage_id != stage_id]
    del configuration.stage_ownership[:]
    configuration.stage_ownership.extend(others)
