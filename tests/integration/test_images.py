"""The images' Dockerfiles: what can be known to be wrong with them without building them.

`python -m deploy.check_images` carries them out; it needs the package index and is no part of the test run.
"""

import fnmatch
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from deploy.dockerfile import ROOT, Dockerfile, dockerfiles, read
from tests.support import compose


def manifest(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / "pyproject.toml").read_text())


def members() -> dict[str, Path]:
    """The folder of each package of the workspace, by the package's name."""
    patterns = manifest(ROOT)["tool"]["uv"]["workspace"]["members"]
    folders = [folder for pattern in patterns for folder in ROOT.glob(pattern) if (folder / "pyproject.toml").exists()]
    return {manifest(folder)["project"]["name"]: folder for folder in folders}


def needed_by(package: str) -> set[str]:
    """The workspace's packages that the package needs, itself included."""
    named = {
        re.split(r"[^\w-]", each, maxsplit=1)[0] for each in manifest(members()[package])["project"]["dependencies"]
    }
    return {package}.union(*(needed_by(each) for each in named & members().keys()))


@pytest.fixture(params=dockerfiles(), ids=lambda path: path.parent.name)
def image(request: pytest.FixtureRequest) -> Dockerfile:
    return read(request.param)


def package_of(image: Dockerfile) -> str:
    return str(manifest(image.path.parent)["project"]["name"])


def allowed_to_the_builder(path: str) -> bool:
    """Whether `.dockerignore` lets the path through: the last pattern that matches it or a folder above it decides."""
    allowed = True
    above = [str(each) for each in [Path(path), *Path(path).parents]]
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        pattern = line.lstrip("!").removeprefix("**/")
        if line and not line.startswith("#") and any(fnmatch.fnmatch(each, pattern) for each in above):
            allowed = line.startswith("!")
    return allowed


def test_every_part_that_is_run_has_an_image() -> None:
    built = {each["build"]["dockerfile"] for each in compose.raw()["services"].values() if "build" in each}
    assert {ROOT / path for path in built} == set(dockerfiles())


def test_what_is_copied_is_there_and_reaches_the_builder(image: Dockerfile) -> None:
    for path in image.copied:
        assert (ROOT / path).exists(), path
        assert allowed_to_the_builder(path), path


def test_what_must_not_leave_this_machine_does_not_reach_the_builder() -> None:
    for path in (".env", ".git", ".venv", ".leadline", "tests", "data/leads.csv"):
        assert not allowed_to_the_builder(path), path


def test_the_manifest_and_the_source_of_each_needed_package_are_copied(image: Dockerfile) -> None:
    for package in needed_by(package_of(image)):
        folder = members()[package].relative_to(ROOT)
        assert f"{folder}/pyproject.toml" in image.copied
        assert {str(folder), f"{folder}/gen"} & set(image.copied)


def test_nothing_else_of_the_workspace_is_copied(image: Dockerfile) -> None:
    needed = [members()[package].relative_to(ROOT) for package in needed_by(package_of(image))]
    for path in set(image.copied) - {"pyproject.toml", "uv.lock"}:
        assert any(Path(path).is_relative_to(folder) for folder in needed), path


def test_the_image_installs_its_own_package_as_it_is_locked(image: Dockerfile) -> None:
    syncs = [each.text for each in image.build if each.text.startswith("uv sync")]
    assert len(syncs) == 2
    for sync in syncs:
        assert {"--frozen", "--no-dev", "--no-editable", "--package", package_of(image)} <= set(sync.split())
    assert ["--no-install-workspace" in sync for sync in syncs] == [True, False]


def test_the_image_runs_a_command_of_its_package_as_an_ordinary_user(image: Dockerfile) -> None:
    assert image.command[0] in manifest(image.path.parent)["project"]["scripts"]
    users = [each.text for each in image.final if each.word == "USER"]
    assert users == ["10001"]


def test_compose_runs_commands_of_the_packages_in_its_images() -> None:
    for service in compose.raw()["services"].values():
        if "build" in service and "command" in service and service["command"][0] != "python":
            folder = (ROOT / service["build"]["dockerfile"]).parent
            assert service["command"][0] in manifest(folder)["project"]["scripts"]
