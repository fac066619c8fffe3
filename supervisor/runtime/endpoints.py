"""What PID 1 tells: health over HTTP, status and commands over the control socket."""

from __future__ import annotations

import os

from supervisor.core.events import Asked
from supervisor.core.phases import SERVING
from supervisor.runtime import leanjson
from supervisor.runtime.status import metrics, status
from supervisor.servers.uwsgi import fifo

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from supervisor.runtime.conversation import Conversation
    from supervisor.runtime.fleet import Fleet
    from supervisor.runtime.keeper import Keeper

BAD_INPUT = 2  # the code with which whoever asked for that is to end
REASONS = {200: "OK", 404: "Not Found", 405: "Method Not Allowed", 503: "Service Unavailable"}


class Endpoints:
    """Answers for one keeper; `health` and `control` are what a Listener calls."""

    def __init__(self, keeper: Keeper) -> None:
        """Tell of this keeper."""
        self._keeper = keeper
        self._kept: Keeper | Fleet = keeper

    def health(self, head: bytes, talk: Conversation) -> bytes | None:
        """Answer `/livez`, `/readyz`, `/status` and `/metrics`."""
        method, _, rest = head.decode("latin-1").partition(" ")
        path = rest.partition(" ")[0].partition("?")[0]
        if method not in ("GET", "HEAD"):
            return response(405, "only GET and HEAD\n", "text/plain", extra="Allow: GET, HEAD\r\n")
        body = method == "GET"
        if path == "/livez":
            return response(200, "alive\n", body=body)
        if path == "/readyz":
            phase = self._phase
            return response(200 if phase == SERVING else 503, f"{phase}\n", body=body)
        if path == "/status":
            self._found(
                lambda found: talk.reply(
                    response(200, leanjson.dumps(found) + "\n", JSON, body=body)
                )
            )
            return None
        if path == "/metrics":
            self._found(lambda found: talk.reply(response(200, metrics(found), METRICS, body=body)))
            return None
        return response(404, "there is /livez, /readyz, /status and /metrics\n", body=body)

    @property
    def _phase(self) -> str:
        return self._keeper.present.state.phase

    def _found(self, told: Callable[[dict[str, Any]], None]) -> None:
        """Tell what is known after a fresh look."""
        keeper = self._keeper
        keeper.present.observer.look(lambda _look: told(status(keeper)))

    def control(self, head: bytes, talk: Conversation) -> bytes | None:
        """Answer one line of JSON with one; only to root and our own user."""
        pid, uid = talk.peer()
        if uid not in (0, os.getuid()):
            return reply({"error": f"uid {uid} may not do that; only uid {os.getuid()} and root"})
        try:
            wish = leanjson.loads(head.decode())
            verb = wish["do"]
        except (ValueError, TypeError, KeyError):
            return reply({"error": 'say {"do": "status"}, {"do": "stop"} or {"do": "fifo", ...}'})
        if verb == "stop" and wish.get("service") is not None:
            why = "cannot stop one service: all stop together, in order"
            return reply({"error": f"{why}. Leave its name out.", "code": BAD_INPUT})
        if verb == "stop":
            self._kept.output.event("asked", via="control", pid=pid, uid=uid)
            self._kept.ask(Asked(15, pid, uid, "control"))
            return reply({"ok": True, "pid": os.getpid()})
        return self.do(str(verb), wish, talk)

    def do(self, verb: str, wish: dict[str, Any], talk: Conversation) -> bytes | None:
        """Do what was wished for; None if the answer comes later."""
        name, own = wish.get("service"), self._keeper.plan.name
        if name not in (None, own):
            there = f"there is only {own}" if own else "there is a single one, without a name"
            asked = wished(verb, wish, f" service {name!r}")
            told = f"cannot {asked}: {there}. Leave it out."
            return reply({"error": told, "code": BAD_INPUT})
        if verb == "status":
            self._found(lambda found: talk.reply(reply(found)))
            return None
        if verb == "which":
            return reply({"service": own})
        if verb == "restart":
            return self._restart(rehearsal=bool(wish.get("rehearse")))
        if verb == "recycle":
            worker = wish.get("worker")
            self._later(talk, lambda: reply(self._recycle(worker)))
            return None
        if verb == "fifo":
            word = str(wish.get("command", ""))
            self._later(talk, lambda: reply(self._fifo(word)))  # judged by a fresh look
            return None
        return reply({"error": f"cannot {verb}: there is status, restart, recycle, stop and fifo"})

    def _restart(self, *, rehearsal: bool) -> bytes:
        why = self._keeper.restart(rehearsal=rehearsal)
        if why:
            return reply({"error": f"cannot restart: {why}."})
        number = self._keeper.succession.newest
        return reply({"ok": True, "generation": number, "service": self._keeper.plan.name})

    def _recycle(self, worker: Any) -> dict[str, Any]:
        if worker is not None and not isinstance(worker, int):
            return {"error": f"cannot recycle worker {worker!r}: say its number"}
        why = self._keeper.recycler.wish(worker)
        return {"error": why} if why else {"ok": True}

    def _later(self, talk: Conversation, answer: Any) -> None:
        """Answer after a fresh look."""
        self._keeper.present.observer.look(lambda _look: talk.reply(answer()))

    def _fifo(self, word: str) -> dict[str, Any]:
        keeper = self._keeper
        command = fifo.find(word)
        if command is None or keeper.present.fifo is None:
            known = ", ".join(one.name for one in fifo.COMMANDS)
            return {
                "error": f"cannot write {word!r}: it is none of {known}."
                if keeper.present.fifo
                else "no FIFO"
            }
        why = fifo.refusal(
            command,
            keeper.present.state.phase,
            router=keeper.plan.router,
            cheaper=keeper.plan.cheaper,
            starting=keeper.present.observer.last.starting,
        )
        why = why or keeper.present.fifo.write(command.byte)
        return (
            {"error": f"cannot {command.name}: {why}."}
            if why
            else {"ok": True, "wrote": command.name}
        )


JSON = "application/json"
METRICS = "text/plain; version=0.0.4; charset=utf-8"


def response(
    code: int, text: str, kind: str = "text/plain", *, body: bool = True, extra: str = ""
) -> bytes:
    """Return one complete HTTP response; the connection closes after it."""
    data = text.encode()
    head = (
        f"HTTP/1.1 {code} {REASONS[code]}\r\n"
        f"Content-Type: {kind}\r\nContent-Length: {len(data)}\r\n"
        f"Cache-Control: no-store\r\nConnection: close\r\n{extra}\r\n"
    )
    return head.encode() + (data if body else b"")


def wished(verb: str, wish: dict[str, Any], of: str = "") -> str:
    """Return what somebody wants to do, `of` whom: some ask on behalf of another command."""
    verb = str(wish.get("verb", verb)) if verb in ("which", "status") else verb
    told = {"status": "show", "fifo": "write to the FIFO"}.get(verb, verb)
    return f"{told}{' of' if of and verb == 'fifo' else ''}{of}"


def reply(document: dict[str, Any]) -> bytes:
    """Return one line for the control socket."""
    return leanjson.dumps(document).encode() + b"\n"
