"""What facts are taken to mean; on machines of every kind, which no single one can be."""

import errno
import itertools
import signal
from collections.abc import Callable

import pytest

from tracekit.tracer.machine import Finding, Machine, Means, Trial, Verdict, findings
from tracekit.tracer.machine.means import Traced

ALLOWED = Trial(call=0, attach=0, run=0, info=0, memory=0, reading=0)
FORBIDDEN = Trial(call=errno.EPERM, attach=errno.EPERM, run=errno.EPERM)
KILLED = Trial(signal=signal.SIGSYS)
DENIED = Trial(call=0, attach=errno.EPERM, run=errno.EPERM)
ONLY_OWN = Trial(call=0, attach=errno.EPERM, run=0, info=0, memory=0, reading=0)
NO_MEMORY = Trial(call=0, attach=0, run=0, info=errno.EIO, memory=errno.EPERM, reading=errno.EPERM)
WORDS_ONLY = Trial(call=0, attach=0, run=0, info=0, memory=errno.EPERM, reading=0)

Make = Callable[..., Machine]
Stock = Callable[..., Means]


def by_topic(found: list[Finding]) -> dict[str, Finding]:
    topics = {one.topic: one for one in found}
    assert len(topics) == len(found)
    return topics


def test_where_everything_works_nothing_is_denied(machine: Make, means: Stock) -> None:
    found = by_topic(findings(machine(), ALLOWED, means()))
    assert [one.topic for one in found.values() if one.verdict == Verdict.NO] == []
    assert {found[topic].verdict for topic in ("run", "attach", "others")} == {Verdict.YES}


@pytest.mark.parametrize("trial", [ALLOWED, FORBIDDEN, KILLED, DENIED, ONLY_OWN, NO_MEMORY])
@pytest.mark.parametrize("kind", ["root", "user", "weak root", "contained"])
def test_each_no_has_its_remedy(kind: str, trial: Trial, machine: Make, means: Stock) -> None:
    worlds = itertools.product(
        (None, 0, 1, 2, 3),
        (None, "docker", "podman", "kubernetes", "lxc"),
        (None, "unconfined", "docker-default (enforce)"),
        (True, False),
    )
    for yama, container, label, plain in worlds:
        here = machine(
            kind,
            yama=yama,
            container=container,
            label=label,
            sudo=plain,
            own_proc=plain,
            first_user_namespace=plain,
            hidepid="off" if plain else "invisible",
        )
        found = findings(here, trial, means(sockets="" if plain else "no netlink", free=1000))
        for one in found:
            assert one.text
            assert one.verdict != Verdict.NO or one.remedy, one
            assert "{" not in one.remedy.replace("{seccompProfile: {", ""), one


@pytest.mark.parametrize(
    ("kind", "scope", "verdict"),
    [
        ("user", None, Verdict.YES),
        ("user", 0, Verdict.YES),
        ("user", 1, Verdict.NO),
        ("user", 2, Verdict.NO),
        ("user", 3, Verdict.NO),
        ("root", 1, Verdict.YES),
        ("root", 2, Verdict.YES),
        ("root", 3, Verdict.NO),
        ("weak root", 1, Verdict.NO),
    ],
)
def test_whom_yama_restricts(
    kind: str, scope: int | None, verdict: Verdict, machine: Make, means: Stock
) -> None:
    assert by_topic(findings(machine(kind, yama=scope), ALLOWED, means()))["Yama"].verdict == verdict


@pytest.mark.parametrize(
    ("scope", "said", "remedy"),
    [
        (1, "not a descendant of tracekit", "sudo sysctl kernel.yama.ptrace_scope=0"),
        (2, "with CAP_SYS_PTRACE only", "sudo sysctl kernel.yama.ptrace_scope=0"),
        (3, "forbids it to everybody", "reboot"),
    ],
)
def test_yama_is_named_as_what_forbids_to_attach(
    scope: int, said: str, remedy: str, machine: Make, means: Stock
) -> None:
    found = by_topic(findings(machine("user", yama=scope), ONLY_OWN, means()))
    assert (found["run"].verdict, found["attach"].verdict) == (Verdict.YES, Verdict.NO)
    assert said in found["attach"].text
    assert remedy in found["attach"].remedy


