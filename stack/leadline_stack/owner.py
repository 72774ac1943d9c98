"""The system user that PostgreSQL runs as when the stack is started by root, since PostgreSQL refuses to be root."""

import os
import pwd
import shutil
import stat
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from leadline_stack.errors import StackError
from leadline_stack.parts import Owner

_NAME = "leadline"
_FALLBACK = "nobody"
_USERADD_SECONDS = 10.0
_TRIES = 5
_PAUSE_SECONDS = 0.2
_READ = stat.S_IROTH | stat.S_IXOTH


def owner_of_postgres(data: Path, say: Callable[[str], None]) -> Owner | None:
    """Whom PostgreSQL with this data folder runs as: nobody else where we are no root.

    Whoever owns the data goes on with it; new data belongs to the system user `leadline`, made where it is missing.

    Raises:
        StackError: there is no user to be had.
    """
    if os.geteuid() != 0:
        return None
    known = _owner(data) if data.exists() else None
    return known or _named(_NAME) or _made(say) or _require(_named(_FALLBACK))


def let_through(owner: Owner, *targets: Path, say: Callable[[str], None]) -> None:
    """Let the user pass through the folders above the targets, where it may not yet. It may not list them."""
    folders = {folder for target in targets for folder in target.parents}
    for folder in sorted(folders, key=lambda each: len(each.parts)):
        status = folder.stat()
        if not _may_pass(owner, status):
            folder.chmod(stat.S_IMODE(status.st_mode) | stat.S_IXOTH)
            say(f"{folder} can now be passed through by everybody: PostgreSQL, as user {owner.name}, has to.")


def let_read(*installed: Path) -> None:
    """Let everybody read what is installed there, should whoever installed it have kept it to themselves."""
    for place in installed:
        for folder in (place, *place.rglob("*/")) if place.exists() else ():
            mode = stat.S_IMODE(folder.stat().st_mode)
            if mode & _READ != _READ:
                folder.chmod(mode | _READ)


def _owner(path: Path) -> Owner | None:
    found = path.stat()
    try:
        entry = pwd.getpwuid(found.st_uid)
    except KeyError:
        return None
    return None if entry.pw_uid == 0 else Owner(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _named(name: str) -> Owner | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return Owner(name, entry.pw_uid, entry.pw_gid)


def _made(say: Callable[[str], None]) -> Owner | None:
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if useradd is None:
        return None
    command = [useradd, "--system", "--user-group", "--no-create-home", "--shell", "/bin/false", _NAME]
    for _ in range(_TRIES):
        done = subprocess.run(command, check=False, capture_output=True, timeout=_USERADD_SECONDS)
        found = _named(_NAME)
        if found is not None:
            say(f"Made the system user {_NAME}: PostgreSQL refuses to run as root.")
            return found
        if done.returncode == 0:
            break
        time.sleep(_PAUSE_SECONDS)  # another program works with the list of users
    return None


def _require(owner: Owner | None) -> Owner:
    if owner is None:
        message = (
            f"PostgreSQL refuses to run as root, and there is neither a user {_NAME} nor a way to make one. "
            f"Make it with `useradd --system {_NAME}`, or start Leadline as an ordinary user."
        )
        raise StackError(message)
    return owner


def _may_pass(owner: Owner, status: os.stat_result) -> bool:
    if status.st_uid == owner.user_id:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == owner.group_id:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)
