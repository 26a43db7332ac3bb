"""Dates in HTTP's form (RFC 9110, 5.6.7)."""

import re
from datetime import UTC
from email.utils import formatdate, parsedate_to_datetime
from functools import lru_cache

# IMF-fixdate, RFC 850's and asctime's form; anything else is no date.
# (datetime.strptime would load a module when it is first called, which User need not be able to read.)
HTTP_DATE = re.compile(
    rb"[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT"
    rb"|[A-Z][a-z]+day, [0-9]{2}-[A-Z][a-z]{2}-[0-9]{2} [0-9:]{8} GMT"
    rb"|[A-Z][a-z]{2} [A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8} [0-9]{4}"
)


# 1 January of the year 1 and 31 December 9999: a file system may have times before and after.
FIRST, LAST = -62135596800, 253402300799


@lru_cache(maxsize=1024)
def http_date(seconds: int) -> bytes:
    """Return the IMF-fixdate of a time in seconds since the epoch, or its first or last where it has none."""
    return formatdate(min(max(seconds, FIRST), LAST), usegmt=True).encode()


def seconds_of(date: bytes) -> int | None:
    """Return the time of an HTTP date in seconds since the epoch; None for what is no date."""
    return _seconds_of(date) if HTTP_DATE.fullmatch(date) else None


@lru_cache(maxsize=256)
def _seconds_of(date: bytes) -> int | None:
    """Read what has the form of a date: only so much of a client's text is remembered."""
    try:
        return int(parsedate_to_datetime(date.decode()).replace(tzinfo=UTC).timestamp())
    except (ValueError, OverflowError):
        return None
