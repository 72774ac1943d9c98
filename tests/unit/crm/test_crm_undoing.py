"""What stands in the way of undoing a conversion."""

from uuid import UUID

import pytest

from crm_service.domain.records import Kind
from crm_service.domain.undoing import Made, Obstacle, Why, obstacles

ID = UUID(int=1)


@pytest.mark.parametrize(
    ("made_at", "version", "is_used", "why"),
    [
        (1, 1, False, None),
        (1, 2, False, Why.CHANGED),
        (1, 1, True, Why.USED),
        (1, 2, True, Why.USED),
        (3, 3, False, None),
    ],
)
def test_a_record_stands_in_the_way_where_it_changed_or_is_used(
    made_at: int, version: int, is_used: bool, why: Why | None
) -> None:
    found = obstacles([Made(Kind.CONTACT, ID, made_at, version, is_used)])
    assert found == ([Obstacle(Kind.CONTACT, ID, why)] if why else [])
