"""Why a task cannot be traced: of a real one, asked by somebody who may be anybody."""

import errno
import os
import string
from collections.abc import Callable, Iterator

import pytest

from tests.support.processes import ending, start, task, wait_until
from tests.support.requirements import kernel_thread, need, need_ptrace, need_root
from tracekit.errors import ExitCode, NotPermittedError, UsageError
from tracekit.tracer.machine import Machine, obstacles

Make = Callable[..., Machine]


@pytest.fixture
def target() -> Iterator[int]:
    """A process of ours that does nothing."""
    need_ptrace()  # behind a filter that forbids it no other cause is looked for
    with ending(start(["sleep", "600"])) as process:
        wait_until(lambda: (one := task(process.pid)) and one.state == "S", "its sleep")
        yield process.pid


@pytest.fixture
def me(machine: Make) -> Make:
    """Return a machine on which we are the user that we are."""
    who = {"uids": (os.getuid(), os.geteuid()), "gid": os.getgid()}
    return lambda kind, **fields: machine(kind, **{**who, **fields})


@pytest.mark.parametrize(
    ("kind", "fields", "cause"),
    [
        ("user", {"uids": (12345, 12345)}, "user"),
        ("weak root", {"uids": (12345, 0)}, "user"),
        ("user", {"gid": 12345, "yama": 2}, "group"),
        ("weak root", {"yama": 1}, "yama1"),
        ("weak root", {"yama": 2, "label": "docker-default (enforce)"}, "yama2"),
        ("weak root", {"yama": 3}, "yama3"),
        ("root", {"yama": 3}, "yama3"),
        ("root", {"yama": 2, "first_user_namespace": False}, "namespace"),
        ("root", {"label": "docker-default (enforce)", "first_user_namespace": False}, "policy"),
        ("root", {"label": "system_u:system_r:container_t:s0:c1,c2"}, "policy"),
        ("root", {"label": "unconfined"}, "unknown"),
        ("root", {"label": "unconfined_u:unconfined_r:unconfined_t:s0-s0:c0.c1023"}, "unknown"),
        ("root", {"yama": 1}, "unknown"),
        ("root", {"own_proc": False}, "proc"),
    ],
)
def test_the_rule_that_forbids_it(
    kind: str, fields: dict[str, object], cause: str, target: int, me: Make
) -> None:
    # What the weak root has not, a process of the tests' own root has: leave that one difference out.
    equal = {"permitted": (1 << 41) - 1} if kind == "weak root" else {}
    found = obstacles.explain(target, errno.EPERM, me(kind, **equal, **fields))
    assert found.cause == cause
    assert str(target) in found.message
    assert found.error().exit_code == ExitCode.NOT_PERMITTED


def test_capabilities_that_we_have_not_are_named(target: int, me: Make) -> None:
    need_root()
    found = obstacles.explain(target, errno.EPERM, me("weak root", permitted=(1 << 41) - 1 - (1 << 19)))
    assert found.cause == "capable"
    assert found.message.endswith("(CAP_SYS_PTRACE)")
    found = obstacles.explain(target, errno.EPERM, me("user", permitted=0))
    assert "CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH and " in found.message


def test_a_process_that_went_away_meanwhile(target: int, me: Make) -> None:
    assert obstacles.explain(target, errno.ESRCH, me("root")).cause == "gone"


def test_one_that_never_was(me: Make) -> None:
    found = obstacles.explain(2**22 + 1, errno.EPERM, me("root"))
    assert isinstance(found.error(), UsageError)
    assert found.message == f"process {2**22 + 1} is gone"


def test_ourselves(me: Make) -> None:
    found = obstacles.explain(os.getpid(), errno.EPERM, me("root", pid=os.getpid()))
    assert found.cause == "itself"


def test_a_kernel_thread(me: Make) -> None:
    found = obstacles.explain(kernel_thread(), errno.EPERM, me("root"))
    assert (found.cause, type(found.error())) == ("kernel", NotPermittedError)


def test_one_that_is_traced_already(target: int, me: Make) -> None:
    with ending(start([need("strace"), "-qq", "-o", "/dev/null", "-p", str(target)])) as tracer:
        wait_until(lambda: (one := task(target)) and one.tracer == tracer.pid, "strace to attach")
        found = obstacles.explain(target, errno.EPERM, me("user"))
    assert found.message == f"process {target} (sleep) is traced already, by process {tracer.pid} (strace)"
    assert found.remedy.endswith(f"kill {tracer.pid}")


def test_what_would_be_allowed_has_no_obstacle(target: int, me: Make) -> None:
    assert obstacles.foresee(target, me("root")) is None


def test_every_text_names_what_is_known(me: Make) -> None:
    fields = {"PPid": "1", "TracerPid": "2", "Uid": "0\t0\t0\t0", "CapPrm": "0", "Name": "x"}
    known = obstacles._details(1, fields, errno.EPERM, me("user")).keys()
    for cause in obstacles.CAUSES.values():
        for text in (cause.message, cause.remedy):
            assert {name for _, name, _, _ in string.Formatter().parse(text) if name} <= known
