"""Which checks belong together: those of one file, for one submission."""

from itertools import groupby
from typing import Any, Final

import pytest

from tracekit.lab.checking.findings import Finding, Job
from tracekit.lab.checking.marks import finding_of, in_order

JOB: Final = pytest.StashKey[Job]()
FINDING: Final = pytest.StashKey[Finding]()


def job_of(node: Any) -> Job:
    """Return the job that a check belongs to; a file that nobody gave one is a job by itself."""
    module = node.getparent(pytest.Module)
    if module is None:
        return Job("")
    if JOB not in module.stash:
        module.stash[JOB] = Job(module.path.parent.name)
    job: Job = module.stash[JOB]
    return job


def finding_of_item(item: Any) -> Finding | None:
    """Return what is known of a check; None for an item that is no function."""
    finding: Finding | None = item.stash.get(FINDING, None)
    return finding


def prepare(items: list[pytest.Item]) -> list[pytest.Item]:
    """Read the markers of checks, and return these in the order in which they are to be run."""
    ordered: list[pytest.Item] = []
    for module, some in groupby(items, key=lambda item: item.getparent(pytest.Module)):
        members = list(some)
        if module is None or not all(isinstance(item, pytest.Function) for item in members):
            ordered += members
            continue
        job = job_of(members[0])
        pairs = [(item, finding_of(item)) for item in members if isinstance(item, pytest.Function)]
        for item, finding in in_order([*pairs]):
            item.stash[FINDING] = job.findings[finding.name] = finding
            ordered.append(item)
    return ordered