@pytest.mark.parametrize(
    ("container", "remedy"),
    [
        ("docker", "docker run --cap-add=SYS_PTRACE"),
        ("podman", "podman run --cap-add=SYS_PTRACE"),
        ("kubernetes", "kubectl debug"),
        (None, "CapabilityBoundingSet=CAP_SYS_PTRACE"),
    ],
)
def test_a_capability_that_nobody_has_is_to_be_given(
    container: str | None, remedy: str, machine: Make, means: Stock
) -> None:
    found = by_topic(findings(machine("contained", container=container), ALLOWED, means()))
    assert remedy in found["CAP_SYS_PTRACE"].remedy
    assert remedy in found["others"].remedy
    assert found["attach"].verdict == Verdict.YES


@pytest.mark.parametrize("trial", [FORBIDDEN, KILLED])
def test_a_filter_is_named_as_what_forbids_everything(trial: Trial, machine: Make, means: Stock) -> None:
    found = by_topic(findings(machine(seccomp=2, container="docker", yama=1), trial, means()))
    for topic in ("run", "attach", "seccomp"):
        assert found[topic].verdict == Verdict.NO
        assert found[topic].remedy == "docker run --security-opt seccomp=unconfined ..."
    assert found["process_vm_readv"].verdict == Verdict.NOTE


def test_under_another_tracer_that_is_what_is_in_the_way(machine: Make, means: Stock) -> None:
    found = by_topic(findings(machine(tracer_pid=2**22 + 1), DENIED, means()))
    assert f"is traced already, by process {2**22 + 1}" in found["run"].text
    assert found["run"].remedy == f"end that tracer first: kill {2**22 + 1}"


@pytest.mark.parametrize(
    ("fields", "said", "typed"),
    [
        ({}, "sudo sets PATH anew", "sudo /opt/tracekit/bin/tracekit ..."),
        ({"program": "tracekit"}, "sudo finds tracekit", "sudo tracekit ..."),
        ({"sudo": False}, "there is no sudo", "su -c '/opt/tracekit/bin/tracekit ...'"),
        (
            {"no_new_privs": True, "container": "docker"},
            "no_new_privs",
            "docker exec -it -u 0 CONTAINER /opt/tracekit/bin/tracekit ...",
        ),
    ],
)
def test_how_to_become_root(
    fields: dict[str, object], said: str, typed: str, machine: Make, means: Stock
) -> None:
    found = by_topic(findings(machine("user", **fields), ALLOWED, means()))
    assert said in found["as root"].text
    assert found["as root"].remedy == typed
    assert "as root" not in by_topic(findings(machine(**fields), ALLOWED, means()))


@pytest.mark.parametrize(
    ("trial", "verdict", "said"),
    [
        (ALLOWED, Verdict.YES, "a traced program's memory can be read (tried)"),
        (NO_MEMORY, Verdict.NO, "does not work here (error 1)"),
        (
            WORDS_ONLY,
            Verdict.NOTE,
            (
                "does not work here (error 1); "
                "a traced program's memory can be read all the same, word by word (tried)"
            ),
        ),
        (DENIED, Verdict.NOTE, "could not be tried: nothing can be traced"),
    ],
)
def test_memory_can_be_read_by_the_call_or_without(
    trial: Trial, verdict: Verdict, said: str, machine: Make, means: Stock
) -> None:
    found = by_topic(findings(machine(), trial, means()))["process_vm_readv"]
    assert (found.verdict, found.text) == (verdict, said)


def test_who_traces_whom_is_told(machine: Make, means: Stock) -> None:
    found = by_topic(findings(machine(), ALLOWED, means(traced=(Traced(1234, "apache2", 99, "gdb"),))))
    assert found["1234"].text == "apache2 1234 is traced by gdb 99"
    assert found["1234"].remedy == "kill 99"


def test_of_many_that_are_traced_the_first_are_told(machine: Make, means: Stock) -> None:
    many = tuple(Traced(pid, "worker", 99, "gdb") for pid in range(1000, 1030))
    found = [one for one in findings(machine(), ALLOWED, means(traced=many)) if one.group == "Traced already"]
    assert len(found) == 21
    assert found[-1].text == "10 processes more"


@pytest.mark.parametrize(
    ("fields", "verdict", "said"),
    [
        ({}, Verdict.YES, "1024.0 GiB free in /srv; for one file no limit"),
        ({"free": 1 << 20}, Verdict.NOTE, ": 10485 calls or so"),
        ({"file_limit": 1 << 20}, Verdict.NOTE, "at most 1048576 bytes (RLIMIT_FSIZE)"),
        ({"free": None}, Verdict.YES, "unknown"),
    ],
)
def test_the_room_for_a_trace(
    fields: dict[str, object], verdict: Verdict, said: str, machine: Make, means: Stock
) -> None:
    found = by_topic(findings(machine(), ALLOWED, means(**fields)))["room for a trace"]
    assert found.verdict == verdict
    assert said in found.text
