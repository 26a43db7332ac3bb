"""User and Group: a name or ``#number`` (ap_uname2id and ap_gname2id of httpd's server/util.c)."""

import grp
import pwd
from collections.abc import Callable

from .. import PROGRAM
from .model import ConfigError

MAX_ID = 2**32 - 2  # (uid_t) -1 means "unchanged" to the kernel


def user_number(name: str) -> int:
    """Return the number of a user.

    Raises:
        ConfigError: there is none.
    """
    return _number(name, lambda name: pwd.getpwnam(name).pw_uid, f"AH00543: {PROGRAM}: bad user name")


def group_number(name: str) -> int:
    """Return the number of a group.

    Raises:
        ConfigError: there is none.
    """
    return _number(name, lambda name: grp.getgrnam(name).gr_gid, f"AH00544: {PROGRAM}: bad group name")


def _number(name: str, look_up: Callable[[str], int], complaint: str) -> int:
    try:
        number = int(name[1:]) if name.startswith("#") else look_up(name)
    except (KeyError, ValueError):
        raise ConfigError(f"{complaint} {name}") from None
    if not 0 <= number <= MAX_ID:
        raise ConfigError(f"{complaint} {name}")
    return number
