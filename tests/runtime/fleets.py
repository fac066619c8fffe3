"""Real fleets for tests: their files, and what they tell."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from tests.runtime.kept import GRACEKEEPER, Kept

MEMBER = Path(__file__).with_name("member.py")
SCHEMA = json.loads(Path("supervisor/report/schema.json").read_text(encoding="utf-8"))
NOBODY = 65534


def service(name: str, *words: str, command: str = "", **keys: Any) -> str:
    """The text of one `[services.NAME]`; a value is TOML if it is text."""
    said = command or json.dumps([sys.executable, "-S", str(MEMBER), name, *words])
    lines = [f"[services.{name}]", f"command = {said}"]
    return "\n".join([*lines, *(f"{key} = {value}" for key, value in keys.items()), ""])


@contextmanager
def fleet(folder: Path, *services: str, top: str = "", **environment: str) -> Iterator[Kept]:
    """Run these services."""
    (folder / "gracekeeper.toml").write_text("\n".join((top, *services)))
    run = (*GRACEKEEPER, "--config", "gracekeeper.toml")
    with Kept(folder, *run, **environment) as kept:
        yield kept


def order(kept: Kept, event: str) -> list[str]:
    """The services in the order of an event of theirs."""
    return [one["service"] for one in kept.events if one["event"] == event]


def notify_socket(pid: int) -> bytes | None:
    """The address that a service was told; None as long as its environment isn't laid out."""
    environment = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    said = [one.partition(b"=@")[2] for one in environment if one.startswith(b"NOTIFY_SOCKET=")]
    return b"\0" + said[0] if said else None


def fetch(port: int, path: str) -> tuple[int, str]:
    """Ask the health endpoint."""
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()
