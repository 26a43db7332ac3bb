"""Limits: httpd's corrections, in its words (what ``apache2 -t`` 2.4.71 prints for the same lines)."""

import pytest

from server.config import ServerConfig
from server.mpm import MPMS
from server.processes.limits import Limits, limits_of

LIMITS = [
    ("event", {}, Limits(3, 75, 250, 16, 64, 25, 400)),
    ("worker", {}, Limits(3, 75, 250, 16, 64, 25, 400)),
    ("prefork", {}, Limits(5, 5, 10, 256, 1, 1, 256)),
    (
        "event",
        {
            "start_servers": 2,
            "min_spare_threads": 10,
            "max_spare_threads": 60,
            "threads_per_child": 5,
            "max_request_workers": 80,
        },
        Limits(2, 10, 60, 16, 64, 5, 80),
    ),
    ("prefork", {"max_request_workers": 250, "threads_per_child": 7}, Limits(5, 5, 10, 256, 1, 1, 250)),
    ("event", {"min_spare_threads": 10, "max_spare_threads": 10}, Limits(3, 10, 36, 16, 64, 25, 400)),
    ("prefork", {"min_spare_servers": 20, "max_spare_servers": 3}, Limits(5, 20, 21, 256, 1, 1, 256)),
    ("event", {"start_servers": 9, "max_request_workers": 50}, Limits(2, 75, 250, 16, 64, 25, 50)),
    ("prefork", {"start_servers": 9, "max_request_workers": 4}, Limits(4, 5, 10, 256, 1, 1, 4)),
]


def configured(mpm: str, values: dict[str, int]) -> ServerConfig:
    config = ServerConfig(mpm=mpm)
    for name, value in values.items():
        setattr(config, name, value)
    return config


@pytest.mark.parametrize(("mpm", "values", "expected"), LIMITS)
def test_what_needs_no_warning(mpm: str, values: dict[str, int], expected: Limits) -> None:
    assert limits_of(configured(mpm, values), MPMS[mpm].defaults) == (expected, [])


WARNINGS = [
    (
        "worker",
        {
            "server_limit": 3,
            "thread_limit": 4,
            "threads_per_child": 9,
            "max_request_workers": 7,
            "start_servers": 0,
            "min_spare_threads": 0,
            "max_spare_threads": 1,
        },
        Limits(1, 1, 6, 3, 4, 4, 4),
        [
            (
                "AH00310: WARNING: ThreadsPerChild of 9 exceeds ThreadLimit of 4 threads, decreasing to 4. "
                "To increase, please see the ThreadLimit directive."
            ),
            (
                "AH00316: WARNING: MaxRequestWorkers of 7 is not an integer multiple of ThreadsPerChild of "
                "4, decreasing to nearest multiple 4, for a maximum of 1 servers."
            ),
            "AH00320: WARNING: StartServers of 0 not allowed, increasing to 1.",
            (
                "AH00322: WARNING: MinSpareThreads of 0 not allowed, increasing to 1 to avoid almost certain "
                "server failure. Please read the documentation."
            ),
        ],
    ),
    (
        "event",
        {"server_limit": 3, "thread_limit": 4, "threads_per_child": 4, "max_request_workers": 29},
        Limits(3, 75, 250, 3, 4, 4, 12),
        [
            (
                "AH00513: WARNING: MaxRequestWorkers of 29 is not an integer multiple of ThreadsPerChild of "
                "4, decreasing to nearest multiple 28, for a maximum of 7 servers."
            ),
            (
                "AH00515: WARNING: MaxRequestWorkers of 28 would require 7 servers and would exceed "
                "ServerLimit of 3, decreasing to 12. To increase, please see the ServerLimit directive."
            ),
        ],
    ),
    (
        "prefork",
        {"server_limit": 0, "max_request_workers": 29, "start_servers": -2, "min_spare_servers": 0},
        Limits(1, 1, 10, 1, 1, 1, 1),
        [
            "AH00177: WARNING: ServerLimit of 0 not allowed, increasing to 1.",
            (
                "AH00180: WARNING: MaxRequestWorkers of 29 exceeds ServerLimit value of 1 servers, "
                "decreasing MaxRequestWorkers to 1. To increase, please see the ServerLimit directive."
            ),
            "AH00184: WARNING: StartServers of -2 not allowed, increasing to 1.",
            (
                "AH00186: WARNING: MinSpareServers of 0 not allowed, increasing to 1 to avoid almost certain "
                "server failure. Please read the documentation."
            ),
        ],
    ),
    (
        "prefork",
        {"server_limit": 300_000, "max_request_workers": 0},
        Limits(1, 5, 10, 200_000, 1, 1, 1),
        [
            (
                "AH00175: WARNING: ServerLimit of 300000 exceeds compile-time limit of 200000 servers, "
                "decreasing to 200000."
            ),
            "AH00182: WARNING: MaxRequestWorkers of 0 not allowed, increasing to 1.",
        ],
    ),
]


@pytest.mark.parametrize(("mpm", "values", "expected", "warnings"), WARNINGS)
def test_corrections_at_the_start(
    mpm: str, values: dict[str, int], expected: Limits, warnings: list[str]
) -> None:
    assert limits_of(configured(mpm, values), MPMS[mpm].defaults) == (expected, warnings)


def test_corrections_at_a_restart() -> None:
    values = WARNINGS[0][1] | {"server_limit": 5, "thread_limit": 6}
    limits, warnings = limits_of(configured("worker", values), MPMS["worker"].defaults, WARNINGS[0][2])
    assert limits == WARNINGS[0][2]
    assert warnings == [
        "AH00304: changing ServerLimit to 5 from original value of 3 not allowed during restart",
        "AH00309: changing ThreadLimit to 6 from original value of 4 not allowed during restart",
        "AH00311: ThreadsPerChild of 9 exceeds ThreadLimit of 4, decreasing to match",
        (
            "AH00317: MaxRequestWorkers of 7 is not an integer multiple of ThreadsPerChild of 4, decreasing "
            "to nearest multiple 4"
        ),
        "AH00321: StartServers of 0 not allowed, increasing to 1",
        "AH00323: MinSpareThreads of 0 not allowed, increasing to 1",
    ]
