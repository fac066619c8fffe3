"""From the options of `drill` to what is drilled, loaded, done and judged."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from supervisor.config.mistakes import UnfitError
from supervisor.config.quantities import seconds
from supervisor.core.signalnames import number as signal_number
from supervisor.drill.load import Load
from supervisor.drill.site import Order
from supervisor.drill.target import secured, split
from supervisor.drill.traffic import Request
from supervisor.drill.verdict import EXIT, LOST, SLOW, Limits
from supervisor.errors import UsageError

if TYPE_CHECKING:
    from supervisor.drill.tls import Trust

COMPOSE: Final = "compose:"
MOST_PORTS: Final = 65535
REQUESTS: Final = re.compile(r"(\d+)\s*requests?")
# A weight is told from a query's own `=` by its place: /a=3, /a?b=c=3.
WEIGHED: Final = re.compile(r"(/[^?]*|[^?]*\?(?:.*&)?[^=&]*=[^=&]*)=(\d+)")


@dataclass(frozen=True)
class Where:
    """What is drilled: a target, or a URL with what serves or what stops it."""

    target: str
    url: str
    command: tuple[str, ...]
    stop_command: str
    files: tuple[str, ...]
    project: str
    port: int | None
    variables: dict[str, str]
    ready: str
    ready_within_s: float
    trust: Trust | None


@dataclass(frozen=True)
class Wish:
    """All that was asked for: `at` is in seconds (float) or answers (int)."""

    where: Where
    load: Load
    order: Order
    at: float | int
    times: int
    limits: Limits


def wish(words: Sequence[str], options: dict[str, Any]) -> Wish:
    """Read all of it; UsageError for what can't be meant."""
    if options["times_"] < 1:
        raise UsageError(f"cannot use --times {options['times_']}: it is at least 1. Write 1.")
    return Wish(
        where(words, options),
        load(options),
        order(options),
        moment(options["at_"]),
        options["times_"],
        _limits(options),
    )


def where(words: Sequence[str], options: dict[str, Any]) -> Where:
    """Read what is drilled; UsageError for what can't be meant."""
    url, stop = options["url_"] or "", options["stop_command_"] or ""
    target = "" if url else " ".join(words[:1])
    why, todo = "", "Read `gracekeeper drill --help`"
    if url and stop and words:
        why = f"--stop-command stops what runs already, and {words[0]} would be started"
    elif url and not stop and not words:
        why, todo = "nothing is named that serves there", "Add `-- COMMAND...` or --stop-command"
    elif stop and not url:
        why, todo = "--stop-command does not say where it answers", "Add --url"
    elif not url and not target.removeprefix(COMPOSE):
        why, todo = "nothing is named", "Name an image, a container or compose:SERVICE"
    elif not url and len(words) > 1:
        why = f"there is one TARGET, and {words[1]} is another"
        todo = "A command needs --url, too"
    elif url and options["port_"]:
        why, todo = "--url has the port", "Leave out --port"
    elif (options["file_"] or options["project_"]) and not target.startswith(COMPOSE):
        why, todo = "--file and --project are Compose's", f"Name a {COMPOSE}SERVICE"
    elif options["env_"] and (stop or target.startswith(COMPOSE)):
        why, todo = "--env is for what is started here", "Leave it out"
    elif options["port_"] is not None and not 1 <= options["port_"] <= MOST_PORTS:
        why, todo = f"--port {options['port_']} is none", "It is 1 to 65535"
    elif stop and options["times_"] > 1 and options["action_"] == "stop":
        why = "nobody starts again what --stop-command has stopped, so --times is 1"
        todo = "Use --action restart, with a command that restarts it"
    if why:
        raise UsageError(f"cannot drill: {why}. {todo}.")
    return Where(
        target,
        url,
        tuple(words) if url else (),
        stop,
        options["file_"],
        options["project_"] or "",
        options["port_"],
        dict(_pair(one) for one in options["env_"]),
        _ready(options["ready_"]),
        duration("--ready-within", options["ready_within_"]) or 0.0,
        trust(options),
    )


def trust(options: dict[str, Any]) -> Trust | None:
    """Read who has to be certified by whom over https; None: nothing is said of that."""
    ca, insecure, why, todo = options["ca_"] or "", options["insecure_"], "", ""
    cert, key = options["cert_"] or "", options["key_"] or ""
    if not (ca or insecure or cert or key):
        return None
    if not _secured(options["url_"] or ""):
        why = "--ca, --insecure, --cert and --key are for https"
        todo = "Add --url https://..., or leave them out"
    elif ca and insecure:
        why, todo = "--insecure trusts anybody, and --ca is about whom to trust", "Leave out one"
    elif key and not cert:
        why, todo = "--key is a certificate's", "Add --cert"
    if why:
        raise UsageError(f"cannot drill: {why}. {todo}.")
    from supervisor.drill.tls import Trust

    return Trust(ca, insecure, cert, key)


