"""Logs to read: written from a model, or recorded of a busy apache2; each with the calls that are in it."""

import random
import re
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.support.httpd import apache
from tests.support.processes import ending, start, task, wait_until
from tests.support.strace_log import Call, Log, Look

TIDS = tuple(range(4062, 4062 + 28))
REQUEST = tuple(
    (name, tuple(args.split("~")), ret)
    for name, args, ret in (
        ("accept4", "3~[{size}]~[128 => 16]~SOCK_CLOEXEC", "{fd}"),
        ("getsockname", '{fd}~{{sa_family=AF_INET, sin_addr=inet_addr("127.0.0.1")}}~[128 => 16]', "0"),
        ("fcntl", "{fd}~F_SETFL~O_RDWR|O_NONBLOCK", "0"),
        ("read", r'{fd}~"GET /{name}?q=a,(b) HTTP/1.1\r\nHost: {port}\r\n"...~8000', "{size}"),
        ("newfstatat", 'AT_FDCWD~"/srv/{name}"~{{st_mode=S_IFREG|0644, st_size={size}, ...}}~0', "0"),
        ("openat", 'AT_FDCWD~"/srv/{name}"~O_RDONLY|O_CLOEXEC', "{fd}"),
        ("openat", 'AT_FDCWD~"/srv/.htaccess{size}"~O_RDONLY', "-1 ENOENT (No such file or directory)"),
        ("mmap", "NULL~{size}~PROT_READ~MAP_SHARED~{fd}~0", "0x7f{port}000"),
        (
            "writev",
            r'{fd}~[{{iov_base="HTTP/1.1 200 OK\r\n", iov_len={size}}}, {{iov_base="<"..., iov_len=5}}]~2',
            "9",
        ),
        ("munmap", "0x7f{port}000~{size}", "0"),
        ("write", r'9~"127.0.0.1 - - \"GET /{name} HTTP/1.1\" 200 {size}\n"~{size}', "{size}"),
        ("shutdown", "{fd}~SHUT_WR", "0"),
        ("poll", "[{{fd={fd}, events=POLLIN}}]~1~2000", "1 ([{{fd={fd}, revents=POLLIN|POLLHUP}}])"),
        ("close", "{fd}", "0"),
        ("futex", "0x55{port}0~FUTEX_WAKE_PRIVATE~1", "1"),
        ("epoll_wait", "{fd}~[{{events=EPOLLIN, data={{u32={port}, u64={port}}}}}]~13~-1", "1"),
    )
)
"""The calls of a request, each with its arguments and its return; fd, port, size and name vary."""
PAGES = ("index.html", "a/b.css", "x, y.png", "z)=3")
LEADER = re.compile(r"(\d+) +(\d+)\.(\d{6}) (.*)", re.DOTALL)
COUNTED = re.compile(r" *[\d.]+ +[\d.]+ +\d+ +(\d+) +(?:\d+ +)?(\w+)")


class Found(NamedTuple):
    """A call as a reader has it: who, what, with which arguments (None: not told), and what came of it."""

    tid: int
    name: str
    args: tuple[str, ...] | None
    ret: str


Model = Counter[Found]


def written(path: Path, lines: int, look: Look, *, alike: bool, split: float) -> Model:
    """Write a log of about so many lines of a busy server, and return the calls in it.

    Args:
        path: the file to write.
        lines: how many lines.
        look: how it is written.
        alike: whether calls repeat, as those of a busy server do.
        split: the share of the calls that others come between.
    """
    chance, log, model = random.Random(4), Log(look), Model()
    opened: dict[int, Found] = {}
    with path.open("w") as file:
        count = 0
        while count < lines:
            log.wait(chance.randrange(40))
            now = log.task(chance.choice(TIDS))
            if now.call:
                log.end(now, chance.randrange(90))
                model[opened.pop(now.tid)] += 1
            else:
                call, found = _drawn(chance, now.tid, alike)
                if chance.random() < split:
                    log.begin(now, call, min(2, len(call.tokens)))
                    opened[now.tid] = found
                else:
                    log.call(now, call, chance.randrange(90))
                    model[found] += 1
            count += len(log.lines)
            file.writelines(f"{line}\n" for line in log.lines)
            log.lines.clear()
            log.rows.clear()
    return model


