"""Talks to a Docker Engine, here or elsewhere: the Docker SDK reads DOCKER_HOST and its kin."""

from __future__ import annotations

import io
import json
import os
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import closing, suppress
from http.client import HTTPException, IncompleteRead
from pathlib import Path
from typing import Any, Final

from supervisor.errors import GracekeeperError
from supervisor.ops import answers
from supervisor.ops.log import Line, lines
from supervisor.render.fields import harmless

DEFAULT_HOST: Final = "unix:///var/run/docker.sock"
PATIENCE_S: Final = 20  # between two pieces of an answer
WHOLE_S: Final = 30.0  # for all of an answer: pieces can come for ever
CONNECT_S: Final = 5
SILENT_S: Final = 2.0  # after that we say what we wait for
EVENTS_S: Final = 5.0  # for all that has happened: it is in the engine's memory
UNIX: Final = "unix://"
LATE: Final = "timed out"  # as Python, urllib3 and we say it
TAR: Final = 1 << 14  # bytes around a file: heads, and zeros at the end
PIECE: Final = 4096  # bytes of a stream; an engine's own pieces are smaller, and come at once
NOT_FOUND: Final = 404
ODD: Final = (
    *(ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError),
    *(TypeError, ValueError, struct.error),
)  # what the SDK and we raise at an answer that nobody foresaw


class GoneError(GracekeeperError):
    """There is no such container any more, or none yet."""


