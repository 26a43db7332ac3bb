"""What a socket is connected to, from its inode (sock_diag(7)).

The text is strace's for ``-yy``: ``TCP:[127.0.0.1:80->127.0.0.1:41458]`` when
connected, ``TCP:[127.0.0.1:80]`` when listening, ``TCP:[389516]`` with the
inode when there is nothing to tell.
"""

import os
import socket
import struct
from collections.abc import Iterator
from typing import NamedTuple

from tracekit.syscalls import constants
from tracekit.tracer.decode.text import quoted

# linux/netlink.h, linux/sock_diag.h
_NETLINK_SOCK_DIAG = 4
_SOCK_DIAG_BY_FAMILY = 20
_NLM_F_REQUEST = 1
_NLM_F_DUMP = 0x300
_NLMSG_ERROR = 2
_NLMSG_DONE = 3
_ALL_STATES = 0xFFFFFFFF
# net/tcp_states.h
_ESTABLISHED, _SYN_RECV, _FIN_WAIT1, _FIN_WAIT2, _TIME_WAIT = 1, 3, 4, 5, 6
_CLOSE_WAIT, _LAST_ACK, _LISTEN, _CLOSING, _NEW_SYN_RECV = 8, 9, 10, 11, 12
_NOBODYS = frozenset({_SYN_RECV, _TIME_WAIT, _NEW_SYN_RECV})
"""No descriptor leads to such a socket, and a busy server has tens of thousands of them."""
_SETTLED = frozenset({_ESTABLISHED, _FIN_WAIT1, _FIN_WAIT2, _CLOSE_WAIT, _LAST_ACK, _LISTEN, _CLOSING})
"""The ends of such a socket do not change any more."""
_DESCRIBED_STATES = _ALL_STATES & ~sum(1 << state for state in _NOBODYS)
_ANSWER_SIZE = 1 << 18

_HEADER = struct.Struct("=LHHLL")
# linux/inet_diag.h: struct inet_diag_req_v2 with an empty socket id
_INET_REQUEST = struct.Struct("=BBBBL48x")
# struct inet_diag_msg: family, state, then ports and addresses of the id; the inode is its last member
_INET_STATE_AT = 1
_INET_ENDS = struct.Struct("!HH16s16s")
_INET_ENDS_AT = 4
_INODE = struct.Struct("=L")
_INET_INODE_AT = 68
# linux/unix_diag.h: struct unix_diag_req; struct unix_diag_msg is 16 bytes, attributes follow
_UNIX_REQUEST = struct.Struct("=BBHLLLLL")
_UNIX_SHOW = 0x1 | 0x4  # UDIAG_SHOW_NAME | UDIAG_SHOW_PEER
_UNIX_MESSAGE = 16
_UNIX_NAME, _UNIX_PEER = 0, 2
_ATTRIBUTE = struct.Struct("=HH")
# linux/netlink_diag.h: struct netlink_diag_req; the protocol, port and inode of struct netlink_diag_msg
_NETLINK_REQUEST = struct.Struct("=BBHLLLL")
_NETLINK_ANY = 255  # NDIAG_PROTO_ALL
_NETLINK_MESSAGE = struct.Struct("=xxBxL8xL")
_NO_COOKIE = 0xFFFFFFFF


class _Protocol(NamedTuple):
    family: int
    number: int
    address: str
    """How ``address:port`` is written."""


_NUMBERS = {
    "TCP": socket.IPPROTO_TCP,
    "UDP": socket.IPPROTO_UDP,
    "UDPLITE": socket.IPPROTO_UDPLITE,
    "DCCP": 33,
    "SCTP": socket.IPPROTO_SCTP,
    "L2TP/IP": 115,
    "PING": socket.IPPROTO_ICMP,
    "RAW": socket.IPPROTO_RAW,
}
"""Protocols by the kernel's name of them; of IPv6, it ends with v6."""
_INET = {
    **{name: _Protocol(socket.AF_INET, number, "{}:{}") for name, number in _NUMBERS.items()},
    **{f"{name}v6": _Protocol(socket.AF_INET6, number, "[{}]:{}") for name, number in _NUMBERS.items()},
}
_NETLINK = "NETLINK"
_DESCRIBED = frozenset((*_INET, _NETLINK, "UNIX", "UNIX-STREAM"))
"""The protocols whose sockets strace describes; those of others stay ``socket:[...]``."""


