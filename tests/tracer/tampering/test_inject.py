"""What is injected into calls: how it is written (strace(1)), and which calls are meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracekit.errors import UsageError
from tracekit.syscalls import by_name
from tracekit.tracer.tampering.inject import Injection, Rules

CHDIR = ("x86_64", by_name()["chdir"].numbers["x86_64"])


def one(text: str, qualifier: str = "inject") -> Injection:
    injection = Rules([(qualifier, f"chdir:{text}" if text else "chdir")]).find(*CHDIR)
    assert injection is not None
    return injection


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("error=ENOSPC", "error", 28),
        ("error=enospc", "error", 28),
        ("error=EAGAIN", "error", 11),
        ("error=ERESTARTSYS", "error", 512),
        ("error=1", "error", 1),
        ("error=4095", "error", 4095),
        ("error= +7", "error", 7),
        ("retval=0", "retval", 0),
        ("retval=42", "retval", 42),
        ("retval=0x2a", "retval", 42),
        ("retval=052", "retval", 42),
        ("retval=-1", "retval", 2**64 - 1),
        ("retval=0xffffffffffffffff", "retval", 2**64 - 1),
        ("signal=USR1", "signal", 10),
        ("signal=sigusr1", "signal", 10),
        ("signal=10", "signal", 10),
        ("signal=64", "signal", 64),
        ("signal=SIGRT_2", "signal", 34),
        ("delay_enter=5", "delay_enter", 5_000),
        ("delay_enter=5us", "delay_enter", 5_000),
        ("delay_enter=5ns", "delay_enter", 5),
        ("delay_exit=5ms", "delay_exit", 5_000_000),
        ("delay_exit=5s", "delay_exit", 5_000_000_000),
        ("delay_exit=0.5s", "delay_exit", 500_000_000),
        ("delay_exit=1e3", "delay_exit", 1_000_000),
        ("delay_exit=.5ms", "delay_exit", 500_000),
        ("delay_enter=0", "delay_enter", 0),
        ("poke_enter=@arg1=0aFF", "poke_enter", {0: b"\x0a\xff"}),
        ("poke_exit=@arg1=00,@arg6=01", "poke_exit", {0: b"\0", 5: b"\1"}),
    ],
)
def test_what_happens(text: str, field: str, value: object) -> None:
    assert getattr(one(text), field) == value


@pytest.mark.parametrize(
    ("text", "first", "last", "step"),
    [
        ("", 1, None, 1),
        (":when=3", 3, None, 0),
        (":when=3+", 3, None, 1),
        (":when=3+2", 3, None, 2),
        (":when=3..5", 3, 5, 1),
        (":when=3..5+", 3, 5, 1),
        (":when=3..9+2", 3, 9, 2),
        (":when=65535", 65535, None, 0),
        (":when=1..65534", 1, 65534, 1),
        (":when=2:when=3+", 3, None, 1),
    ],
)
def test_when(text: str, first: int, last: int | None, step: int) -> None:
    injection = one(f"error=1{text}")
    assert (injection.first, injection.last, injection.step) == (first, last, step)


def meant(injection: Injection, calls: int) -> list[int]:
    """Which calls are meant, by counting down as strace's syscall.c does."""
    first, last, found = injection.first, injection.last, []
    for count in range(1, calls + 1):
        if first == 0 or last == 0:
            continue
        last = None if last is None else last - 1
        first -= 1
        if first == 0:
            first = injection.step
            found.append(count)
    return found


@given(st.integers(1, 12), st.none() | st.integers(0, 12), st.integers(0, 5))
def test_which_calls_are_meant(first: int, more: int | None, step: int) -> None:
    injection = Injection(first=first, last=None if more is None else first + more, step=step)
    assert [count for count in range(1, 40) if injection.due(count)] == meant(injection, 39)


def test_fault_fails_with_enosys_and_knows_no_more() -> None:
    assert one("", "fault").error == 38
    assert one("when=2", "fault") == Injection(error=38, first=2, step=0)
    assert one("error=EPERM", "fault").error == 1
    assert one("syscall=getpid", "fault").syscall == "getpid"
    for text in ("retval=0", "signal=1", "delay_enter=1", "delay_exit=1", "poke_enter=@arg1=00"):
        with pytest.raises(UsageError, match=f"^invalid fault argument 'chdir:{text}'$"):
            one(text, "fault")