def _drawn(chance: random.Random, tid: int, alike: bool) -> tuple[Call, Found]:
    name, args, ret = chance.choice(REQUEST)
    most = 9 if alike else 10**9
    facts = {
        "fd": 10 + chance.randrange(min(most, 1000)),
        "port": 40_000 + chance.randrange(most),
        "size": chance.randrange(most),
        "name": chance.choice(PAGES) + ("" if alike else str(chance.randrange(most))),
    }
    values = tuple(arg.format(**facts) for arg in args)
    text = ret.format(**facts)
    tokens = tuple(token for value in values for token in (", ", value))[1:]
    return Call(name, tokens, text), Found(tid, name, values, first_word(text))


def first_word(ret: str) -> str:
    """Return what a call returned without what is said of it: 14 of ``14</path>``."""
    return re.split(r"[ <]", ret, maxsplit=1)[0]


def recorded(path: Path, requests: int) -> Counter[str]:
    """Record a busy apache2 with strace, and return how many calls of each name it counted (``-C``)."""
    with apache("event", servers=2, threads_per_child=25) as server:
        every = [word for pid in server.pids() for word in ("-p", str(pid))]
        command = ["strace", "-f", "-ttt", "-T", "-yy", "-C", "-s", "1024", "-o", str(path), *every]
        tracer = start(command, stderr=subprocess.DEVNULL)
        with ending(tracer):
            wait_until(
                lambda: all((one := task(tid)) is None or one.tracer for tid in server.tids()), "a hold"
            )
            url = f"http://127.0.0.1:{server.address[1]}/"
            subprocess.run(
                ["ab", "-q", "-k", "-c", "8", "-n", str(requests), url], check=True, capture_output=True
            )
            tracer.send_signal(signal.SIGINT)
            tracer.wait()
    text = path.read_text()
    table = text.index("% time")
    path.write_text(text[:table])
    rows = (COUNTED.fullmatch(line) for line in text[table:].splitlines())
    return Counter({row[2]: int(row[1]) for row in rows if row and row[2] != "total"})


def with_times_of_day(source: Path, target: Path) -> None:
    """Write the same log as ``-tt`` would have."""
    with source.open() as lines, target.open("w") as out:
        for line in lines:
            found = LEADER.fullmatch(line)
            assert found, line
            seconds = int(found[2]) % 86_400
            clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{found[3]}"
            out.write(f"{found[1]} {clock} {found[4]}")


def scanned(path: Path) -> Model:
    """Return the calls of a log of ``-f -ttt -T``, character by character: slow, plain, a second opinion."""
    model, begun = Model(), dict[str, str]()
    with path.open() as lines:
        for line in lines:
            found = LEADER.fullmatch(line.rstrip("\n"))
            assert found, line
            tid, _, _, text = found.groups()
            if text.endswith(" <unfinished ...>"):
                begun[tid] = text.removesuffix("<unfinished ...>")[:-1]
                continue
            if text.startswith("<... "):
                text = begun.pop(tid, "") + text.partition(" resumed>")[2]
            name, parenthesis, rest = text.partition("(")
            if parenthesis and name.isidentifier():
                args, ret = _scanned_arguments(rest)
                if ret and ret != "?":
                    model[Found(int(tid), name, args, first_word(ret))] += 1
    return model


def _scanned_arguments(text: str) -> tuple[tuple[str, ...], str]:
    """Return the arguments, and what stands behind the equals sign."""
    args: list[str] = []
    begin = depth = place = 0
    while place < len(text):
        sign = text[place]
        if sign == '"':
            place = _end_of_string(text, place)
        elif sign == "<" and place and (text[place - 1].isdigit() or text[place - 1].isupper()):
            place = _end_of_annotation(text, place)
        elif sign in "([{":
            depth += 1
        elif sign in ")]}" and depth:
            depth -= 1
        elif sign == ")":
            last = text[begin:place].strip()
            return tuple([*args, last] if last else args), text[place + 1 :].strip().removeprefix("= ")
        elif sign == "," and not depth:
            args.append(text[begin:place].strip())
            begin = place + 1
        place += 1
    return tuple(args), ""


def _end_of_string(text: str, place: int) -> int:
    place += 1
    while place < len(text) and text[place] != '"':
        place += 2 if text[place] == "\\" else 1
    return place


def _end_of_annotation(text: str, place: int) -> int:
    depth = 0
    while place < len(text):
        if text[place] == '"':
            place = _end_of_string(text, place)
        elif text[place] == "<":
            depth += 1
        elif text[place] == ">" and text[place - 1] != "-":
            depth -= 1
            if not depth:
                return place
        place += 1
    return place


def names(model: Model) -> Iterator[tuple[str, int]]:
    """Yield how many calls of each name there are."""
    counted = Counter[str]()
    for found, times in model.items():
        counted[found.name] += times
    yield from sorted(counted.items())
