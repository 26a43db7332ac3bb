"""Calls written from a model read back as the model; no line, however damaged, is lost or fatal."""

from collections import Counter
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from tracekit.stream import Event, parse_arguments, parse_return, read_events
from tracekit.stream.terminals import parse
from tracekit.stream.values import (
    Array,
    Descriptor,
    Field,
    Flags,
    Function,
    Integer,
    Name,
    String,
    Struct,
    Value,
)

ESCAPES = {ord("\n"): r"\n", ord("\t"): r"\t", ord("\r"): r"\r", ord('"'): r"\"", ord("\\"): r"\\"}
TRICKS = b') = 5 <0.1>" <unfinished ...> resumed> /* , {[(=> \\'


def quoted(data: bytes) -> str:
    """Escape as strace's string_quote does: octal, three digits before a digit."""
    out = []
    for place, byte in enumerate(data):
        following = data[place + 1 : place + 2]
        if byte in ESCAPES:
            out.append(ESCAPES[byte])
        elif 32 <= byte < 127:
            out.append(chr(byte))
        else:
            out.append(f"\\{byte:03o}" if following.isdigit() else f"\\{byte:o}")
    return "".join(out)


def written(value: Value) -> str:
    """Print a value as strace prints it."""
    match value:
        case String(data, cut):
            text = f'"{quoted(data)}"' + ("..." if cut else "")
        case Integer(_, text) | Name(text):
            pass
        case Flags(parts):
            text = "|".join(map(written, parts))
        case Descriptor(number, annotation):
            text = f"{number}<{annotation}>"
        case Field(name, inner):
            text = f"{name}={written(inner)}"
        case Struct(members, cut):
            text = "{" + listed(members, cut) + "}"
        case Array(items, cut):
            text = "[" + listed(items, cut) + "]"
        case Function(name, args):
            text = f"{name}({listed(args, cut=False)})"
        case _:
            raise AssertionError(value)
    return text


def listed(members: Sequence[Value], cut: bool) -> str:
    return ", ".join([*map(written, members), *(["..."] if cut else [])])


names = st.from_regex(r"[A-Z][A-Z0-9_]{0,8}", fullmatch=True)
fields = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
strings = st.builds(
    String, st.one_of(st.binary(max_size=20), st.sampled_from([TRICKS, TRICKS[5:]])), st.booleans()
)
integers = st.integers(-(1 << 63), 1 << 64).map(lambda n: Integer(n, str(n)))
letters = st.sampled_from([*'/abc, ()="{}[]|-', r"\74", r"\76"])
paths = st.lists(letters, max_size=12).map(lambda parts: "/" + "".join(parts))
annotations = st.one_of(
    paths,
    st.sampled_from(
        ["TCP:[127.0.0.1:80->127.0.0.1:4]", "TCPv6:[[::]:80]", "pipe:[3]", "/dev/null<char 1:3>"]
    ),
    st.just('UNIX-STREAM:[1->2,"/run/a]>b) = 3"]'),
)
descriptors = st.builds(Descriptor, st.integers(0, 1000), annotations)
flags = st.lists(names.map(Name), min_size=2, max_size=4).map(lambda parts: Flags(tuple(parts)))
plain: st.SearchStrategy[Value] = st.one_of(strings, integers, descriptors, flags, names.map(Name))
values: st.SearchStrategy[Value] = st.recursive(
    plain,
    lambda inner: st.one_of(
        st.builds(Array, st.lists(inner, max_size=3).map(tuple), st.booleans()),
        st.builds(Struct, st.lists(st.builds(Field, fields, inner), max_size=3).map(tuple), st.booleans()),
        st.builds(Function, fields, st.lists(plain, max_size=2).map(tuple)),
    ),
    max_leaves=6,
)
RETURNS = [
    "0",
    "-1 ENOENT (No such file or directory)",
    "?",
    "14<TCP:[a:1->b:2]>",
    "0x7f00",
    "3</tmp/a) = 4 (x>",
]


