"""A machine as one wishes it."""

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from tracekit.tracer.machine import Machine, Means

SYS_PTRACE = 1 << 19
ALL = (1 << 41) - 1

ROOT = Machine(
    pid=1000,
    uids=(0, 0),
    gid=0,
    effective=ALL,
    permitted=ALL,
    bounding=ALL,
    no_new_privs=False,
    seccomp=0,
    tracer_pid=0,
    first_user_namespace=True,
    first_pid_namespace=True,
    own_proc=True,
    container=None,
    yama=None,
    label=None,
    hidepid="off",
    kernel="6.1.0-18-amd64",
    seccomp_actions=frozenset({"trace", "errno"}),
    runs_32bit=True,
    sudo=True,
    program="/opt/tracekit/bin/tracekit",
)
USER = dataclasses.replace(ROOT, uids=(1000, 1000), gid=1000, effective=0, permitted=0)
WEAK_ROOT = dataclasses.replace(ROOT, effective=ALL & ~SYS_PTRACE, permitted=ALL & ~SYS_PTRACE)
CONTAINED = dataclasses.replace(WEAK_ROOT, bounding=WEAK_ROOT.permitted, first_pid_namespace=False)

MEANS = Means(
    versions={"tracekit": "0.1.0", "Python": "3.11.2", "python-ptrace": "0.9.9"},
    strace="6.1",
    sockets="",
    cores=4,
    usable_cores=4,
    folder="/srv",
    free=1 << 40,
    file_limit=None,
    traced=(),
)

MACHINES = {"root": ROOT, "user": USER, "weak root": WEAK_ROOT, "contained": CONTAINED}


@pytest.fixture
def machine() -> Callable[..., Machine]:
    """Return one of MACHINES, with other values of its fields."""

    def made(kind: str = "root", **fields: Any) -> Machine:
        return dataclasses.replace(MACHINES[kind], **fields)

    return made


@pytest.fixture
def means() -> Callable[..., Means]:
    """Return what there is to work with, with other values of its fields."""
    return lambda **fields: dataclasses.replace(MEANS, **fields)
