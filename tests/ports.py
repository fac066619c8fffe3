"""Ports for servers under test: free, and none that the kernel gives to clients meanwhile."""

from __future__ import annotations

import itertools
import os
import socket
from pathlib import Path

# A port that the kernel chose is soon some connection's own, of which a busy suite has thousands.
_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
_LOWEST = 10_000
_below = int(_RANGE.read_text().split()[0]) if _RANGE.exists() else 32_768
# Where clients get nearly all ports, there is nothing better.
_BEHIND = _below if _below > 2 * _LOWEST else 65_536
_turns = itertools.count(os.getpid() * 97)  # none is given twice; other processes begin elsewhere


def free_port(host: str = "127.0.0.1") -> int:
    """A port that nobody listens at."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for turn in _turns:
        port = _LOWEST + turn % (_BEHIND - _LOWEST)
        with socket.socket(family) as probe:
            try:
                probe.bind((host, port))
            except OSError:
                continue
        return port
    raise AssertionError("counts without end")