class _Netlink(NamedTuple):
    protocol: int
    port: int


class Sockets:
    """Describes sockets by their inodes, and remembers those whose ends will not change."""

    _LIMIT = 1 << 16

    def __init__(self) -> None:
        self._known: dict[int, str] = {}
        self._netlinks: dict[int, _Netlink] = {}
        self._diag = _Diag()

    def close(self) -> None:
        """Give the netlink socket back."""
        self._diag.close()

    def describe(self, proc_fd: bytes, inode: int) -> str | None:
        """Return ``PROTOCOL:[...]`` of the socket at ``/proc/PID/fd/N``, None when it is not to be had.

        What was told of a socket once is told again, though its peer may be gone.
        """
        if text := self._known.get(inode):
            return text
        protocol = protocol_name(proc_fd)
        if protocol not in _DESCRIBED:
            return None
        if len(self._known) >= self._LIMIT:
            self._known.clear()
        try:
            ends = self._ends(protocol, inode)
        except OSError:
            ends = None
        text = f"{protocol}:[{inode if ends is None else ends}]"
        if ends is not None and protocol not in _INET:
            self._known[inode] = text
        return text

    def netlink_protocol(self, inode: int) -> int:
        """Return the protocol of a netlink socket; -1 when it has no port yet, and so is not to be found."""
        found = self._netlink(inode)
        return found.protocol if found else -1

    def _ends(self, protocol: str, inode: int) -> str | None:
        if protocol in _INET:
            return self._inet_ends(protocol, inode)
        if protocol == _NETLINK:
            found = self._netlink(inode)
            return _netlink_ends(found) if found else None
        return self._diag.unix_ends(inode) if protocol.startswith("UNIX") else None

    def _netlink(self, inode: int) -> _Netlink | None:
        """Return what is known of a netlink socket; the kernel only tells of all of them."""
        if inode not in self._netlinks:
            if len(self._netlinks) >= self._LIMIT:
                self._netlinks.clear()
            try:
                self._netlinks.update(self._diag.netlinks())
            except OSError:
                return None
        return self._netlinks.get(inode)

    def _inet_ends(self, protocol: str, wanted: int) -> str | None:
        """Return the ends of one socket. The kernel only tells those of all, so the others are kept, too."""
        found = None
        for inode, message in self._diag.dump(_INET[protocol]):
            if inode == wanted:
                found = _ends(_INET[protocol], message)
            if inode not in self._known and _is_settled(_INET[protocol], message):
                self._known[inode] = f"{protocol}:[{_ends(_INET[protocol], message)}]"
        return found


