"""Deleting what records may use: done within the wait, still running, refused."""

from typing import Any, NamedTuple

import httpx
import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from leadline.settings.v1 import settings_service_pb2 as pb

from kit.errors import refused
from tests.contract.gateway.answers import assert_documented, assert_problem, exact
from tests.contract.gateway.backend import Backend
from tests.contract.gateway.running import running_gateway
from tests.contract.gateway.samples import ENTRY_ID, PIPELINE_ID, STAGE_ID
from tests.contract.gateway.samples_settings import (
    COMPLETED,
    OTHER_STAGE_ID,
    PLAIN_LISTS,
    RETIREMENT_ID,
    RUNNING,
    RUNNING_JSON,
)
from tests.support.tokens import admin_token

WAIT = Duration(seconds=10)


class Deletion(NamedTuple):
    """A DELETE, its parameter that names a target, and the call with and without what that names."""

    url: str
    parameter: str
    method: str
    sent: Any
    asked: dict[str, Any]
    answered: Any

    def request(self, **more: Any) -> Message:
        """What is sent to the settings service."""
        message: Message = self.sent(**self.asked, max_wait=WAIT, **more)
        return message


DELETIONS = [
    Deletion(
        f"/lead-settings/pipelines/{PIPELINE_ID}",
        "moveTo",
        "DeletePipeline",
        pb.DeletePipelineRequest,
        {"pipeline_id": PIPELINE_ID},
        pb.DeletePipelineResponse,
    ),
    Deletion(
        f"/lead-settings/stages/{STAGE_ID}",
        "moveTo",
        "DeleteStage",
        pb.DeleteStageRequest,
        {"stage_id": STAGE_ID},
        pb.DeleteStageResponse,
    ),
    Deletion(
        f"/lead-settings/priorities/{ENTRY_ID}",
        "replaceWith",
        "DeletePriority",
        pb.DeletePriorityRequest,
        {"priority_id": ENTRY_ID},
        pb.DeletePriorityResponse,
    ),
    *(
        Deletion(
            f"/lead-settings/{path}/{ENTRY_ID}",
            "replaceWith",
            "DeleteLabel",
            pb.DeleteLabelRequest,
            {"list": which, "label_id": ENTRY_ID},
            pb.DeleteLabelResponse,
        )
        for path, which in PLAIN_LISTS
    ),
]
each_deletion = pytest.mark.parametrize("deletion", DELETIONS, ids=lambda each: each.url.split("/")[2])


@each_deletion
async def test_what_is_gone_within_the_wait_answers_204(
    deletion: Deletion, admin: httpx.AsyncClient, backend: Backend
) -> None:
    backend.answers[deletion.method] = deletion.answered(retirement=COMPLETED)
    response = await admin.delete(deletion.url)
    assert (response.status_code, response.content) == (204, b"")
    assert (backend.call.method, backend.call.request) == (deletion.method, deletion.request())
    assert 11 < backend.call.seconds_left < 16


@each_deletion
async def test_what_takes_longer_answers_202_with_the_deletion_and_where_to_look(
    deletion: Deletion, admin: httpx.AsyncClient, backend: Backend
) -> None:
    backend.answers[deletion.method] = deletion.answered(retirement=RUNNING)
    response = await admin.delete(f"{deletion.url}?{deletion.parameter}={OTHER_STAGE_ID}", headers={"if-match": '"7"'})
    assert (response.status_code, exact(response)) == (202, RUNNING_JSON)
    assert response.headers["location"] == f"/lead-settings/retirements/{RETIREMENT_ID}"
    assert "etag" not in response.headers
    assert_documented(response)
    assert backend.call.request == deletion.request(target_id=OTHER_STAGE_ID, expected_version=7)


@each_deletion
async def test_what_is_in_use_answers_409_with_the_count_as_a_number(
    deletion: Deletion, admin: httpx.AsyncClient, backend: Backend
) -> None:
    backend.answers[deletion.method] = refused("IN_USE", "12 leads use it.", metadata={"count": "12"})
    said = assert_problem(await admin.delete(deletion.url), 409, "in_use")
    assert said["count"] == 12


@each_deletion
async def test_a_target_is_given_in_its_own_parameter_only(
    deletion: Deletion, admin: httpx.AsyncClient, backend: Backend
) -> None:
    other = "replaceWith" if deletion.parameter == "moveTo" else "moveTo"
    for query, field, code in (
        (f"{other}={OTHER_STAGE_ID}", other, "unknown_parameter"),
        (f"{deletion.parameter}=another", deletion.parameter, "not_a_uuid"),
        (f"{deletion.parameter}=", deletion.parameter, "not_a_uuid"),
        (f"{deletion.parameter}={ENTRY_ID}&{deletion.parameter}={STAGE_ID}", deletion.parameter, "given_twice"),
    ):
        said = assert_problem(await admin.delete(f"{deletion.url}?{query}"), 422, "validation_failed")
        assert [(each["field"], each["code"]) for each in said["errors"]] == [(field, code)]
    assert backend.calls == []


async def test_the_wait_is_the_configured_one(services: Backend) -> None:
    services.clear()
    services.answers["DeleteStage"] = pb.DeleteStageResponse(retirement=RUNNING)
    headers = {"authorization": f"Bearer {admin_token()}"}
    async with (
        running_gateway(services, convert_wait_seconds=0.25) as url,
        httpx.AsyncClient(base_url=url, headers=headers) as client,
    ):
        assert (await client.delete(f"/lead-settings/stages/{STAGE_ID}")).status_code == 202
    assert services.call.request == pb.DeleteStageRequest(stage_id=STAGE_ID, max_wait=Duration(nanos=250_000_000))
    assert 4 < services.call.seconds_left < 5.3