class Engine:
    """One engine's containers; GracekeeperError says what can't be seen, and why."""

    def __init__(self) -> None:
        """Connect, and ask which version of the API it has."""
        try:
            import docker
            import requests
            from docker import constants, errors, utils
        except ImportError:
            raise GracekeeperError(
                "cannot talk to a Docker Engine: Python's Docker SDK is not installed."
                " Do `pip install gracekeeper[docker]`."
            ) from None
        self._waited = False
        self.host = os.environ.get("DOCKER_HOST") or DEFAULT_HOST
        self._unread = requests.JSONDecodeError
        ssh = getattr(sys.modules.get("paramiko"), "SSHException", OSError)  # the SDK's own
        self._broken = (errors.DockerException, requests.RequestException, OSError, ssh)

        def client(version: str) -> Any:
            try:
                where = utils.kwargs_from_env()
                found: Any = docker.APIClient(version=version, timeout=PATIENCE_S, **where)
            except (errors.DockerException, ssh, *ODD) as error:
                raise errors.DockerException(str(error)) from None
            if found.base_url.startswith(("http:", "https:")):  # else it has a socket of its own
                found.timeout = (min(CONNECT_S, PATIENCE_S), PATIENCE_S)
            return found

        if self.host.startswith(UNIX):
            self._ask(self._knock)
        with closing(self._ask(lambda: client(constants.DEFAULT_DOCKER_API_VERSION))) as first:
            version = self._ask(lambda: answers.version(first.version(api_version=False)))
        self._api = self._ask(lambda: client(version))

    def inspect(self, name: str) -> dict[str, Any]:
        """Return what `docker inspect` shows; GoneError when there is no such container."""
        return dict(self._ask(lambda: answers.container(self._api.inspect_container(name)), name))

    def names(self, project: str) -> list[str]:
        """Return the ids of a Compose project's containers, ended ones as well."""
        wanted = {"label": f"com.docker.compose.project={project}"}
        return list(self._ask(lambda: answers.ids(self._api.containers(all=True, filters=wanted))))

    def top(self, name: str, columns: str) -> list[list[str]]:
        """Return its processes as ps(1) with these columns shows them; none when it can't."""
        try:
            return list(self._ask(lambda: answers.rows(self._api.top(name, ps_args=columns)), name))
        except GracekeeperError:
            return []

    def file(self, name: str, path: str, most: int) -> bytes:
        """Return a file of a container, also of one that has ended; links are followed.

        GracekeeperError where there is none, or one of many more bytes than `most`.
        """
        return bytes(self._ask(lambda: self._file(name, path, most), name))

    def _file(self, name: str, path: str, most: int) -> bytes:
        import tarfile

        pieces, about = self._api.get_archive(name, path)
        if (about or {}).get("linkTarget"):  # its end, by its whole path
            pieces, about = self._api.get_archive(name, about["linkTarget"])
        whole = b""
        for piece in pieces:
            whole += piece
            if len(whole) > most + TAR:
                raise ValueError(path)
        try:
            with tarfile.open(fileobj=io.BytesIO(whole)) as archive:
                entry = archive.next()
                found = archive.extractfile(entry) if entry and entry.isfile() else None
                text = found.read() if found else None
        except tarfile.TarError as error:
            raise ValueError(path) from error
        if text is None:
            raise ValueError(path)
        return text

    def log(self, name: str, most: int, since: float, until: float | None = None) -> list[str]:
        """Return the last lines that a container wrote to stdout and stderr meanwhile."""
        return [one.text for one in self.lines(name, most, since, until)]

    def lines(self, name: str, most: int, since: float, until: float | None = None) -> list[Line]:
        """Return the same with the moment of each."""
        span = {"since": max(0.001, since), "until": until, "tail": most}
        return list(
            self._ask(lambda: lines(bytes(self._api.logs(name, timestamps=True, **span))), name)
        )

    def follow_log(self, name: str, most: int, since: float) -> Iterator[bytes]:
        """Yield the last lines, with their times, and then whatever is written, until the end."""
        span = {"since": max(0.001, since), "tail": most, "follow": True, "stream": True}
        return self._each(self._ask(lambda: self._api.logs(name, timestamps=True, **span), name))

    def events(
        self, since: float, until: float | None = None, **filters: Any
    ) -> Iterator[dict[str, Any]]:
        """Yield events of containers from a moment on: for ever, or within EVENTS_S `until` one."""
        span = {"since": f"{since:.9f}"}
        if until is None:
            return self._each(self._told(span, filters, None))
        span["until"] = f"{until:.9f}"
        return iter(self._ask(lambda: list(self._told(span, filters, EVENTS_S)), "", EVENTS_S))

    def now(self) -> float:
        """Return the engine's own time of day: its clock need not be ours."""
        return float(self._ask(lambda: answers.moment(self._api.info()["SystemTime"]))) / 1e9

    def same_machine(self, pid: int, name: str) -> bool:
        """Tell whether a container's process is one of this machine's, in our sight."""
        try:
            return pid > 0 and name in Path(f"/proc/{pid}/cgroup").read_text(errors="replace")
        except OSError:
            return False

    def close(self) -> None:
        """Let go of the connection; streams that are read end."""
        self._api.close()

    def _knock(self) -> None:
        """Connect once: the SDK leaves open a socket with which it could not."""
        with closing(socket.socket(socket.AF_UNIX)) as door:
            door.settimeout(CONNECT_S)
            door.connect(f"/{self.host.removeprefix(UNIX).lstrip('/')}")

    def _told(
        self, span: dict[str, str], filters: dict[str, Any], patience_s: float | None
    ) -> Iterator[dict[str, Any]]:
        """Yield what /events tells; the SDK's own way has no deadline, not even to connect."""
        asked = {**span, "filters": json.dumps({"type": ["container"], **filters})}
        url = f"{self._api.base_url}/v{self._api.api_version}/events"
        patience = (CONNECT_S, patience_s)
        until = None if patience_s is None else time.monotonic() + patience_s
        rest = b""
        with self._api.get(url, params=asked, stream=True, timeout=patience) as answer:
            answer.raise_for_status()
            for piece in answer.iter_content(PIECE):
                if until is not None and time.monotonic() > until:
                    raise TimeoutError(LATE)  # who reads may have been left behind
                *lines, rest = (rest + piece).split(b"\n")
                yield from (answers.event(json.loads(line)) for line in lines if line)
            if rest:
                yield answers.event(json.loads(rest))

    def _each(self, stream: Any) -> Iterator[Any]:
        try:
            yield from stream
        except (*self._broken, *ODD) as error:
            raise self._meant(error, "") from None
        finally:
            with suppress(*self._broken, *ODD):  # the SDK's own can't be closed when it has ended
                stream.close()

    def _ask(self, question: Callable[[], Any], name: str = "", within_s: float = 0.0) -> Any:
        """Return the answer, if all of it comes in time.

        No timeout of a socket bounds that, so whoever reads is left behind with a slow one.
        """
        answer: Future[Any] = Future()
        asking = threading.Thread(target=_fill, args=(answer, question), daemon=True)
        asking.start()
        left_s = within_s or WHOLE_S
        asking.join(min(SILENT_S, left_s))
        if asking.is_alive() and left_s > SILENT_S:
            self._wait()
            asking.join(left_s - SILENT_S)
        try:
            if asking.is_alive():
                raise TimeoutError(LATE)
            return answer.result()
        except (*self._broken, *ODD) as error:
            raise self._meant(error, name) from None
        finally:
            del answer  # an error knows where it was raised: it would hold its connection for long

    def _wait(self) -> None:
        """Say once what it is that takes so long."""
        if not self._waited:
            self._waited = True
            print(f"gracekeeper: waiting for the engine at {self.host}", file=sys.stderr)

    def _meant(self, error: Exception, name: str) -> GracekeeperError:
        """Say what it means that a question failed like that."""
        answer = getattr(error, "response", None)
        if answer is not None and not answer.ok:
            return self._refusal(answer, name)
        inner = _innermost(error)
        why = _line(getattr(inner, "strerror", None) or inner)
        broken_off = isinstance(inner, (IncompleteRead, ConnectionError))
        unread = isinstance(error, self._unread) or not isinstance(error, self._broken)
        if unread or (isinstance(inner, HTTPException) and not broken_off):
            return self._odd(name)
        if "Permission denied" in why:
            return GracekeeperError(
                f"cannot talk to the Docker Engine at {self.host}: uid {os.getuid()} may not."
                " Run this as root, or as a member of the group `docker`."
            )
        if LATE in why:
            return GracekeeperError(
                f"cannot ask about {name or 'containers'}: the engine at {self.host} does not"
                " answer in time. See whether `docker ps` does, and try again."
            )
        todo = "Start it, or set DOCKER_HOST to where it is"
        if self.host.startswith("ssh:"):
            todo = "See whether `ssh` gets there without a question: its key, known_hosts"
        if "paramiko" in why:
            why, todo = "ssh needs Python's paramiko", "Do `pip install docker[ssh]`"
        return GracekeeperError(f"cannot reach a Docker Engine at {self.host}: {why}. {todo}.")

    def _refusal(self, answer: Any, name: str) -> GracekeeperError:
        """Return the reason that an engine gives; a proxy gives none that is one."""
        try:
            why = _line(answers.text(answer.json()["message"]))
        except (*self._broken, *ODD):
            return self._odd(name, f" ({answer.status_code})")
        if name and answer.status_code == NOT_FOUND:
            return GoneError(
                f"cannot find container {name}: the engine at {self.host} has none of that name."
                " `docker ps -a` lists those that it has."
            )
        return GracekeeperError(f"cannot ask about {name or 'containers'}: {why}.")

    def _odd(self, name: str, how: str = "") -> GracekeeperError:
        return GracekeeperError(
            f"cannot ask about {name or 'containers'}: what answers at {self.host} does not answer"
            f" like a Docker Engine{how}. Set DOCKER_HOST to one, or look at the proxy before it."
        )


def _fill(answer: Future[Any], question: Callable[[], Any]) -> None:
    try:
        answer.set_result(question())
    except BaseException as error:  # whoever waits for it gets it
        answer.set_exception(error)
        del answer


def _innermost(error: BaseException) -> BaseException:
    """Return the reason itself: the libraries wrap it several times."""
    seen = {error}
    while True:
        inner = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        inner = inner or next((a for a in error.args if isinstance(a, BaseException)), None)
        if inner is None or inner in seen:
            return error
        seen.add(inner)
        error = inner


def _line(text: object) -> str:
    """Return a reason as the middle of a sentence in one line."""
    return harmless(" ".join(str(text).split())).rstrip(".")
