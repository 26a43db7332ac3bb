"""What a 32-bit program's memory and registers hold: narrower words, and calls that stand for others."""

import struct

import pytest

from tests.support.decoding import FakeTask
from tracekit.syscalls import calls
from tracekit.tracer.decode import Call, Decoder, Options, resolve

BASE = 0x1000
DECODER = Decoder(Options())


def decoded(task: FakeTask, number: int, *args: int, ret: int = 0) -> str:
    """The line of a call of i386."""
    call = Call(calls("i386").get(number), number, "i386", args + (0,) * (6 - len(args)))
    resolve(call, task)
    DECODER.enter(call, task)
    entry = DECODER.entering(call)
    call.ret, call.is_error = ret, -4096 < ret < 0
    DECODER.leave(call, task)
    rest, result = DECODER.exiting(call)
    return f"{entry}{rest} = {result}"


def siginfo(signo: int, code: int, form: str, *union: int) -> bytes:
    """A siginfo_t of i386: the union stands right behind three numbers."""
    return (struct.pack("<3i", signo, 0, code) + struct.pack(form, *union)).ljust(128, b"\0")


@pytest.mark.parametrize(
    ("info", "text"),
    [
        (
            siginfo(17, 2, "<iIiii", 5, 6, 9, 150, 3),
            (
                "si_signo=SIGCHLD, si_code=CLD_KILLED, si_pid=5, si_uid=6, si_status=SIGKILL, "
                "si_utime=150 /* 1.50 s */, si_stime=3 /* 0.03 s */"
            ),
        ),
        (siginfo(11, 1, "<I", 0x1234), "si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=0x1234"),
        (
            siginfo(11, 3, "<IIII", 0x10, 0, 0x20, 0x30),
            "si_signo=SIGSEGV, si_code=SEGV_BNDERR, si_addr=0x10, si_lower=0x20, si_upper=0x30",
        ),
        (siginfo(29, 1, "<ii", 65, 3), "si_signo=SIGIO, si_code=POLL_IN, si_band=65, si_fd=3"),
        (
            siginfo(14, -2, "<iii", 1, 2, 7),
            "si_signo=SIGALRM, si_code=SI_TIMER, si_timerid=0x1, si_overrun=2, si_int=7, si_ptr=0x7",
        ),
        (
            siginfo(31, 1, "<IiI", 0x8049000, 5, 0x40000003),
            (
                "si_signo=SIGSYS, si_code=SYS_SECCOMP, si_call_addr=0x8049000, si_syscall=__NR_open, "
                "si_arch=AUDIT_ARCH_I386"
            ),
        ),
    ],
)
def test_a_siginfo_is_read_in_its_own_layout(info: bytes, text: str) -> None:
    assert decoded(FakeTask(info, BASE), 178, 1, 10, BASE) == f"rt_sigqueueinfo(1, SIGUSR1, {{{text}}}) = 0"


def test_a_long_has_32_bits() -> None:
    assert decoded(FakeTask(), 19, 1, 0xFFFFFFFF, 0, ret=0xFFFFF000) == "lseek(1, -1, SEEK_SET) = 4294963200"
    assert decoded(FakeTask(), 45, 0xFFFF0000, ret=0xF7000000) == "brk(0xffff0000) = 0xf7000000"


def test_a_64_bit_offset_is_put_together_from_two_registers() -> None:
    task = FakeTask(b"abc", BASE)
    assert decoded(task, 181, 1, BASE, 3, 0x1, 0x2, ret=3) == 'pwrite64(1, "abc", 3, 8589934593) = 3'
    assert decoded(task, 181, 1, BASE, 3, 0xFFFFFFFF, 0xFFFFFFFF, ret=-22).endswith(
        "3, -1) = -1 EINVAL (Invalid argument)"
    )
    assert decoded(task, 140, 1, 0x1, 0x5, 0, 1) == "_llseek(1, 4294967301, NULL, SEEK_CUR) = 0"


def test_an_environment_is_an_array_of_words() -> None:
    task = FakeTask(struct.pack("<3I", BASE + 12, 0, 0) + b"A=1\0", BASE)
    assert decoded(task, 11, BASE + 12, BASE, BASE) == f'execve("A=1", ["A=1"], {BASE:#x} /* 1 var */) = 0'


def test_a_part_of_socketcall_is_the_call_that_it_is() -> None:
    task = FakeTask(struct.pack("<3I", 1, 2, 0), BASE)
    assert decoded(task, 102, 1, BASE, ret=3) == "socket(AF_UNIX, SOCK_DGRAM, 0) = 3"


