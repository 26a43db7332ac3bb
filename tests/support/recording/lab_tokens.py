"""What a variant rewrites, and whether that can be done by looking at the text alone."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

BOUND: Final = r"(?<![A-Za-z0-9])(?:{})(?![A-Za-z0-9])"
NUMBER: Final = re.compile(BOUND.format(r"\d{5,6}"))
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
    found = []
    runs = Counter(re.findall("[A-Za-z0-9]+", "\n".join(lines)))
    text = "\n".join(lines).lower()
    for word in words:
        if text.count(word) != runs[word]:
            found += [f"{word} is part of another one: {line}" for line in lines if _is_in_part(word, line)]
    beginnings = {word[:size] for word in words for size in range(SHORTEST, len(word))}
    for line in lines:
        if '"...' in line and not beginnings.isdisjoint(CUT.findall(line)):
            found.append(f"a word is cut: {line}")
    return found


def _is_in_part(word: str, line: str) -> bool:
    return line.lower().count(word) != len(re.findall(BOUND.format(word), line))


def _numbers(lines: Sequence[str], numbers: Sequence[str], places: re.Pattern[str], what: str) -> list[str]:
    given, found = set(numbers), []
    for line in lines:
        there = Counter(filter(given.__contains__, NUMBER.findall(line)))
        if there.total() == _led(line, there):
            continue
        known = Counter(number for match in places.finditer(line) for number in match.groups() if number)
        if what == "task" and (last := re.search(r" = (\d+) <", line)) and not PID_RETURNS.search(line):
            known[last[1]] -= 1
        if any(known[number] < count for number, count in there.items()):
            found.append(f"a number is not that of a {what}: {line}")
    return found


def _led(line: str, there: Counter[str]) -> int:
    """Return how many of the numbers that are there are explained by the task that the line is of."""
    leader = line.partition(" ")[0]
    return 1 if there[leader] == 1 else 0
