"""A log with every state that a task and a line can be in: for what must not depend on where it is cut."""

from tracekit.stream import Reader

PIDS = """\
# tracekit process {"pid": 7, "tids": [7, 8]}
7  12:00:00.000001 read(3<TCP:[a:1->b:2]>,  <unfinished ...>
8  12:00:01.000000 getpid() = 8 <0.000011>
9  12:00:01.000001 <... poll resumed>) = 0 (Timeout) <1.5>
what is this
8  12:00:02.000000 futex(0x7f, FUTEX_WAIT, 1, NULL <unfinished ...>
7  12:00:02.000001 --- SIGCHLD {si_signo=SIGCHLD, si_pid=9} ---
7  12:00:02.000002 <... read resumed>"a) = 1 <unfinished ...>", 8) = 5 <2.0>
8  12:00:03.000000 <... read resumed>"x", 1) = 1
8  12:00:03.000001 close(3 <unfinished ...>
8  12:00:03.000002 close(4) = 0
11 12:00:04.000000 exit_group(0 <unfinished ...>
11 12:00:04.000001 <... exit_group resumed> <unfinished ...>) = ?
11 12:00:04.000002 +++ exited with 0 +++
12 12:00:05.000000 execve("/bin/true", ["true"], 0x7f /* 3 vars */ <unfinished ...>
7  12:00:05.000001 pause( <unfinished ...>
7  12:00:05.000002 +++ superseded by execve in pid 12 +++
7  12:00:05.000003 <... execve resumed>) = 0 <0.1>
7  23:59:59.900000 vfork( <unfinished ...>
13 00:00:00.100000 execve("/x", [], NULL <pid changed to 14 ...>
14 00:00:00.200000 <... execve resumed>) = 0
7  00:00:00.300000 <... vfork resumed>) = 13 <0.4>
15 00:00:00.400000 read(3, strace: Process 16 attached
"x", 1) = 1 <0.1>
15 00:00:00.500000 write(1, strace: Process 17 attached
strace: Process 18 attached
 <unfinished ...>
16 00:00:00.600000 read(3 <unfinished ...>
strace: Process 16 detached
17 00:00:00.700000 futex(0x7f <detached ...>
15 00:00:00.800000 <... write resumed>) = 5
18 00:00:00.900000 read(5, "abc <unfinished ...>
18 00:00:01.000000 ???( <unfinished ...>
18 00:00:01.000001 <... ??? resumed>) = ?
18 00:00:01.000002 nanosleep({tv_sec=1 <unfinished ...>
18 00:00:01.000003 <... nanosleep resumed> <unfinished ...>
18 00:00:01.000004 <... nanosleep resumed>}, NULL) = 0
18 00:00:01.000005 poll([{fd=3 <unfinished ...>
18 00:00:01.000006 +++ killed by SIGSEGV (core dumped) +++
18 00:00:01.000007 getppid() = 7
21 00:00:01.000008 access("/no/x", R_OK <unfinished ...>
)                  = -1 ENOENT (No such file or directory) <0.1>
21 00:00:01.000008 write(1, "a\\nb\\nc", 5a
b
c)      = 5 <0.2>
21 00:00:01.000008 f( <unfinished ...>
21 00:00:01.000008 <... f resumed>1,  <unfinished ...>
21 00:00:01.000008 <... f resumed>2,  <unfinished ...>
hello21 00:00:01.000008 close(3) = 0
hello21 00:00:01.000008 read(3 <unfinished ...>
hello21 00:00:01.000008 <... read resumed>, 4) = 0
8  00:00:01.000008 execve("/x", [] <unfinished ...>
21 00:00:01.000008 <... execve resumed>) = 0
19 00:00:01.000008 read(3 <unfinished ...>
20 00:00:01.000009 read(3, "x", 1
"""
"""A log whose lines all bear a pid, with a time of day that wraps."""

MIXED = (
    PIDS
    + """\
7  1700000000.000001 getpid() = 7
7  1700000000.000002 read(3 <unfinished ...>
getpid() = 7
[pid     7] getpid() = 7
[pid    21] clone3({flags=CLONE_VM}strace: Process 22 attached
 => {parent_tid=[22]}, 88) = 22
[pid    22] +++ exited with 0 +++
[pid    21] +++ exited with 0 +++
close(3)   = 0
     0.000321 close(4) = 0
     0.000021 close(5 <unfinished ...>
     0.000001 \x1b[31mgetpid\x1b[0m() = 7\r
\r
1700000000.000002 <... close resumed>) = 0
"""
)
"""What comes when logs of several layouts are appended to one another."""

COLUMNS = ("forms", "tids", "times", "durations", "lines", "ends", "odd")


def contents(reader: Reader) -> dict[str, object]:
    """Return everything that was read."""
    return {name: getattr(reader.rows, name) for name in COLUMNS} | {
        "count": reader.lines,
        "layout": reader.layout,
        "first_tid": reader.first_tid,
    }


def read_by_line(text: str, tid: int | None = None) -> Reader:
    """Read a log by the definition; a tid makes it one of ``-ff``."""
    reader = Reader("log", tid)
    for line in text.split("\n")[:-1] if text.endswith("\n") else text.split("\n"):
        reader.feed(line)
    reader.finish()
    return reader