@pytest.mark.parametrize(
    ("number", "args", "line"),
    [
        (102, (1, 0x9000), "socketcall(SYS_SOCKET, 0x9000)"),
        (102, (1, 0), "socketcall(SYS_SOCKET, NULL)"),
        (102, (21, BASE), "socketcall(21, 0x1000)"),
        (102, (0xFFFFFFFF, BASE), "socketcall(-1, 0x1000)"),
        (82, (0x9000,), "select(0x9000)"),
        (90, (0x9000,), "mmap(0x9000)"),
        (117, (5 << 16 | 1 << 4, 1), "ipc(5<<16|16, 0x1, 0, 0, 0, 0)"),
        (117, (12, 1, 2, 0, 0x9000), "msgrcv(1, 0x9000, 2, 0)"),
    ],
)
def test_what_cannot_be_told_stays_what_it_is(number: int, args: tuple[int, ...], line: str) -> None:
    assert decoded(FakeTask(bytes(8), BASE), number, *args, ret=-14) == f"{line} = -1 EFAULT (Bad address)"


def test_the_parts_of_ipc_have_their_arguments_in_their_order() -> None:
    task = FakeTask(struct.pack("<Hhh2xII", 0, -1, 0, 1, 5), BASE)
    assert decoded(task, 117, 4, 7, 1, 0, BASE, BASE + 8) == (
        "semtimedop(7, [{sem_num=0, sem_op=-1, sem_flg=0}], 1, {tv_sec=1, tv_nsec=5}) = 0"
    )
    assert decoded(task, 117, 21, 7, 0, BASE + 12, 0) == "shmat(7, NULL, 0) = 0x5"


def test_other_architectures_have_no_such_calls() -> None:
    call = Call(calls("x86_64")[9], 9, "x86_64", (BASE, 0, 0, 0, 0, 0))
    resolve(call, FakeTask(bytes(24), BASE))
    assert call.args == (BASE, 0, 0, 0, 0, 0)


def test_an_unknown_number_has_no_name() -> None:
    assert (
        decoded(FakeTask(), 999, 1, ret=-38)
        == "syscall_0x3e7(0x1, 0, 0, 0, 0, 0) = -1 ENOSYS (Function not implemented)"
    )


@pytest.mark.parametrize(
    ("request_number", "text"),
    [
        (0x40086602, "_IOC(_IOC_WRITE, 0x66, 0x2, 0x8), NULL"),
        (0x40046602, "FS_IOC32_SETFLAGS, NULL"),
        (0x40084103, "_IOC(_IOC_WRITE, 0x41, 0x3, 0x8), 0"),
        (0x40044103, "AGPIOC_SETUP or SNDRV_PCM_IOCTL_TTSTAMP, 0"),
        (0xC0185500, "_IOC(_IOC_READ|_IOC_WRITE, 0x55, 0, 0x18), 0"),
        (0x30B, "HDIO_GET_DMA, 0"),
        (0x32D, "HDIO_SET_BUSSTATE, 0"),
        (0x301, "HDIO_GETGEO, NULL"),
    ],
)
def test_requests_that_have_another_number_or_form(request_number: int, text: str) -> None:
    line = decoded(FakeTask(), 54, 0xFFFFFFFF, request_number, 0, ret=-9)
    assert line == f"ioctl(-1, {text}) = -1 EBADF (Bad file descriptor)"


def test_undecoded_calls_show_what_was_passed() -> None:
    """Calls that stand for others, numbers in two registers, and returns from handlers."""
    memory = FakeTask(struct.pack("<6I", 1, 2, 3, 4, 5, 6), BASE)
    for number, args, text in (
        (82, (BASE,), "select(0x1000)"),
        (90, (BASE,), "mmap(0x1000)"),
        (117, (1, 2, 3, 4, 5, 6), "semop(0x2, 0x3, 0x4, 0x5)"),
        (117, (13, 2, 3, 4, 5, 6), "msgget(0x2, 0x3)"),
        (102, (3, BASE), "connect(0x1, 0x2, 0x3)"),
        (180, (1, 2, 3, 4, 5, 6), "pread64(0x1, 0x2, 0x3, 0x4, 0x5)"),
        (193, (1, 2, 3, 4), "truncate64(0x1, 0x2, 0x3)"),
        (119, (1,), "sigreturn()"),
        (173, (1,), "rt_sigreturn()"),
        (0, (1,), "restart_syscall()"),
    ):
        call = Call(calls("i386").get(number), number, "i386", args + (0,) * (6 - len(args)))
        resolve(call, memory)
        call.ret, call.is_error = -514, True
        rest, result = DECODER.exiting(call)
        assert DECODER.entering(call) + rest == text
        assert result == "-1 ERESTARTNOHAND (Unknown error 514)"
