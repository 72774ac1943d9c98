"""The secrets of a data folder."""

import stat
from pathlib import Path

import pytest

from leadline_stack.data_folder import DataFolder
from leadline_stack.errors import StackError
from leadline_stack.stack_secrets import ensure_secrets, read_secrets


def test_they_are_made_once_kept_and_shown_to_nobody_else(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    made = ensure_secrets(folder)
    assert ensure_secrets(folder) == read_secrets(folder) == made
    assert stat.S_IMODE(folder.secrets.stat().st_mode) == 0o600
    assert len({made.token_secret, *made.passwords.values()}) == 5


def test_those_of_two_folders_differ(tmp_path: Path) -> None:
    one, other = DataFolder(tmp_path / "one"), DataFolder(tmp_path / "other")
    for folder in (one, other):
        folder.path.mkdir()
    assert ensure_secrets(one).token_secret != ensure_secrets(other).token_secret


def test_lost_ones_are_not_replaced_by_others_that_open_nothing(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    folder.postgres.mkdir()
    with pytest.raises(StackError, match=r"secrets\.json is missing"):
        ensure_secrets(folder)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"token_secret": "x", "admin_id": "nobody", "passwords": {}}'])
def test_damaged_ones_are_named(tmp_path: Path, text: str) -> None:
    folder = DataFolder(tmp_path)
    folder.secrets.write_text(text)
    with pytest.raises(StackError, match="is not what Leadline wrote"):
        read_secrets(folder)
