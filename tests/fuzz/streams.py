"""Valid logs by chance, as bytes: what the mutations begin with, and their calls, to be looked for again."""

import json
import random
from pathlib import Path
from typing import NamedTuple

from tests.support.strace_log import DAY, EPOCH, SECOND, Call, Log, Look

FORMS = Path(__file__).parent.parent / "stream" / "strace-forms.jsonl"
CALLS = tuple(
    Call(name, tuple(args.split("~")), ret_text, ret)
    for name, args, ret_text, ret in (
        ("read", r'3</srv/a, b) = 3 (x>~, ~"GET /\" HTTP/1.1\r\n) = 7\377"...~, ~8000', "78", 78),
        ("openat", 'AT_FDCWD</srv>~, ~"/tmp/f) = 7"~, ~O_RDONLY|O_CLOEXEC', "-1 ENOENT (No such file)", -1),
        (
            "accept4",
            "3<TCP:[[::]:80]>~, ~{sa_family=AF_INET~, sin_port=htons(80)}~, ~[128 => 16]",
            "1<TCP:[1->2]>",
            1,
        ),
        (
            "clone3",
            "{flags=CLONE_VM|CLONE_FS~, exit_signal=0}~ => {parent_tid=[13162]}~, ~88",
            "13162",
            13162,
        ),
        (
            "poll",
            "[{fd=5</dev/null<char 1:3>>~, events=POLLIN}]~, ~1~, ~-1",
            "1 ([{fd=5, revents=POLLIN}])",
            1,
        ),
        ("rt_sigprocmask", "SIG_BLOCK~, ~[KILL STOP RTMIN RT_1]~, ~[]~, ~8", "0", 0),
        ("execve", '"/bin/x"~, ~["x", "-c", "a, b"...]~, ~0x7ffd /* 35 vars */', "0", 0),
        (
            "futex",
            "0x7f34~, ~FUTEX_WAIT_BITSET|FUTEX_CLOCK_REALTIME~, ~???",
            "? ERESTARTSYS (To be restarted)",
            None,
        ),
        ("prctl", "0x7777 /* PR_??? */~, ~0x1", "-1 (errno 12345)", -1),
        ("sendto", '5<UNIX-STREAM:[7->8,"/run/a]>b"]>~, ~@"abs"~, ~{{{}, ...}, [5]=0x2}', "9 (INJECTED)", 9),
    )
)
"""Between the tokens of the arguments stands a tilde."""
TIDS = (7, 1234, 30_001, 4_194_304)
SIGNAL = ("SIGCHLD", "{si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=9, si_status=0}")
DEATHS: tuple[int | str, ...] = (0, "SIGKILL", "SIGSEGV (core dumped)")
LOOKS = (
    Look(),
    Look(time="-ttt", duration=True),
    Look(time="-t", duration=True, comm="a b) = 1", start_ns=EPOCH - EPOCH % DAY + DAY - SECOND),
    Look(time="-t", delta=True, number=True, pointer=True, context="httpd_t"),
    Look(pid="[pid]", time="-ttt", digits=9),
    Look(pid="", delta=True),
    Look(time="-ttt", begins="<unfinished #", resumed=" resumed #>", colour="\x1b[1;36m"),
    Look(resumed=" resumed> ", column=0),
)


class Stream(NamedTuple):
    """A valid log: its lines without their ends, and the whole calls among them by their line's text."""

    lines: list[bytes]
    calls: dict[bytes, Call]


def valid_stream(chance: random.Random, length: int) -> Stream:
    """Return a log of about that many lines."""
    if chance.random() < 0.1:
        return _forms(chance)
    log = Log(chance.choice(LOOKS))
    calls: dict[bytes, Call] = {}
    while len(log.lines) < length:
        log.wait(chance.randrange(1000))
        task = log.task(chance.choice(TIDS))
        call = chance.choice(CALLS)
        choice = chance.random()
        if task.call:
            log.end(task, chance.randrange(1000))
        elif choice < 0.5:
            log.call(task, call, chance.randrange(1000))
            calls[log.lines[-1].encode()] = call
        elif choice < 0.85:
            log.begin(task, call, chance.randrange(len(call.tokens) + 1))
        elif choice < 0.9:
            log.gone(task, chance.choice(DEATHS))
        elif choice < 0.95:
            log.signal(task, *SIGNAL)
        else:
            log.note("dump", "00000  76 6d 0a", " | ")
    return Stream([line.encode() for line in log.lines], calls)


def _forms(chance: random.Random) -> Stream:
    """Return the collected forms, in any order."""
    forms = [json.loads(line) for line in FORMS.read_text().splitlines()]
    lines = [
        f"7  12:00:00.000001 {form['line']}" if form["kind"] == "body" else form["line"] for form in forms
    ]
    chance.shuffle(lines)
    return Stream([part.encode() for line in lines for part in line.split("\n")], {})
