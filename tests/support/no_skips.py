"""Pytest plugin: with ``TRACEKIT_NO_SKIPS=1`` a skipped test is a failed one.

On the machine that decides whether a change is good everything is installed; a skip
there would pass for a success that nobody has seen.
"""

import os
from collections.abc import Generator

import pytest

VARIABLE = "TRACEKIT_NO_SKIPS"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn the report of a skipped test into a failure."""
    report = yield
    _refuse(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Turn the report of a skipped module into a failure."""
    report = yield
    _refuse(report)
    return report


def _refuse(report: pytest.TestReport | pytest.CollectReport) -> None:
    if os.environ.get(VARIABLE) == "1" and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped although {VARIABLE}=1: {report.longreprtext}"
