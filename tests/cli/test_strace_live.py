"""What ``tracekit strace`` writes, beside what strace writes of the same program with the same options."""

import os
import re
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.chance import without_chance
from tests.support.requirements import need, need_ptrace, need_root

TRACEKIT = [sys.executable, "-m", "tracekit", "strace"]
READER = (
    "import os; fd = os.open('f', os.O_RDONLY); os.read(fd, 64); os.close(99) if 0 else None; os.read(fd, 9)"
)
FAMILY = "/bin/true; (exit 3); /bin/true"


def python(code: str) -> list[str]:
    return [sys.executable, "-IS", "-c", code]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    need_ptrace()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    (tmp_path / "f").write_text("0123456789 abcdefghij\n")
    return tmp_path


def traced(tracer: list[str], words: list[str]) -> tuple[int, str, str]:
    """Return the exit status, the program's output, and what the tracer wrote."""
    done = subprocess.run(
        [*tracer, *words], check=False, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL
    )
    return done.returncode, done.stdout, done.stderr


def both(*words: str) -> tuple[str, str]:
    """Trace a program with both, and return what they wrote, without what is chance."""
    ours, theirs = (traced(tracer, list(words)) for tracer in (TRACEKIT, [need("strace")]))
    assert ours[:2] == theirs[:2]
    return without_chance(ours[2]), without_chance(theirs[2].replace(f"{need('strace')}: ", "strace: "))


READ = ["-P", "f", "-q"]


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["-a", "0"],
        ["-a60"],
        ["-y"],
        ["--decode-fds=dev"],
        ["-yy", "-v"],
        ["-x"],
        ["-xx"],
        ["--strings-in-hex=non-ascii-chars"],
        ["-s", "5"],
        ["-n"],
        ["-i"],
        ["-n", "-i", "-e", "signal=none"],
        ["-e", "raw=read"],
        ["-e", "abbrev=none"],
        ["-e", "abbrev=!newfstatat,fstat"],
        ["-e", "verbose=!newfstatat,fstat"],
        ["-e", "read=3", "-e", "write=3"],
        ["-e", "trace=%desc"],
        ["-e", "trace=!read"],
        ["-e", "trace=/^(re|new)"],
        ["-e", "trace=0,3"],
        ["-e", "trace=?nosuch,read@64"],
        ["-z"],
        ["-Z"],
        ["-e", "status=none"],
        ["-e", "status=!successful"],
        ["--quiet=exit,path-resolution"],
        ["--quiet=none"],
    ],
    ids=" ".join,
)
def test_one_program(options: list[str]) -> None:
    paths = ["-P", "f"]
    ours, theirs = both(*paths, *options, *python(READER))
    assert ours == theirs


@pytest.mark.parametrize(
    "option", ["-t", "-tt", "-ttt", "-r", "-tr", "-T", "--syscall-times=ns", "-r -T -tt"]
)
def test_times_have_the_form_that_strace_gives_them(option: str) -> None:
    ours, theirs = (
        re.sub(r"\d", "9", re.sub(r"\d{2,}", "99", one))
        for one in both(*option.split(), *READ, *python(READER))
    )
    assert ours == theirs


@pytest.mark.parametrize(
    "options",
    [["-f"], ["-f", "-q"], ["-f", "-qq"], ["-f", "-Y"], ["-e", "signal=none"], ["-f", "-e", "signal=!CHLD"]],
    ids=" ".join,
)
def test_messages_and_leaders_of_several_tasks(options: list[str]) -> None:
    """Line by line in sorted order: which task comes first is chance.

    So is whether a child still has a command when its end is told to its parent: not if that was
    within wait4(2), which leaves nothing of the child.
    """
    ours, theirs = (
        sorted(re.sub(r"(si_pid=\w+)<(true|sh)>", r"\1", text).splitlines())
        for text in both(*options, "-e", "trace=none", "sh", "-c", FAMILY)
    )
    assert ours == theirs


def test_who_sent_a_signal_has_its_command() -> None:
    ours, theirs = both("-Y", "-e", "trace=none", "sh", "-c", "kill -CONT $$")
    assert ours == theirs
    assert re.search(r"si_code=SI_USER, si_pid=\w+<sh>,", ours)


