"""strace's options and their combinations: pairs of any two, and the whole products of those that meet.

A combination is one choice of each dimension. Any two choices meet in one of the pairwise rows; the
products are those of the leader (what stands before a call) and of the body (how a call is written).
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, product

Combination = dict[str, str]

LEADER: Mapping[str, Sequence[str]] = {
    "follow": ("-f", "", "-ff"),
    "time": ("", "-t", "-tt", "-ttt", "-r", "-tt -r", "--absolute-timestamps=format:unix,precision:ns"),
    "duration": ("", "-T", "--syscall-times=ns"),
    "number": ("", "-n"),
    "pointer": ("", "-i"),
    "comm": ("", "-Y"),
    "where": ("file", "terminal", "pipe"),
}
BODY: Mapping[str, Sequence[str]] = {
    "fds": ("-yy", "", "-y"),
    "strings": ("", "-x", "-xx"),
    "constants": ("", "-X raw", "-X verbose"),
    "all": ("", "-v", "-e abbrev=none"),
    "size": ("", "-s 0", "-s 1024"),
    "column": ("", "-a 0", "-a 90"),
}
OTHER: Mapping[str, Sequence[str]] = {
    "count": ("-C", ""),
    "status": ("", "-z", "-Z"),
    "quiet": ("", "-q", "-qq", "-qqq"),
    "dump": ("", "-e read=3 -e write=4"),
    "precision": ("", "--relative-timestamps=s", "--decode-pids=pidns"),
}
DIMENSIONS: Mapping[str, Sequence[str]] = {**LEADER, **BODY, **OTHER}
PLAIN: Combination = {name: choices[0] for name, choices in DIMENSIONS.items()}


def possible(one: Combination) -> bool:
    """Tell whether strace 6.1 takes these together."""
    alone = one["follow"] == "-ff"
    return not (alone and (one["count"] or one["where"] != "file"))


def products() -> Iterator[Combination]:
    """Yield the whole product of the leader's dimensions, and that of the body's."""
    for dimensions in (LEADER, BODY):
        for choices in product(*dimensions.values()):
            one = {**PLAIN, **dict(zip(dimensions, choices, strict=True))}
            if one["follow"] == "-ff":
                one["count"] = ""
            if possible(one):
                yield one


def pairwise() -> list[Combination]:
    """Return combinations in which any two choices of two dimensions meet: the most new pairs first."""
    names = list(DIMENSIONS)
    wanted = {
        frozenset(((a, one), (b, other)))
        for a, b in combinations(names, 2)
        for one in DIMENSIONS[a]
        for other in DIMENSIONS[b]
        if possible(PLAIN | {"count": ""} | {a: one, b: other})
    }
    rows = []
    while wanted:
        row = _grown(dict(min(map(sorted, wanted))), wanted)
        rows.append(row)
        wanted -= _pairs(row)
    return rows


def _grown(row: Combination, wanted: set[frozenset[tuple[str, str]]]) -> Combination:
    """Fill up a row, each dimension with what makes the most wanted pairs."""
    for name, choices in DIMENSIONS.items():
        if name not in row:
            found = [row | {name: choice} for choice in choices]
            found = [each for each in found if possible(PLAIN | {"count": ""} | each)]
            row = max(found, key=lambda each: len(_pairs(each) & wanted))
    return {name: row[name] for name in DIMENSIONS}


def _pairs(row: Combination) -> set[frozenset[tuple[str, str]]]:
    return {frozenset(pair) for pair in combinations(row.items(), 2)}


def words(one: Combination) -> list[str]:
    """Return a combination as words for strace, without where it writes to."""
    return [word for name, choice in one.items() if name != "where" for word in choice.split()]


def label(one: Combination) -> str:
    """Return what tells a combination from the plain one."""
    chosen = [choice or f"no {name}" for name, choice in one.items() if choice != PLAIN[name]]
    return " ".join(chosen) or "plain"