ZEROES = "0" * 2050
WRONG = f"""
chdir
chdir:42
!chdir:42
chdir:42:when=7
chdir:invalid
chdir:error=
chdir:error=:when=10
chdir:error=invalid_error_name
chdir:error=-1
chdir:error=3+
chdir:error=0
chdir:error=4096
chdir:when=7:error=invalid_error_name
chdir:when=
chdir:when=:error=19
chdir:when=3
chdir:when=0:error=20
chdir:when=-1:error=21
chdir:when=-2+:error=22
chdir:when=4-:error=24
chdir:when=5+-:error=25
chdir:when=6++:error=26
chdir:when=7+0:error=27
chdir:when=8+-1:error=28
chdir:when=9+1+:error=29
chdir:when=65536:error=30
chdir:when=1+65536:error=31
chdir:retval=
chdir:retval=a
chdir:retval=0b
chdir:retval=0x
chdir:retval=08
chdir:retval=0x10000000000000000
chdir:signal=
chdir:signal=0
chdir:signal=65
chdir:signal=129
chdir:signal=NONE
chdir:signal=1:signal=2
chdir:signal=1:retval=0:signal=2
chdir:retval=0:retval=1
chdir:error=1:error=2
chdir:retval=0:error=1
chdir:error=1:retval=0
chdir:delay_enter=
chdir:delay_enter=-1
chdir:delay_enter=-1.5
chdir:delay_enter=1e
chdir:delay_enter=1m
chdir:delay_enter=1e999
chdir:delay_exit=-2
chdir:delay_enter=1:delay_enter=2
chdir:delay_enter=5:delay_exit=6:delay_enter=7
chdir:syscall=gettid
chdir:error=1:syscall=invalid
chdir:error=1:syscall=chdir
chdir:error=1:syscall=%file
chdir:error=1:syscall=42
chdir:error=1:syscall=gettid:syscall=gettid
chdir:error=1:when=.
chdir:error=1:when=..+
chdir:error=1:when=+
chdir:error=1:when=10.
chdir:error=1:when=11.12
chdir:error=1:when=15..
chdir:error=1:when=16...
chdir:error=1:when=17...18
chdir:error=1:when=..20
chdir:error=1:when=24..23
chdir:error=1:when=25..26+0
chdir:error=1:when=27..65535
chdir:error=1:when=28..65535+
chdir:poke_enter=
chdir:poke_enter=,
chdir:poke_enter=invalid
chdir:poke_enter=@arg8=00
chdir:poke_enter=@arg0=00
chdir:poke_enter=@arg1
chdir:poke_enter=@arg1=
chdir:poke_enter=@arg1=000
chdir:poke_enter=@arg1=nothex
chdir:poke_enter=@arg1={ZEROES}
chdir:poke_enter=@arg1=00,@arg1=00
chdir:poke_enter=@arg1=00:poke_enter=@arg2=00
""".split("\n")[1:-1]


@pytest.mark.parametrize("text", WRONG, ids=[text[:40] for text in WRONG])
def test_what_is_wrong_is_said(text: str) -> None:
    with pytest.raises(UsageError) as raised:
        Rules([("inject", text)])
    assert raised.value.message == f"invalid inject argument '{text}'"


@pytest.mark.parametrize("text", ["", ":error=1", "nosuchcall:error=1"])
def test_calls_that_are_wrong_are_said(text: str) -> None:
    with pytest.raises(UsageError, match=r"^invalid system call '"):
        Rules([("inject", text)])


def test_the_last_expression_about_a_call_counts() -> None:
    rules = Rules([("inject", "%file:error=1"), ("fault", "chdir"), ("inject", "read:retval=7")])
    assert rules
    assert rules.find(*CHDIR) == Injection(error=38)
    assert rules.find("x86_64", by_name()["openat"].numbers["x86_64"]) == Injection(error=1)
    assert rules.find("i386", by_name()["read"].numbers["i386"]) == Injection(retval=7)
    assert rules.find("x86_64", by_name()["getpid"].numbers["x86_64"]) is None
    assert not Rules([])


@pytest.mark.parametrize(
    ("value", "warning"),
    [
        ("1", None),
        ("0x7fffffff", None),
        ("-1", "Inadvertent injection of error 1 is possible for retval=18446744073709551615"),
        ("-4095", "Inadvertent injection of error 4095 is possible for retval=18446744073709547521"),
        (
            "-4096",
            "Injected return value 18446744073709547520 will be clipped to 4294963200 in compat personality",
        ),
        (
            "0xffffffff",
            "Inadvertent injection of error 1 is possible in compat personality for retval=4294967295",
        ),
        ("0x100000000", "Injected return value 4294967296 will be clipped to 0 in compat personality"),
    ],
)
def test_return_values_that_look_like_errors(value: str, warning: str | None) -> None:
    rules = Rules([("inject", f"chdir:retval={value}")])
    assert rules.warnings == ([warning] if warning else [])
