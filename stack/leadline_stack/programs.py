"""Where the parts' programs are, and the environment that all of them get."""

import os
import shutil
import sysconfig

from leadline_stack.errors import StackError

_SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"


def script(name: str) -> str:
    """The path of a command that is installed beside this one.

    Raises:
        StackError: it is not installed.
    """
    found = shutil.which(name, path=sysconfig.get_path("scripts")) or shutil.which(name)
    if found is None:
        message = f"The command {name} is not installed. Run `make setup`."
        raise StackError(message)
    return found


def base_environment() -> dict[str, str]:
    """What every part gets: nothing of the caller's environment but what is named here."""
    return {
        "PATH": f"{sysconfig.get_path('scripts')}:{_SYSTEM_PATH}",
        "HOME": os.environ.get("HOME", "/"),
        "LANG": "C.UTF-8",
        "TZ": os.environ.get("TZ", "UTC"),
        # Threads share memory pools: with one for each, idle parts would hold a good deal more.
        "MALLOC_ARENA_MAX": "2",
        "LEADLINE_LOG_LEVEL": os.environ.get("LEADLINE_LOG_LEVEL") or "info",
    }