class _Diag:
    """Asks the kernel what sockets are connected to, over one netlink socket (to close one takes long)."""

    def __init__(self) -> None:
        self._netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_SOCK_DIAG)

    def close(self) -> None:
        self._netlink.close()

    def dump(self, protocol: _Protocol) -> Iterator[tuple[int, bytes]]:
        """Yield the inode of every socket of a protocol with its struct inet_diag_msg; read it to its end."""
        request = _INET_REQUEST.pack(protocol.family, protocol.number, 0, 0, _DESCRIBED_STATES)
        for message in self._ask(request, _NLM_F_DUMP):
            yield _INODE.unpack_from(message, _INET_INODE_AT)[0], message

    def netlinks(self) -> Iterator[tuple[int, _Netlink]]:
        """Yield the inode of every netlink socket that has a port, and what is known of it."""
        request = _NETLINK_REQUEST.pack(socket.AF_NETLINK, _NETLINK_ANY, 0, 0, 0, 0, 0)
        for message in self._ask(request, _NLM_F_DUMP):
            protocol, port, inode = _NETLINK_MESSAGE.unpack_from(message)
            yield inode, _Netlink(protocol, port)

    def unix_ends(self, inode: int) -> str | None:
        """Return a socket's inode, its peer's and its path; None when it has neither."""
        request = _UNIX_REQUEST.pack(
            socket.AF_UNIX, 0, 0, _ALL_STATES, inode, _UNIX_SHOW, _NO_COOKIE, _NO_COOKIE
        )
        for message in self._ask(request, 0):
            attributes = dict(_attributes(message[_UNIX_MESSAGE:]))
            text = str(inode)
            if any(peer := attributes.get(_UNIX_PEER, b"")):
                text += f"->{_INODE.unpack(peer)[0]}"
            if name := attributes.get(_UNIX_NAME):
                text += "," + _unix_name(name)
            return text if any(peer) or name else None
        return None

    def _ask(self, request: bytes, flags: int) -> Iterator[bytes]:
        """Send a sock_diag request and yield the messages that answer it: one, or all of a dump."""
        header = _HEADER.pack(_HEADER.size + len(request), _SOCK_DIAG_BY_FAMILY, _NLM_F_REQUEST | flags, 0, 0)
        self._netlink.send(header + request)
        while True:
            answer = self._netlink.recv(_ANSWER_SIZE)
            offset = 0
            while offset < len(answer):
                length, kind, _, _, _ = _HEADER.unpack_from(answer, offset)
                if kind in {_NLMSG_DONE, _NLMSG_ERROR}:
                    return
                yield answer[offset + _HEADER.size : offset + length]
                offset += (length + 3) & ~3
            if not flags & _NLM_F_DUMP:
                return


def protocol_name(proc_fd: bytes) -> str | None:
    """Return the kernel's name of the protocol of the socket at ``/proc/PID/fd/N``; None for other files."""
    try:
        return os.getxattr(proc_fd, "system.sockprotoname").rstrip(b"\0").decode("ascii", "replace")
    except OSError:
        return None


def _netlink_ends(found: _Netlink) -> str:
    """``ROUTE:1234``, or the number of a protocol without a name."""
    name = constants("protocol_netlink").names.get(found.protocol)
    return f"{name.removeprefix('NETLINK_')}:{found.port}" if name else str(found.protocol)


def _is_settled(protocol: _Protocol, message: bytes) -> bool:
    return protocol.number == socket.IPPROTO_TCP and message[_INET_STATE_AT] in _SETTLED


def _ends(protocol: _Protocol, message: bytes) -> str:
    source_port, port, source, destination = _INET_ENDS.unpack_from(message, _INET_ENDS_AT)
    local = _address(protocol, source, source_port)
    return f"{local}->{_address(protocol, destination, port)}" if port else local


def _address(protocol: _Protocol, packed: bytes, port: int) -> str:
    size = 4 if protocol.family == socket.AF_INET else 16
    return protocol.address.format(socket.inet_ntop(protocol.family, packed[:size]), port)


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield type and payload of each netlink attribute (struct nlattr)."""
    offset = 0
    while offset + _ATTRIBUTE.size <= len(data):
        length, kind = _ATTRIBUTE.unpack_from(data, offset)
        if length < _ATTRIBUTE.size:
            return
        yield kind, data[offset + _ATTRIBUTE.size : offset + length]
        offset += (length + 3) & ~3


def _unix_name(name: bytes) -> str:
    """Quote a socket's path, or ``@"name"`` for one of the abstract kind (unix(7))."""
    abstract = name.startswith(b"\0")
    path = name[1:] if abstract else name.rstrip(b"\0")
    return f"{'@' if abstract else ''}{quoted(path)}"
