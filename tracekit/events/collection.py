"""Building many records that all stay."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collection() -> Iterator[None]:
    """Keep Python from looking for garbage in millions of records that all stay: a third of the time.

    Afterwards they count as old, so that it does not look through them all again soon.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.freeze()
            gc.unfreeze()  # to the oldest generation (gc.unfreeze)
            gc.enable()
