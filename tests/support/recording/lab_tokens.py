"""What a variant rewrites, and whether that can be done by looking at the text alone."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

BOUND: Final = r"(?<![A-Za-z0-9])(?:{})(?![A-Za-z0-9])"
PID_PLACES: Final = re.compile(
    r"^(\d+) (?=\d+\.\d{6} )"  # the task that a line is of
    r"|(?<= = )(\d+)(?= <[\d.]+>$)"  # what fork, clone, wait4, gettid ... return
    r"|(?:kill|wait4|waitid|set_tid_address|getpgid|setpgid|sched_\w+|prlimit64)\((?:P_PID, )?(\d+)(?=[,)])"
    r"|(?:tgkill)\((\d+), (\d+)(?=,)"
    r"|(?:si_pid|parent_tid|child_tid)=\[?(\d+)(?=[\],}])"
    r"|(?:parent_tid|child_tid)=\[\d+ => (\d+)\]|=> \{parent_tid=\[(\d+)\]\}"
    r"|futex\([^\"]*?(?:FUTEX_WAIT_BITSET\|FUTEX_CLOCK_REALTIME|FUTEX_WAIT), (\d+)(?=,)"  # a thread is joined
    r'|"(\d+)\\n"'  # the pid file
    r"|(?<=/proc/)(\d+)(?=/)|(?<=/task/)(\d+)(?=/)|(?<=<pid:)(\d+)(?=>)"
    r"|(?<=ROUTE:)(\d+)(?=\])|(?<=nl_pid=)(\d+)(?=,)|(?<=nlmsg_pid=)(\d+)(?=\})"
)
"""Where the number of a task may stand."""
PID_RETURNS: Final = re.compile(
    r"\b(?:v?fork|clone3?|wait4|waitid|gettid|getpid|getppid|set_tid_address|setsid|getpgrp|getpgid|rt_sigreturn)\b"
)
PORT_PLACES: Final = re.compile(
    r"(?<=127\.0\.0\.1:)(\d+)(?=->|\]|>)|(?<=htons\()(\d+)(?=\))|(?<=:\]:)(\d+)(?=->|\])"
)
CUT: Final = re.compile(r'(?:\\[abfnrtv])?([A-Za-z0-9]+)"\.\.\.')
"""The end of a text of which no more is shown."""
SHORTEST: Final = 2
"""From so many letters on the beginning of a word, where a text is cut, is taken for that word."""


def leaders(lines: Iterable[str]) -> set[str]:
    """Return the tasks that have lines."""
    return {line.partition(" ")[0] for line in lines}


def ambiguities(lines: Sequence[str], tokens: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the lines in which a token stands for something else, or only in part."""
    return [
        *_words(lines, tokens["words"]),
        *_numbers(lines, tokens["pids"], PID_PLACES, "task"),
        *_numbers(lines, tokens["ports"], PORT_PLACES, "port"),
    ]


def _words(lines: Sequence[str], words: Sequence[str]) -> list[str]:
    bound = re.compile(BOUND.format("|".join(words)))
    anywhere = re.compile("|".join(words), re.IGNORECASE)
    found = []
    for line in lines:
        if len(anywhere.findall(line)) != len(bound.findall(line)):
            found.append(f"a word is part of another one: {line}")
        tails = [tail for tail in CUT.findall(line) if len(tail) >= SHORTEST and tail not in words]
        if any(word.startswith(tail) for word in words for tail in tails):
            found.append(f"a word is cut: {line}")
    return found


def _numbers(lines: Sequence[str], numbers: Sequence[str], places: re.Pattern[str], what: str) -> list[str]:
    bound = re.compile(BOUND.format("|".join(numbers)))
    found = []
    for line in lines:
        there = Counter(bound.findall(line))
        if not there:
            continue
        known = Counter(number for match in places.finditer(line) for number in match.groups() if number)
        if what == "task" and (last := re.search(r" = (\d+) <", line)) and not PID_RETURNS.search(line):
            known[last[1]] -= 1
        if any(known[number] < count for number, count in there.items()):
            found.append(f"a number is not that of a {what}: {line}")
    return found
