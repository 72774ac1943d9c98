"""The job that prepares the Temporal namespace, run as its container runs it, against a real server."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest, GetClusterInfoRequest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from leadline_workflows.contracts import search_attributes

ROOT = Path(__file__).resolve().parents[2]
JOB = ROOT / "deploy" / "temporal" / "namespace.py"


@pytest.fixture(scope="module")
async def temporal() -> AsyncIterator[Client]:
    existing = str(Path(sys.executable).parent / "temporal")
    async with await WorkflowEnvironment.start_local(
        dev_server_existing_path=existing, dev_server_startup_timeout=timedelta(seconds=60)
    ) as environment:
        yield environment.client


async def shards_of(client: Client) -> int:
    return (await client.workflow_service.get_cluster_info(GetClusterInfoRequest())).history_shard_count


async def prepare(client: Client, namespace: str, *, hours: int = 720, shards: int | None = None) -> tuple[int, str]:
    variables = {
        "LEADLINE_TEMPORAL_ADDRESS": client.service_client.config.target_host,
        "LEADLINE_TEMPORAL_NAMESPACE": namespace,
        "LEADLINE_TEMPORAL_RETENTION_HOURS": str(hours),
        "LEADLINE_TEMPORAL_HISTORY_SHARDS": str(shards or await shards_of(client)),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, JOB, env=os.environ | variables, stderr=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(100):
        _, said = await process.communicate()
    return process.returncode or 0, said.decode()


async def retention_hours(client: Client, namespace: str) -> float:
    described = await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=namespace))
    return described.config.workflow_execution_retention_ttl.ToTimedelta().total_seconds() / 3600


async def test_the_namespace_has_its_retention_and_its_search_attributes(temporal: Client) -> None:
    code, said = await prepare(temporal, "fresh")
    assert code == 0, said
    assert await retention_hours(temporal, "fresh") == 720
    listed = await temporal.operator_service.list_search_attributes(ListSearchAttributesRequest(namespace="fresh"))
    for names, type_ in (
        (search_attributes.KEYWORDS, IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD),
        (search_attributes.DATETIMES, IndexedValueType.INDEXED_VALUE_TYPE_DATETIME),
    ):
        assert [listed.custom_attributes[name] for name in names] == [type_] * len(names)


async def test_repeating_the_job_changes_what_has_changed_and_nothing_else(temporal: Client) -> None:
    for hours in (720, 720, 1000):
        code, said = await prepare(temporal, "repeated", hours=hours)
        assert code == 0, said
        assert await retention_hours(temporal, "repeated") == hours


async def test_a_cluster_with_another_number_of_shards_is_refused_before_anything_is_made(temporal: Client) -> None:
    code, said = await prepare(temporal, "unwanted", shards=await shards_of(temporal) + 1)
    assert code == 1
    assert "can never change" in said
    with pytest.raises(Exception, match="not found"):
        await retention_hours(temporal, "unwanted")


async def test_a_server_that_is_away_is_told_in_a_sentence() -> None:
    variables = {"LEADLINE_TEMPORAL_ADDRESS": "127.0.0.1:1", "LEADLINE_TEMPORAL_HISTORY_SHARDS": "512"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, JOB, env=os.environ | variables, stderr=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(60):
        _, said = await process.communicate()
    assert process.returncode == 1
    assert b"the namespace is not ready" in said
    assert b"Traceback" not in said


async def test_a_missing_setting_is_named() -> None:
    variables = {name: value for name, value in os.environ.items() if not name.startswith("LEADLINE_")}
    process = await asyncio.create_subprocess_exec(sys.executable, JOB, env=variables, stderr=asyncio.subprocess.PIPE)
    _, said = await process.communicate()
    assert process.returncode == 1
    assert said.decode().startswith("LEADLINE_TEMPORAL_HISTORY_SHARDS: ")
