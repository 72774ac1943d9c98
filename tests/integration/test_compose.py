"""The production stack's compose file: what must be true of every service in it."""

import os
import re
import tomllib
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from pydantic_settings import BaseSettings

from crm_service.settings import CrmSettings
from deploy import dockerfile
from deploy.temporal.namespace import NamespaceSettings
from gateway.settings import GatewaySettings
from kit.config import DatabaseSettings
from leadline_workflows.runtime.settings import WorkerSettings
from leads_service.settings import LeadsSettings, RelaySettings
from settings_service.settings import SettingsServiceSettings
from tests.support import compose
from tests.support.compose import Document, Reader

SECRET = "0123456789abcdef0123456789abcdef"
JOBS = {"temporal-schema", "temporal-namespace", "settings-migrate", "crm-migrate", "leads-migrate"}
PUBLISHED = {"gateway", "temporal-ui"}

# Which settings class each part reads its environment with.
SETTINGS: dict[str, type[BaseSettings]] = {
    "settings": SettingsServiceSettings,
    "settings-migrate": DatabaseSettings,
    "crm": CrmSettings,
    "crm-migrate": DatabaseSettings,
    "leads": LeadsSettings,
    "leads-migrate": DatabaseSettings,
    "relay": RelaySettings,
    "worker": WorkerSettings,
    "gateway": GatewaySettings,
    "temporal-namespace": NamespaceSettings,
}

WAYS_TO_CHECK_TOKENS = {
    "secret": {"LEADLINE_TOKEN_SECRET": SECRET},
    "public key": {
        "TOKEN_PUBLIC_KEY_PATH": "/etc/leadline/key.pem",
        "LEADS_SERVICE_TOKEN_PATH": "/etc/leadline/leads.token",
        "WORKER_SERVICE_TOKEN_PATH": "/etc/leadline/worker.token",
    },
    "key set": {
        "LEADLINE_TOKEN_JWKS_URL": "https://issuer.example/keys",
        "LEADLINE_TOKEN_ISSUER": "https://issuer.example",
        "LEADS_SERVICE_TOKEN_PATH": "/etc/leadline/leads.token",
        "WORKER_SERVICE_TOKEN_PATH": "/etc/leadline/worker.token",
    },
}


@pytest.fixture(params=list(compose.readers()), ids=lambda reader: reader.__name__)
def reader(request: pytest.FixtureRequest) -> Reader:
    found: Reader = request.param
    return found


@pytest.fixture
def services(reader: Reader) -> dict[str, Document]:
    found: dict[str, Document] = reader(compose.filled(LEADLINE_TOKEN_SECRET=SECRET))["services"]
    return found


def those(services: Mapping[str, Document], wanted: Callable[[Document], Any]) -> set[str]:
    return {name for name, service in services.items() if wanted(service)}


def leadline_variables(service: Mapping[str, Any]) -> dict[str, str]:
    return {name: value for name, value in service["environment"].items() if name.startswith("LEADLINE_")}


def test_what_runs_is_restarted_watched_and_given_time_to_end(services: dict[str, Document]) -> None:
    running = services.keys() - JOBS
    assert those(services, lambda each: each["restart"] == "unless-stopped") == running
    assert those(services, lambda each: "healthcheck" in each) == running
    assert those(services, lambda each: "stop_grace_period" in each) == running


def test_a_job_is_repeated_a_bounded_number_of_times(services: dict[str, Document]) -> None:
    assert those(services, lambda each: re.fullmatch(r"on-failure:\d+", each["restart"])) == JOBS


@pytest.mark.parametrize("limit", ["mem_limit", "logging", "security_opt"])
def test_every_service_has_its_limits(services: dict[str, Document], limit: str) -> None:
    assert those(services, lambda each: limit in each) == services.keys()


def test_leadlines_own_containers_have_no_rights_and_no_writable_disk(services: dict[str, Document]) -> None:
    own = those(services, lambda each: each["image"].startswith("leadline/"))
    assert own == services.keys() - {"postgres", "temporal-schema", "temporal", "temporal-ui"}
    assert those(services, lambda each: each.get("read_only") and each.get("cap_drop") == ["ALL"]) == own


def test_every_image_is_one_version(services: dict[str, Document]) -> None:
    assert those(services, lambda each: re.search(r":\d+\.\d+[\w.-]*$", each["image"])) == services.keys()


