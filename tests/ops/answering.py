"""A Docker Engine's socket, and behind it whatever a test wants to answer."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

ID: Final = "a" * 64
BEGAN, ENDED = "2030-01-01T00:00:00.5Z", "2030-01-01T00:01:00Z"
SILENCE: Final = b""  # nothing comes, and the connection stays
DEADLINE_S: Final = 30.0
Answering = Callable[[str], bytes | Iterable[bytes]]


class Answers:
    """What is answered to which path, in pieces, or SILENCE; at first what an engine answers.

    Its container ran as PID 1 of nobody here, and has ended with 3.
    """

    def __init__(self, status: str = "exited", pid: int = 0) -> None:
        state = {"Status": status, "ExitCode": 3, "OOMKilled": False, "Error": "", "Pid": pid}
        state |= {"StartedAt": BEGAN, "FinishedAt": ENDED}
        made = {"Id": ID, "Name": "/web", "Path": "app", "Args": [], "RestartCount": 0}
        config = {"Config": {"Image": "app", "StopSignal": "SIGTERM", "Tty": False}}
        died = {"Action": "die", "timeNano": 1893456060 * 10**9, "Type": "container"}
        actor = {"Actor": {"ID": ID, "Attributes": {"name": "web", "exitCode": "3"}}}
        self.by_path: dict[str, bytes | Iterable[bytes]] = {
            "/version": ok({"ApiVersion": "1.41"}),
            "/info": ok({"SystemTime": ENDED}),
            "/containers/web/json": ok({**made, **config, "HostConfig": {}, "State": state}),
            "/events": ok({**died, **actor}),
            "/logs": ok({}),
            "/top": ok({"Processes": []}),
            "/containers/json": ok([{"Id": ID}]),
        }
        self.by_path[f"/containers/{ID}/json"] = self.by_path["/containers/web/json"]

    def to(self, request: str) -> bytes | Iterable[bytes]:
        """Return what is sent; a path is known by its end."""
        path = request.split(" ")[1].partition("?")[0]
        found = max((end for end in self.by_path if path.endswith(end)), key=len, default="")
        return self.by_path.get(found) or SILENCE


def ok(body: Any) -> bytes:
    """An engine's answer."""
    return answer(json.dumps(body).encode() + b"\n")


def answer(body: bytes, status: str = "200 OK") -> bytes:
    """Any server's answer."""
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body


@contextmanager
def answering(path: Path, answers: Answers) -> Iterator[str]:
    """Answer at a socket; DOCKER_HOST for it."""
    over = threading.Event()
    with closing(socket.socket(socket.AF_UNIX)) as door:
        door.bind(str(path))
        door.listen(64)
        serving = threading.Thread(target=_accept, args=(door, answers, over))
        serving.start()
        try:
            yield f"unix://{path}"
        finally:
            over.set()
            door.shutdown(socket.SHUT_RDWR)
            serving.join(DEADLINE_S)


def _accept(door: socket.socket, answers: Answers, over: threading.Event) -> None:
    threads = []
    while True:
        try:
            client, _ = door.accept()
        except OSError:
            break
        one = threading.Thread(target=_answer, args=(client, answers.to, over))
        one.start()
        threads.append(one)
    for one in threads:
        one.join(DEADLINE_S)


def _answer(client: socket.socket, to: Answering, over: threading.Event) -> None:
    with closing(client):
        asked = b""
        client.settimeout(DEADLINE_S)
        try:
            while b"\r\n\r\n" not in asked:
                piece = client.recv(65536)
                if not piece:
                    return  # only knocked
                asked += piece
            found = to(asked.decode())
            if found == SILENCE:
                over.wait(DEADLINE_S)
            for piece in [found] if isinstance(found, bytes) else found:
                client.sendall(piece)
        except OSError:
            return  # who asked has gone
