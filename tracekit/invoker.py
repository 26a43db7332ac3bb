"""Who called us through sudo, and is to have what root writes for them (sudo(8): SUDO_UID, SUDO_GID)."""

import os


def give(descriptor: int) -> None:
    """Give a file or folder that was just made to who called us through sudo; without sudo it stays ours.

    Raises:
        OSError: the file system refuses.
    """
    if os.geteuid() == 0 and (owner := _owner()):
        os.fchown(descriptor, *owner)


def _owner() -> tuple[int, int] | None:
    try:
        return int(os.environ["SUDO_UID"]), int(os.environ["SUDO_GID"])
    except (KeyError, ValueError):
        return None