COUNTED = (
    "import os; [os.getppid() for _ in range(7)]; os.path.exists('/nowhere'); os.path.exists('/nowhere')"
)
TASKS = """
import os
pid = os.getpid()
os.kill(pid, 0); os.killpg(os.getpgid(pid), 0); os.getsid(pid); os.sched_getaffinity(pid)
child = os.fork()
if not child: os._exit(0)
os.waitpid(child, 0)
"""


def table(text: str) -> list[list[str]]:
    """The rows of a summary, without the times: a share, seconds, microseconds a call."""
    return [
        re.sub(r"(\d+\.\d+) +(\d+\.\d+) +\d+|\d+\.\d+", "0.0", line).split() for line in text.splitlines()
    ]


@pytest.mark.parametrize(
    "options",
    [
        ["-c", "-U", "calls,errors,name", "-S", "name"],
        ["-c", "-U", "name,calls", "-S", "calls"],
        ["-cw", "-S", "errors", "-U", "errors,calls,name,total-time"],
        ["-C", "-e", "signal=none", "-S", "none", "-U", "name,count,errors"],
        ["-c", "-P", "/nowhere", "-S", "name"],
        ["-c", "-z", "-U", "name,calls", "-S", "name"],
        ["-c", "-e", "trace=none"],
        ["-c", "-f", "-U", "calls,errors,name", "-S", "name", "-e", "inject=getppid:error=EPERM:when=3+"],
    ],
    ids=" ".join,
)
def test_a_summary_counts_what_strace_counts(options: list[str]) -> None:
    ours, theirs = both("-e", "trace=getppid,%stat,execve", *options, *python(COUNTED))
    assert table(ours) == table(theirs)


@pytest.mark.parametrize("options", [["-c"], ["-cw"]], ids=" ".join)
def test_the_times_of_a_summary_add_up(options: list[str]) -> None:
    _, _, text = traced(TRACEKIT, [*options, "-e", "trace=%file", *python(COUNTED)])
    _, _, *rows, _, total = text.splitlines()
    assert sum(int(row.split()[3]) for row in rows) == int(total.split()[3])
    assert abs(sum(float(row.split()[1]) for row in rows) - float(total.split()[1])) < 1e-5
    assert [float(row.split()[1]) for row in rows] == sorted(
        (float(row.split()[1]) for row in rows), reverse=True
    )


def test_a_summary_stands_in_the_file(folder: Path) -> None:
    assert traced(TRACEKIT, ["-c", "-o", "t", "-e", "trace=execve", "true"]) == (0, "", "")
    assert (folder / "t").read_text().splitlines()[2].split()[-2:] == ["1", "execve"]


@pytest.mark.parametrize("options", [["-Y"], ["--decode-pids=comm"], ["--decode-pids=all"]], ids=" ".join)
def test_tasks_have_their_commands(options: list[str]) -> None:
    wanted = "trace=kill,getpgid,getsid,sched_getaffinity,getpid,%process"
    ours, theirs = both(*options, "-e", wanted, "-e", "signal=none", *python(TASKS))
    assert ours == theirs


def test_numbers_of_another_namespace_are_translated() -> None:
    need_root()
    wanted = "trace=kill,getpgid,getsid,sched_getaffinity"
    program = [need("unshare"), "--pid", "--fork", *python(TASKS)]
    ours, theirs = both("-f", "-qq", "--decode-pids=pidns", "-e", wanted, "-e", "signal=none", *program)
    assert "in strace's PID NS */" in ours
    assert sorted(ours.splitlines()) == sorted(theirs.splitlines())


def test_a_full_disk_is_told_and_leaves_the_program_alone() -> None:
    status, out, said = traced(TRACEKIT, ["-o", "/dev/full", "sh", "-c", "echo done; exit 3"])
    assert (status, out) == (3, "done\n")
    assert said == "strace: /dev/full: No space left on device\n"
    assert traced(TRACEKIT, ["-o", "/nowhere/t", "echo", "never"])[:2] == (1, "")


