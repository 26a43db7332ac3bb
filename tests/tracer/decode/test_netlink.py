"""Netlink: every row has a printer, and what is hostile ends."""

import struct

import pytest

from tests.support.decoding import FakeTask, decode
from tracekit.syscalls import netlink_tables
from tracekit.tracer.decode import Options
from tracekit.tracer.decode.netlink.generic import generic_families
from tracekit.tracer.decode.netlink.payloads import DEEPEST, print_of

BASE = 0x20000000
ROUTE, SOCK_DIAG = 0, 4


class NetlinkTask(FakeTask):
    """A task whose descriptors are netlink sockets of one protocol."""

    protocol = ROUTE

    def netlink(self, _fd: int) -> int | None:
        return self.protocol


def sent(data: bytes, protocol: int = ROUTE, options: Options | None = None, size: int | None = None) -> str:
    """A message as sendto(2) has it."""
    task = NetlinkTask(data, BASE)
    task.protocol = protocol
    entry, rest, _ = decode(task, "sendto", 3, BASE, len(data) if size is None else size, options=options)
    return (entry + rest).removeprefix("sendto(3, ").rsplit(", ", 4)[0]


def header(kind: int, flags: int, body: bytes) -> bytes:
    return struct.pack("<IHHII", 16 + len(body), kind, flags, 7, 0) + body


def attribute(kind: int, body: bytes) -> bytes:
    return struct.pack("<HH", 4 + len(body), kind) + body + bytes(-len(body) % 4)


@pytest.mark.parametrize("name", [name for name in netlink_tables() if not name.endswith("_flags")])
def test_every_row_has_a_printer(name: str) -> None:
    for content in netlink_tables()[name].rows.values():
        assert callable(print_of(content))


def test_a_link_and_its_attributes() -> None:
    link = struct.pack("<BxHiII", 0, 1, 0x7FFFFFFF, 1, 0)
    data = header(16, 0x605, link + attribute(4, struct.pack("<I", 1500)) + attribute(3, b"eth7\0"))
    assert sent(data) == (
        "[{nlmsg_len=52, nlmsg_type=RTM_NEWLINK, nlmsg_flags=NLM_F_REQUEST|NLM_F_ACK|NLM_F_EXCL|NLM_F_CREATE"
        ", nlmsg_seq=7, nlmsg_pid=0}, {ifi_family=AF_UNSPEC, ifi_type=ARPHRD_ETHER, ifi_index=2147483647"
        ", ifi_flags=IFF_UP, ifi_change=0}, [[{nla_len=8, nla_type=IFLA_MTU}, 1500]"
        ', [{nla_len=9, nla_type=IFLA_IFNAME}, "eth7"]]]'
    )


def test_a_message_that_says_more_than_there_is() -> None:
    assert sent(struct.pack("<IHHII", 1 << 31, 16, 0, 0, 0), size=1 << 31).endswith(", 0x20000010]")
    assert sent(b"\1\2\3") == r'"\x01\x02\x03"'


def test_routes_within_routes_end() -> None:
    inside = b""
    for _ in range(3000):
        hop = struct.pack("<HBBI", 12 + len(inside), 0, 0, 0)
        inside = struct.pack("<HH", 12 + len(inside), 9) + hop + inside
    text = sent(header(24, 1, struct.pack("<BBBBBBBBI", 2, *[0] * 8) + inside))
    assert text.count("RTA_MULTIPATH") == DEEPEST + 1


def test_errors_about_errors_end() -> None:
    inside = b""
    for _ in range(3000):
        inside = struct.pack("<iIHHII", -1, 20 + len(inside), 2, 0, 0, 0) + inside
    assert sent(inside[4:]).count("NLMSG_ERROR") == DEEPEST + 1


def test_a_length_of_nothing_ends_the_list() -> None:
    data = header(20, 1, b"\x02\0\0\0\0\0\0\0" + struct.pack("<HHHH", 0, 1, 8, 2))
    assert sent(data).endswith("{nla_len=0, nla_type=IFA_ADDRESS}]")


def test_an_error_tells_what_it_is_about() -> None:
    about = struct.pack("<IHHII", 16, 18, 1, 5, 0)
    text = sent(header(2, 0x100, struct.pack("<i", -19) + about))
    assert text.endswith(
        "{error=-ENODEV, msg={nlmsg_len=16, nlmsg_type=RTM_GETLINK, nlmsg_flags=NLM_F_REQUEST"
        ", nlmsg_seq=5, nlmsg_pid=0}}]"
    )


def test_other_descriptors_send_strings() -> None:
    entry, rest, _ = decode(FakeTask(b"hello", BASE), "sendto", 3, BASE, 5)
    assert (entry + rest).startswith('sendto(3, "hello", 5')


def test_the_kernels_generic_families() -> None:
    families = generic_families()
    assert not families or families[0x10] == "nlctrl"
