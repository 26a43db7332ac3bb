"""A log of a busy threaded server, of any length, as ``strace -f -ttt -T -yy`` writes it."""

import random
from collections.abc import Iterator
from pathlib import Path

PARENT, LISTENER = 4062, 4063
WORKERS = tuple(range(4064, 4064 + 25))
ROOT = "/srv/www"
KEPT = 10
"""Requests on a connection."""
SPLIT = 0.5
"""The share of the calls that others come between."""
AGENT = "User-Agent: a-browser-of-some-length/1.0\\r\\nAccept: text/html,application/xml\\r\\n"


def written(path: Path, calls: int, *, alike: bool) -> None:
    """Write a log of about so many calls.

    Args:
        path: the file to write.
        calls: how many calls.
        alike: whether the same few pages are asked for, or another one each time.
    """
    chance = random.Random(6)
    talks = {tid: _talks(tid, chance, alike) for tid in WORKERS}
    begun: dict[int, tuple[str, str]] = {}
    now, count = 1_795_409_445_000_000, 0
    with path.open("w") as file:
        while count < calls or begun:
            now += chance.randrange(1, 40)
            leader = f"{{}} {now // 1_000_000}.{now % 1_000_000:06} "
            tid = chance.choice(WORKERS) if count < calls else next(iter(begun))
            if tid in begun:
                name, rest = begun.pop(tid)
                file.write(f"{leader.format(tid)}<... {name} resumed>{rest} <0.000040>\n")
                continue
            who, name, args, rest = next(talks[tid])
            count += 1
            if who == tid and chance.random() < SPLIT:
                begun[tid] = (name, rest)
                file.write(f"{leader.format(tid)}{name}({args} <unfinished ...>\n")
            else:
                file.write(f"{leader.format(who)}{name}({args}{rest} <0.000011>\n")


def _talks(tid: int, chance: random.Random, alike: bool) -> Iterator[tuple[int, str, str, str]]:
    """Yield what is done for the connections that one worker serves: by whom, the call, its two halves."""
    fd, port, number = tid - WORKERS[0] + 10, 1024, 0
    while True:
        port = 1024 + (port + 25) % 60_000
        socket = f"{fd}<TCP:[127.0.0.1:80->127.0.0.1:{port + tid - WORKERS[0]}]>"
        yield LISTENER, "accept4", "3<TCP:[127.0.0.1:80]>", f", NULL, NULL, SOCK_CLOEXEC) = {socket}"
        yield LISTENER, "futex", f"0x55d0{tid:x}", ", FUTEX_WAKE_PRIVATE, 1) = 1"
        for _ in range(KEPT):
            number += 1
            name = f"page{chance.randrange(9)}" if alike else f"page{tid}-{number}"
            yield from ((tid, *call) for call in _request(socket, f"/{name[4:6]}/{name}.html", fd + 100))
        yield tid, "shutdown", socket, ", SHUT_WR) = 0"
        yield tid, "close", socket, ") = 0"


def _request(socket: str, target: str, fd: int) -> Iterator[tuple[str, str, str]]:
    """Yield the calls of one request, as httpd makes them."""
    head = f"GET {target} HTTP/1.1\\r\\nHost: localhost\\r\\n{AGENT}\\r\\n"
    answer = "HTTP/1.1 200 OK\\r\\nDate: Mon, 23 Nov 2026 08:09:10 GMT\\r\\nContent-Length: 4500\\r\\n\\r\\n"
    page, folder = f"{fd}<{ROOT}{target}>", ROOT + target.rpartition("/")[0]
    size, sent = len(head) - head.count("\\"), len(answer) - answer.count("\\")
    missing = "= -1 ENOENT (No such file or directory)"
    struct = "{st_mode=S_IFREG|0644, st_size=4500, ...}"
    yield "read", socket, f', "{head}", 8000) = {size}'
    yield "newfstatat", f'AT_FDCWD</>, "{ROOT}{target}"', f", {struct}, 0) = 0"
    yield "openat", f'AT_FDCWD</>, "{ROOT}/.htaccess", O_RDONLY|O_CLOEXEC', f") {missing}"
    yield "openat", f'AT_FDCWD</>, "{folder}/.htaccess", O_RDONLY|O_CLOEXEC', f") {missing}"
    yield "openat", f'AT_FDCWD</>, "{ROOT}{target}", O_RDONLY|O_CLOEXEC', f") = {page}"
    yield "fcntl", page, ", F_GETFD) = 0x1 (flags FD_CLOEXEC)"
    yield "mmap", "NULL, 4500, PROT_READ, MAP_SHARED", f", {page}, 0) = 0x7f22a5b41000"
    parts = f'[{{iov_base="{answer}", iov_len={sent}}}, {{iov_base="<html>"..., iov_len=4500}}], 2'
    yield "writev", f"{socket}, {parts}", f") = {sent + 4500}"
    yield "munmap", "0x7f22a5b41000, 4500", ") = 0"
    line = f'127.0.0.1 - - \\"GET {target} HTTP/1.1\\" 200 4500\\n'
    yield "write", "9</var/log/access.log>", f', "{line}", 90) = 90'
    yield "close", page, ") = 0"
    yield "read", socket, ", 0x7f22a0000b20, 8000) = -1 EAGAIN (Resource temporarily unavailable)"
    yield "poll", f"[{{fd={socket}, events=POLLIN}}], 1, 5000", f") = 1 ([{{fd={socket}, revents=POLLIN}}])"