@given(fields, st.lists(values, max_size=4), st.sampled_from(RETURNS), st.booleans())
@settings(max_examples=300)
def test_a_written_call_reads_back(name: str, model: list[Value], ret: str, timed: bool) -> None:
    args = ", ".join(map(written, model))
    line = f"7  {name}({args}) = {ret}" + (" <0.000123>" if timed else "")
    (event,) = read_events([line + "\n"])
    assert (event.kind, event.name, event.args, event.ret_text) == ("syscall", name, args, ret)
    assert (event.tid, event.complete, event.duration_ns) == (7, True, 123_000 if timed else None)
    assert list(parse_arguments(args)) == model
    assert parse_return(ret).number == event.ret
    assert len(parse(f"{name}({args}) = {ret}", "call").children[1].children) == len(model)


@given(fields, st.lists(values, min_size=1, max_size=4), st.data())
@settings(max_examples=200)
def test_halves_of_a_written_call_read_back(name: str, model: list[Value], data: st.DataObject) -> None:
    shown = data.draw(st.integers(0, len(model)))
    first = "".join(f"{written(value)}, " for value in model[:shown])
    second = ", ".join(map(written, model[shown:]))
    if shown == len(model):
        first = first[:-2]
    lines = [
        f"7  {name}({first} <unfinished ...>",
        "8  getpid() = 8",
        f"7  <... {name} resumed>{second}) = 0",
    ]
    event, other = read_events(lines)
    assert list(parse_arguments(event.args or "")) == model
    assert (event.complete, event.line, event.end_line, other.name) == (True, 1, 3, "getpid")


LOG = """
4080  1795415240.944935 epoll_wait(7<anon_inode:[eventpoll]>,  <unfinished ...>
4062  1795415240.945154 pselect6(0, NULL, NULL, NULL, {tv_sec=0, tv_nsec=9}, NULL) = 0 (Timeout) <0.985770>
4080  1795415241.949143 <... epoll_wait resumed>[{events=EPOLLIN, data={u32=1}}], 13, -1) = 1 <1.004151>
4062  1795415241.949150 --- SIGTERM {si_signo=SIGTERM, si_code=SI_USER, si_pid=1, si_uid=0} ---
4073  1795415241.949233 accept4(3<TCP:[127.0.0.1:80]>, [128 => 16], 0) = 11<TCP:[a:80->b:4]> <0.1>
# tracekit process {"pid": 4062, "ppid": 1}
4062  1795415241.961602 +++ exited with 0 +++
""".strip().splitlines()
MARKS = ['"', "<", ">", "(", ")", "{", "[", "=", " = 0", " <unfinished ...>", "\0", "\x1b[0m", "9" * 30]
PIECES = [*MARKS, "strace: Process 9 attached"]


@st.composite
def damaged(draw: st.DrawFn) -> list[str]:
    lines = draw(st.lists(st.sampled_from(LOG), min_size=1, max_size=12))
    for _ in range(draw(st.integers(0, 6))):
        which = draw(st.integers(0, len(lines) - 1))
        begin, end = sorted(draw(st.integers(0, len(lines[which]))) for _ in range(2))
        with_what = draw(st.one_of(st.sampled_from(PIECES), st.text(max_size=4)))
        lines[which] = (
            (lines[which][:begin] + with_what + lines[which][end:]).replace("\n", " ").replace("\r", " ")
        )
    return lines


def places(events: list[Event]) -> Counter[int]:
    """Count in how many events each line is, without the attach notes written into other lines."""
    counted = Counter[int]()
    taken = {event.line for event in events if event.kind == "syscall"}
    for event in events:
        if not (event.kind == "attach" and event.line in taken):
            counted.update({event.line, event.end_line})
    return counted


@given(damaged())
@settings(max_examples=400)
def test_every_line_of_a_damaged_log_is_in_one_event(lines: list[str]) -> None:
    events = list(read_events(line + "\n" for line in lines))
    counted = places(events)
    assert max(counted.values()) == 1
    inside = {number for event in events for number in range(event.line, event.end_line + 1)}
    assert inside == set(range(1, len(lines) + 1))
    for event in events:
        parse_arguments(event.args or "")
        parse_return(event.ret_text or "")
        assert event.kind != "unparsed" or (event.column and event.hint)
    assert [event.line for event in events] == sorted(event.line for event in events)
