"""Conditional requests: is the client's copy still good (RFC 9110, 13)."""

import re
import time
from collections.abc import Mapping
from typing import NamedTuple

from .dates import seconds_of
from .request import Request

ENTITY_TAG = re.compile(rb'((?:W/)?"[!#-~\x80-\xff]*+")')
WEAK = b"W/"
STRONG_AFTER_SECONDS = 60  # how old a date must be to prove anything: httpd's ap_condition_if_range


class Validators(NamedTuple):
    """What tells one state of a file from another.

    Attributes:
        etag: its entity tag, b'' for none.
        modified: when it was modified last, in seconds since the epoch.
    """

    etag: bytes
    modified: int


def evaluate(request: Request, validators: Validators) -> int:
    """Return the status that a request's preconditions lead to: 200, 304 or 412.

    They are evaluated in the order of RFC 9110, 13.2.2.
    """
    headers = request.headers
    if (tags := headers.get(b"if-match")) is not None:
        if not _matches(tags, validators.etag, weak=False):
            return 412
    elif (date := headers.get(b"if-unmodified-since")) is not None:
        seconds = seconds_of(date)
        if seconds is not None and validators.modified > seconds:
            return 412
    reads = request.method in (b"GET", b"HEAD")
    if (tags := headers.get(b"if-none-match")) is not None:
        return (304 if reads else 412) if _matches(tags, validators.etag, weak=True) else 200
    if reads and (date := headers.get(b"if-modified-since")) is not None:
        seconds = seconds_of(date)
        if seconds is not None and validators.modified <= seconds:
            return 304
    return 200


def range_applies(headers: Mapping[bytes, bytes], validators: Validators) -> bool:
    """Whether If-Range, if there is one, lets a range be sent: only what is surely the same (13.1.5)."""
    condition = headers.get(b"if-range")
    if condition is None:
        return True
    if condition.startswith((b'"', WEAK)):
        return condition == validators.etag and not condition.startswith(WEAK)
    age = time.time() - validators.modified
    return seconds_of(condition) == validators.modified and age >= STRONG_AFTER_SECONDS


def _matches(tags: bytes, etag: bytes, *, weak: bool) -> bool:
    """Compare a list of tags with ours: weakly, so that W/ makes no difference, or strongly (8.8.3.2)."""
    if tags.strip() == b"*":
        return True
    listed = ENTITY_TAG.findall(tags)
    if weak:
        return etag.removeprefix(WEAK) in [tag.removeprefix(WEAK) for tag in listed]
    return etag in listed and not etag.startswith(WEAK)