def test_leadlines_images_have_the_version_of_the_project() -> None:
    version = tomllib.loads((compose.ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert compose.example()["LEADLINE_VERSION"] == version
    own = {image for each in compose.raw()["services"].values() if "leadline" in (image := each["image"])}
    assert all(image.endswith(f":${{LEADLINE_VERSION:-{version}}}") for image in own)


def test_only_the_gateway_and_the_temporal_ui_are_published(services: dict[str, Document]) -> None:
    assert those(services, lambda each: each.get("ports")) == PUBLISHED
    assert those(services, lambda each: "front" in each["networks"]) == PUBLISHED
    assert [port["host_ip"] for port in services["temporal-ui"]["ports"]] == ["127.0.0.1"]


def test_whoever_waits_for_a_job_waits_for_its_end(services: dict[str, Document]) -> None:
    for service in services.values():
        for name, how in service.get("depends_on", {}).items():
            ended = how["condition"] == "service_completed_successfully"
            assert ended == (name in JOBS)


def test_a_secret_never_stands_in_the_file() -> None:
    for name, service in compose.raw()["services"].items():
        for variable, value in service.get("environment", {}).items():
            if re.search(r"PASSWORD|PWD|SECRET|DATABASE_URL", variable):
                assert re.search(r"\$\{\w+(:\?[^}]+|:-)\}", value), f"{name}: {variable}"


def test_every_variable_is_explained_in_the_example_and_no_other() -> None:
    assert compose.variables() == compose.example().keys()


@pytest.mark.parametrize("missing", sorted(name for name in compose.example() if name.endswith("_PASSWORD")))
def test_a_password_that_is_not_set_is_named(reader: Reader, missing: str) -> None:
    with pytest.raises(compose.MissingVariableError, match=missing):
        reader(compose.filled(**{missing: ""}))


@pytest.mark.parametrize("way", WAYS_TO_CHECK_TOKENS.values(), ids=WAYS_TO_CHECK_TOKENS.keys())
@pytest.mark.parametrize("part", SETTINGS)
def test_each_part_starts_with_the_environment_that_it_gets(
    reader: Reader, part: str, way: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    service = reader(compose.filled(**way))["services"][part]
    for name in [name for name in os.environ if name.startswith("LEADLINE_")]:
        monkeypatch.delenv(name)
    for name, value in leadline_variables(service).items():
        monkeypatch.setenv(name, value)
    known = {f"LEADLINE_{field.upper()}" for field in SETTINGS[part].model_fields}
    assert leadline_variables(service).keys() <= known
    assert SETTINGS[part]()


def test_every_part_of_leadline_has_been_tried(services: dict[str, Document]) -> None:
    own = those(services, lambda each: each["image"].startswith("leadline/"))
    assert own == SETTINGS.keys()


def test_a_secret_file_is_there_exactly_where_a_variable_names_it(reader: Reader) -> None:
    document = reader(compose.filled(**WAYS_TO_CHECK_TOKENS["public key"]))
    for service in document["services"].values():
        named = {
            value.removeprefix("/run/secrets/")
            for value in service.get("environment", {}).values()
            if str(value).startswith("/run/secrets/")
        }
        assert {
            secret if isinstance(secret, str) else secret["source"] for secret in service.get("secrets", [])
        } == named


def test_the_addresses_that_parts_call_are_where_the_others_listen(services: dict[str, Document]) -> None:
    for service in services.values():
        for variable, address in service.get("environment", {}).items():
            if variable.startswith("LEADLINE_") and variable.endswith("_ADDRESS"):
                host, _, port = address.partition(":")
                listens = services[host]["environment"].get("LEADLINE_LISTEN", "0.0.0.0:7233")
                assert listens == f"0.0.0.0:{port}"


def test_contents_are_kept_on_a_volume_that_belongs_to_the_user_of_the_image(services: dict[str, Document]) -> None:
    (volume,) = services["leads"]["volumes"]
    assert services["leads"]["environment"]["LEADLINE_OBJECT_STORE_URL"] == f"file://{volume['target']}"
    image = dockerfile.read(compose.ROOT / "services" / "leads" / "Dockerfile")
    (made,) = [each.text for each in image.final if each.word == "RUN"]
    assert re.search(rf"--directory --owner=10001 .*{volume['target']}$", made)


def test_gateway_and_leads_service_have_the_same_limits(reader: Reader) -> None:
    chosen = {"LEADLINE_DOCUMENT_LIMIT_BYTES": "5000", "LEADLINE_IMPORT_LIMIT_BYTES": "6000"}
    services = reader(compose.filled(LEADLINE_TOKEN_SECRET=SECRET, **chosen))["services"]
    for part in ("gateway", "leads"):
        assert chosen.items() <= services[part]["environment"].items()


def test_the_worker_has_longer_to_end_than_it_takes_for_it(services: dict[str, Document]) -> None:
    worker = services["worker"]
    assert float(worker["environment"]["LEADLINE_SHUTDOWN_SECONDS"]) < float(worker["stop_grace_period"].rstrip("s"))
