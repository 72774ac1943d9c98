"""Every value of the settings' enums has its word in JSON, in answers and in bodies."""

from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from google.protobuf.descriptor import EnumDescriptor
from leadline.settings.v1 import lists_pb2, retirement_pb2
from leadline.settings.v1 import settings_service_pb2 as pb
from pydantic.alias_generators import to_camel

from tests.contract.gateway import samples_records as records
from tests.contract.gateway import samples_settings as settings
from tests.contract.gateway.answers import assert_documented
from tests.contract.gateway.backend import Backend
from tests.contract.gateway.samples import PIPELINE_ID, STAGE_ID


def words(enum: EnumDescriptor, prefix: str) -> Sequence[tuple[Any, str]]:
    """The numbers of an enum and what they are called in JSON: their names in lower case, without the prefix."""
    named = [value for value in enum.values if value.number]
    assert all(value.name.startswith(prefix) for value in named)
    return [(value.number, value.name.removeprefix(prefix).lower()) for value in named]


FILE = lists_pb2.DESCRIPTOR.enum_types_by_name
KINDS = words(retirement_pb2.DESCRIPTOR.enum_types_by_name["RetirementKind"], "RETIREMENT_KIND_")
STATES = words(retirement_pb2.DESCRIPTOR.enum_types_by_name["RetirementState"], "RETIREMENT_STATE_")
MODULES = words(FILE["Module"], "MODULE_")
MOVEMENTS = words(FILE["Movement"], "MOVEMENT_")
OWNER_TYPES = words(FILE["OwnerType"], "OWNER_TYPE_")
STRATEGIES = words(FILE["AssignmentStrategy"], "ASSIGNMENT_STRATEGY_")
ACCESSES = words(FILE["FieldAccess"], "FIELD_ACCESS_")


@pytest.mark.parametrize(
    ("field", "number", "word"),
    [
        *(("kind", *each) for each in KINDS),
        *(("state", *each) for each in STATES),
        *(("module", *each) for each in MODULES),
    ],
)
async def test_a_deletion_says_what_it_is_in_words(
    field: str, number: Any, word: str, admin: httpx.AsyncClient, backend: Backend
) -> None:
    retirement = retirement_pb2.Retirement()
    retirement.CopyFrom(settings.RUNNING)
    setattr(retirement, field, number)
    backend.answers["GetRetirement"] = pb.GetRetirementResponse(retirement=retirement)
    response = await admin.get(f"/lead-settings/retirements/{settings.RETIREMENT_ID}")
    assert response.json()[field] == word
    assert_documented(response)


@pytest.mark.parametrize(
    ("field", "number", "word"),
    [*(("owner_type", *each) for each in OWNER_TYPES), *(("strategy", *each) for each in STRATEGIES)],
)
async def test_an_ownership_takes_and_answers_each_word(
    field: str, number: Any, word: str, admin: httpx.AsyncClient, backend: Backend
) -> None:
    name = to_camel(field)
    ownership = lists_pb2.StageOwnership()
    ownership.CopyFrom(settings.NO_OWNERSHIP)
    setattr(ownership, field, number)
    backend.answers["UpdateStageOwnership"] = pb.UpdateStageOwnershipResponse(ownership=ownership)
    response = await admin.put(f"/lead-settings/stage-ownership/{STAGE_ID}", json={name: word})
    assert response.json()[name] == word
    assert_documented(response)
    request = backend.call.request
    assert isinstance(request, pb.UpdateStageOwnershipRequest)
    assert (getattr(request.ownership, field), list(request.update_mask.paths)) == (number, [field])


@pytest.mark.parametrize(("number", "word"), ACCESSES)
async def test_a_visibility_takes_and_answers_each_word(
    number: Any, word: str, admin: httpx.AsyncClient, backend: Backend
) -> None:
    visibility = lists_pb2.FieldVisibility(stage_id=STAGE_ID, fields={"company": number})
    backend.answers["UpdateFieldVisibility"] = pb.UpdateFieldVisibilityResponse(visibility=visibility)
    response = await admin.put(f"/lead-settings/field-visibility/{STAGE_ID}", json={"fields": {"company": word}})
    assert response.json()["fields"] == {"company": word}
    assert_documented(response)
    assert backend.call.request == pb.UpdateFieldVisibilityRequest(stage_id=STAGE_ID, fields={"company": number})


@pytest.mark.parametrize(
    ("field", "number", "word"),
    [*(("module", *each) for each in MODULES), *(("movement", *each) for each in MOVEMENTS)],
)
async def test_a_new_pipeline_takes_and_answers_each_word(
    field: str, number: Any, word: str, admin: httpx.AsyncClient, backend: Backend
) -> None:
    pipeline = lists_pb2.Pipeline()
    pipeline.CopyFrom(records.PIPELINE)
    setattr(pipeline, field, number)
    backend.answers["CreatePipeline"] = pb.CreatePipelineResponse(pipeline=pipeline)
    response = await admin.post("/lead-settings/pipelines", json={"name": "x", field: word})
    assert response.json()[field] == word
    assert_documented(response)
    assert response.headers["location"] == f"/lead-settings/pipelines/{PIPELINE_ID}"
    assert getattr(backend.call.request, field) == number
