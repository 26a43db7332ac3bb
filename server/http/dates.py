"""Dates in HTTP's form (RFC 9110, 5.6.7)."""

import time
from email.utils import formatdate
from functools import lru_cache


@lru_cache(maxsize=1024)
def http_date(seconds: int) -> bytes:
    """Return the IMF-fixdate of a time in seconds since the epoch."""
    return formatdate(seconds, usegmt=True).encode()


def now() -> bytes:
    """Return the Date field's value for this second."""
    return http_date(int(time.time()))