@pytest.mark.parametrize("options", [[], ["-f", "-o", "t"]], ids=" ".join)
def test_who_reads_our_messages_may_go(options: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    words = [*TRACEKIT, *options, "sh", "-c", "(exit 1); exit 3"]
    done = subprocess.run(words, check=False, stderr=writing, timeout=60)
    os.close(writing)
    assert done.returncode == 3


def test_who_reads_the_trace_has_signals_as_any_program_but_for_the_terminals() -> None:
    show = "env - sed -n s/SigIgn:.//p /proc/self/status >ignored; cat >/dev/null"
    with subprocess.Popen([*TRACEKIT, "-o", f"|{show}", "true"]) as tracer:
        assert tracer.wait(60) == 0
    ignored = {number for number in range(1, 32) if int(Path("ignored").read_text(), 16) >> number - 1 & 1}
    assert ignored == {signal.SIGINT}


def test_a_reader_that_ends_early_is_named_as_it_was_given() -> None:
    out, said = traced(TRACEKIT, ["-o", "|exit 3", "sh", "-c", "exit 4"])[::2]
    assert (out, said) == (4, "strace: |exit 3: Broken pipe\n")


def test_a_variable_without_a_name_does_not_keep_the_program_from_starting() -> None:
    status, out, _ = traced([need("env"), "=x", *TRACEKIT], ["-E", "=y", "-o", "t", "echo", "started"])
    assert (status, out) == (0, "started\n")


def test_a_request_to_end_is_the_end_of_both() -> None:
    """The program gets it, too; whatever that makes of it, it is the tracer's end."""
    code = "trap 'exit 3' TERM; echo; while :; do :; done"
    with subprocess.Popen(
        [*TRACEKIT, "sh", "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as tracer:
        assert tracer.stdout
        tracer.stdout.readline()
        tracer.send_signal(signal.SIGTERM)
        tracer.communicate(timeout=60)
        assert tracer.returncode == -signal.SIGTERM


PARENTS = """
import os
facts = dict(line.split(":\\t", 1) for line in open("/proc/self/status").read().splitlines())
print(os.getppid(), facts["TracerPid"], os.getpgrp() == os.getpgid(int(facts["TracerPid"])))
raise SystemExit(5)
"""


@pytest.mark.parametrize(
    ("option", "in_our_group"),
    [
        ("-D", True),
        ("-DD", False),
        ("-DDD", False),
        ("--daemonize=grandchild", True),
        ("--daemonize=pgrp", False),
    ],
)
def test_the_tracer_steps_aside(option: str, in_our_group: bool) -> None:
    """The program is our child, and the tracer is not its parent; it ends when the program has."""
    with subprocess.Popen(
        [*TRACEKIT, option, "-o", "|cat >&2", "-e", "trace=exit_group", *python(PARENTS)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as program:
        out, err = program.communicate(timeout=60)
    parent, tracer, together = out.split()
    assert (int(parent), together) == (os.getpid(), str(in_our_group))
    assert int(tracer) not in {0, program.pid, os.getpid()}
    assert program.returncode == 5
    assert err.split("\n")[-3:] == [
        "exit_group(5)                           = ?",
        "+++ exited with 5 +++",
        "",
    ]


def test_a_filter_that_cannot_be_had_is_told() -> None:
    need_root()
    less = [need("setpriv"), "--bounding-set=-sys_admin", "--inh-caps=-sys_admin", *TRACEKIT]
    status, _, said = traced(less, ["-f", "--seccomp-bpf", "-e", "trace=execve", "true"])
    first, *lines = said.splitlines()
    assert first.startswith("strace: seccomp filter is requested but unavailable: without CAP_SYS_ADMIN ")
    assert [line.split("(")[0] for line in lines] == ["execve", "+++ exited with 0 +++"]
    assert status == 0


def test_letting_go_at_execve_needs_every_call() -> None:
    ours, theirs = both("-f", "--seccomp-bpf", "-b", "execve", "-e", "trace=execve", "true")
    assert ours == theirs
    assert "--seccomp-bpf is not enabled because it is not compatible with -b" in ours


CUT_SHORT = """
import ctypes, mmap
libc = ctypes.CDLL(None)
block = mmap.mmap(-1, 2 * mmap.PAGESIZE)
start = ctypes.addressof(ctypes.c_char.from_buffer(block))
block[mmap.PAGESIZE - 5:mmap.PAGESIZE] = b"12345"
libc.munmap(ctypes.c_void_p(start + mmap.PAGESIZE), mmap.PAGESIZE)
libc.chdir(ctypes.c_void_p(start + mmap.PAGESIZE - 5))
import os; os._exit(0)
"""


def test_a_string_that_is_cut_short_is_told() -> None:
    ours, theirs = both("-o", "t", "-e", "trace=chdir", *python(CUT_SHORT))
    assert ours == theirs == "strace: umovestr: short read (5 < 4096) @ADDRESS: Bad address\n"


def test_without_a_tracer_there_is_no_program() -> None:
    status, out, said = traced(TRACEKIT, ["-D", "-o", "/nowhere/t", "echo", "never"])
    assert (status, out) == (1, "")
    assert said == "strace: Can't fopen '/nowhere/t': No such file or directory\n"


def test_files_are_private_whatever_the_umask(folder: Path) -> None:
    assert traced(TRACEKIT, ["-o", "t", "-e", "trace=none", "true"]) == (0, "", "")
    assert (folder / "t").read_text() == "+++ exited with 0 +++\n"
    assert stat.S_IMODE((folder / "t").stat().st_mode) == 0o600
    traced(TRACEKIT, ["-A", "-o", "t", "-e", "trace=none", "false"])
    assert (folder / "t").read_text() == "+++ exited with 0 +++\n+++ exited with 1 +++\n"


def test_a_file_for_each_task(folder: Path) -> None:
    assert traced(TRACEKIT, ["-ff", "-o", "t", "-e", "trace=none", "sh", "-c", FAMILY])[0] == 0
    texts = sorted(path.read_text().count("+++ exited with") for path in folder.glob("t.*"))
    assert texts == [1, 1, 1, 1]


def test_another_program_takes_the_trace() -> None:
    status, out, _ = traced(TRACEKIT, ["-o", "|sed s/^/X/", "-e", "trace=none", "true"])
    assert (status, out) == (0, "X+++ exited with 0 +++\n")


@pytest.mark.parametrize(
    ("code", "status"), [("exit 7", 7), ("kill -TERM $$", -signal.SIGTERM), ("kill -9 $$", -9)]
)
def test_it_ends_as_the_program_does(code: str, status: int) -> None:
    assert traced(TRACEKIT, ["-o", "t", "sh", "-c", code])[0] == status
    assert traced([need("strace")], ["-o", "t", "sh", "-c", code])[0] == status


def test_the_environment_is_changed_for_the_program_alone() -> None:
    words = ["-o", "/dev/null", "-E", "A=1", "-E", "B", "-E", "A=2", "sh", "-c", "echo $A${B-unset}"]
    assert traced(["env", "B=x", *TRACEKIT], words)[1] == "2unset\n"


def test_a_program_that_cannot_be_executed() -> None:
    ours, theirs = both("/")
    assert ours == theirs


def test_a_process_is_let_go_of_at_execve() -> None:
    ours, theirs = both("-b", "execve", "-e", "trace=none", "sh", "-c", "exec false")
    assert ours == theirs


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_attached_process_goes_on_when_we_end_by_a_signal(number: signal.Signals) -> None:
    with subprocess.Popen(["sleep", "60"]) as subject:
        with subprocess.Popen([*TRACEKIT, "-p", str(subject.pid)], stderr=subprocess.PIPE, text=True) as ours:
            assert ours.stderr
            assert ours.stderr.readline() == f"strace: Process {subject.pid} attached\n"
            ours.send_signal(number)
            rest = ours.stderr.read()
        assert f"strace: Process {subject.pid} detached\n" in rest
        assert rest.endswith(" <detached ...>\n") or "<detached" not in rest
        assert ours.returncode == -number
        assert subject.poll() is None
        subject.kill()


def test_a_process_that_is_not_there() -> None:
    with subprocess.Popen(["true"]) as gone:
        pass
    assert traced(TRACEKIT, ["-p", str(gone.pid)]) == (
        1,
        "",
        f"strace: attach: ptrace(PTRACE_SEIZE, {gone.pid}): No such process\n",
    )
