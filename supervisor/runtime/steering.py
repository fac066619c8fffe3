"""Steering: which member of a SO_REUSEPORT group gets the next connection.

A classic BPF program on the group (socket(7), SO_ATTACH_REUSEPORT_CBPF) returns the member's index,
in the order of joining. It needs no privilege. An index out of range falls back to the hash, which
with one member is right. Handshakes that have begun stay with the listener that began them.
"""

from __future__ import annotations

import _socket
import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

SOL_SOCKET: Final = 1
SO_REUSEPORT: Final = 15
SO_ATTACH_REUSEPORT_CBPF: Final = 51
SKF_NET_OFF: Final = 0xFFF00000  # linux/filter.h: offsets from the network header
IPV6_HEADER: Final = 40

RET_K, LDX_MSH, LDH_IND, LDH_ABS, JEQ = 0x06, 0xB1, 0x48, 0x28, 0x15  # linux/bpf_common.h


def everybody_to(index: int) -> bytes:
    """Return the program that leads every newcomer to one member."""
    return _op(RET_K, index)


def one_port_to(port: int, index: int, others: int, *, ipv6: bool) -> bytes:
    """Return the program that leads one source port to one member, everybody else to another."""
    load = _op(LDH_ABS, SKF_NET_OFF + IPV6_HEADER) if ipv6 else _op(LDX_MSH, SKF_NET_OFF)
    if not ipv6:
        load += _op(LDH_IND, SKF_NET_OFF)
    return load + _op(JEQ, port, jf=1) + _op(RET_K, index) + _op(RET_K, others)


def attach(member: _socket.socket, program: bytes) -> None:
    """Attach a program to the group of any of its members; OSError where the kernel refuses."""
    from array import array  # brings collections.abc with it, and few ever steer

    code = array("B", program)
    address, _length = code.buffer_info()
    fprog = struct.pack("H6xP", len(program) // 8, address)  # struct sock_fprog, linux/filter.h
    member.setsockopt(SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, fprog)


def demand() -> None:
    """Raise OSError where the kernel refuses, before anybody could come to a second listener."""
    probe = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)
    try:
        probe.setsockopt(SOL_SOCKET, SO_REUSEPORT, 1)
        attach(probe, everybody_to(0))
    finally:
        probe.close()


def _op(code: int, k: int, jt: int = 0, jf: int = 0) -> bytes:
    return struct.pack("HBBI", code, jt, jf, k)  # struct sock_filter, linux/filter.h
