"""The key store: one private folder a server, with its logs and what the keeper noted, sealed.

A record counts only with its seal, an HMAC with a key that comes from the course's secret.
"""

import contextlib
import hmac
import json
import os
import tempfile
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from tracekit.errors import TracekitError, UnreadableError
from tracekit.lab.live.assignment import Assignment
from tracekit.lab.seeds import Secret

VARIABLE: Final = "TRACEKIT_LAB_KEYS"
RECORD: Final = "record.json"
STATE: Final = "state.json"


class NoRecordError(UnreadableError):
    """There is no record of a live server that could be believed: its exercise cannot be judged."""


def store(keys: Path | None = None) -> Path:
    """Return the key store: the one given, else TRACEKIT_LAB_KEYS, else one below the user's own state."""
    if keys is not None:
        return keys
    if VARIABLE in os.environ:
        return Path(os.environ[VARIABLE])
    state = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(state) / "tracekit" / "lab"


def folder(assignment: Assignment, keys: Path | None = None) -> Path:
    """Return the folder of a server in the key store."""
    return store(keys) / assignment.name


def make(place: Path) -> None:
    """Make the folder of a server, private and empty.

    Raises:
        TracekitError: it cannot be made.
    """
    try:
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        place.mkdir(mode=0o700, exist_ok=True)
        place.chmod(0o700)
        for file in place.iterdir():
            file.unlink()
    except OSError as error:
        raise TracekitError(
            f"the key store cannot be used: {error.strerror}: {place}", "name another one: --keys"
        ) from error


def sealing_key(secret: Secret, assignment: Assignment) -> bytes:
    """Return the key of a record's seal; the keeper gets it, and not the secret."""
    chance = secret.chance(assignment.course, assignment.student, f"{assignment.exercise.name}|seal")
    return bytes(chance.below(256) for _ in range(32))


def write(path: Path, data: Mapping[str, Any]) -> None:
    """Write a file in one step, private; who reads it sees the old one or the new one."""
    descriptor, name = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            json.dump(data, stream)
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(name).unlink()
        raise


def seal(place: Path, key: bytes, record: Mapping[str, Any]) -> None:
    """Write a record and its seal."""
    text = json.dumps(record)
    write(place / RECORD, {"seal": hmac.digest(key, text.encode(), sha256).hex(), "record": text})


def read(path: Path) -> dict[str, Any] | None:
    """Return what `write` wrote, or None."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return data if isinstance(data, dict) else None


def unsealed(place: Path) -> dict[str, Any] | None:
    """Return the record as far as it goes, whoever wrote it: not for keys."""
    data = read(place / RECORD)
    return None if data is None else json.loads(data["record"])


def opened(place: Path, key: bytes) -> dict[str, Any]:
    """Return the record of a server.

    Raises:
        NoRecordError: there is none, or its seal is wrong.
    """
    hint = "the key store is the one that the server was started with: --keys, or TRACEKIT_LAB_KEYS"
    data = read(place / RECORD)
    if data is None:
        raise NoRecordError(f"there is no record of this server: {place}", hint)
    text, mark = str(data.get("record", "")), str(data.get("seal", ""))
    if not hmac.compare_digest(hmac.digest(key, text.encode(), sha256).hex().encode(), mark.encode()):
        raise NoRecordError(f"the record of this server is not sealed with this secret: {place}", hint)
    record: dict[str, Any] = json.loads(text)
    return record