def _secured(url: str) -> bool:
    try:
        return secured(url)
    except ValueError:  # no URL at all
        return False


def load(options: dict[str, Any]) -> Load:
    """Read what is sent; UsageError for what can't be."""
    body = _body(options["body_"], options["body_file_"])
    method = options["method_"] or ("POST" if body else "GET")
    try:
        paths = options["path_"] or (_path(options["url_"]),)
        requests = tuple(_request(one, method, body) for one in paths)
        return Load(
            requests[0].path,
            clients=options["clients_"],
            rate=options["rate_"],
            keep_alive=options["keep_alive_"],
            requests=requests,
            trust=trust(options),
        )
    except ValueError as error:
        raise UsageError(f"{str(error).rstrip('.')}. Read `gracekeeper drill --help`.") from None


def order(options: dict[str, Any]) -> Order:
    """Read what is done."""
    return Order(
        options["action_"],
        _signal(options["signal_"]),
        duration("--grace", options["grace_"]),
    )


def moment(text: str) -> float | int:
    """Read when it is done: after so many seconds (float), or so many requests (int)."""
    if found := REQUESTS.fullmatch(text.strip()):
        if int(found[1]) < 1:
            raise UsageError(f"cannot use --at '{text}': it is at least 1. Write `1 request`.")
        return int(found[1])
    told = duration("--at", text, "Write a duration or a number of requests: 2s, `100 requests`")
    return float(told or 0.0)


def codes(text: str | None) -> tuple[int, ...]:
    """Read exit codes."""
    words = [one.strip() for one in (text or "").split(",") if one.strip()]
    if all(one.isdecimal() and int(one) <= 255 for one in words):
        return tuple(int(one) for one in words)
    raise UsageError(f"cannot use --exit-code {text}: a code is 0 to 255. Write 143,0.")


def duration(option: str, text: str | None, todo: str = "") -> float | None:
    """Read a duration in seconds."""
    if text is None:
        return None
    try:
        return seconds(text)
    except UnfitError as error:
        todo = todo or "Write a duration: 30s, 500ms"
        raise UsageError(f"cannot use {option}: {error}. {todo}.") from None


def _limits(options: dict[str, Any]) -> Limits:
    """Read what fails it; who says what is slow wants to know of it."""
    slow = duration("--slow-after", options["slow_after_"])
    fail_on = options["fail_on_"]
    if fail_on is None:  # whoever is killed loses what it is doing
        fail_on = (EXIT,) if options["action_"] == "kill" else (LOST, EXIT)
    if slow is not None and SLOW not in fail_on:
        fail_on = (*fail_on, SLOW)
    return Limits(fail_on, slow, codes(options["exit_code_"]))


def _signal(text: str | None) -> int:
    found = 0 if text is None else signal_number(text)
    if found is None:
        raise UsageError(f"cannot use --signal {text}: there is no such signal. Try TERM or QUIT.")
    return found


def _request(text: str, method: str, body: bytes) -> Request:
    found = WEIGHED.fullmatch(text)
    path, weight = (found[1], int(found[2])) if found else (text, 1)
    if not path.startswith("/"):
        raise UsageError(f"cannot use --path {text}: it is no path. Begin it with /.")
    return Request(path, method=method, body=body, weight=weight)


def _ready(path: str) -> str:
    if not path.startswith("/"):
        raise UsageError(f"cannot use --ready {path}: it is no path. Begin it with /.")
    try:
        return Request(path).path
    except ValueError as error:
        raise UsageError(f"cannot use --ready: {error}.") from None


def _path(url: str | None) -> str:
    """Return the path of a URL, if there is one."""
    return split(url)[1] if url else "/"


def _body(text: str | None, file: str | None) -> bytes:
    if file is None:
        return (text or "").encode()
    if text is not None:
        raise UsageError("cannot send two bodies: --body and --body-file. Leave out one.")
    try:
        return Path(file).read_bytes()
    except OSError as error:
        why = error.strerror
        raise UsageError(
            f"cannot read --body-file {file}: {why}. Name a file that can be read."
        ) from None


def _pair(text: str) -> tuple[str, str]:
    name, is_, value = text.partition("=")
    if not name or not is_:
        raise UsageError(f"cannot use --env {text}: it is no variable. Write NAME=VALUE.")
    return name, value
