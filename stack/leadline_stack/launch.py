"""Becomes the program that it is told to run: tied to the supervisor, and without root rights where it needs none.

Run as a script, with nothing but the standard library: `launch.py PARENT DEATH_SIGNAL UID:GID PROGRAM ARGUMENT…`.
It is a program of its own because code between fork and exec is unsafe in a process that has threads.
"""

import ctypes
import os
import sys

_PR_SET_PDEATHSIG = 1


def main(parent: int, death_signal: int, owner: str, *command: str) -> None:
    """Drop rights, tie this process to its parent, and become the command. Empty owner: stay who we are."""
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if owner:
        user, group = (int(number) for number in owner.split(":"))
        os.setgroups([])
        os.setgid(group)
        os.setuid(user)
    # After the change of user, which would undo it. Only Linux has it; elsewhere the next start finds what was left.
    if prctl is not None:
        prctl(_PR_SET_PDEATHSIG, death_signal)
    if os.getppid() != parent:
        sys.exit("the supervisor is gone")
    try:
        os.execv(command[0], command)  # noqa: S606 - the command comes from the supervisor, and no shell is wanted
    except OSError as error:
        sys.exit(f"{command[0]}: {error.strerror}")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])
