"""The clients' half of the control socket: one line of JSON there, one back."""

from __future__ import annotations

import json
import os
import socket
import struct
from contextlib import closing
from typing import Any

import click

from supervisor.errors import GracekeeperError, UsageError
from supervisor.front.controlpath import candidates

PATIENCE_S = 5.0
UCRED = struct.Struct("iII")  # pid, uid, gid (unix(7), SO_PEERCRED)

control_option = click.option(
    "--control",
    metavar="PATH",
    envvar="GRACEKEEPER_CONTROL",
    help="The control socket, as in `run`; GRACEKEEPER_CONTROL says the same.",
)

service_argument = click.argument("service", required=False, default=None)


class NobodyError(GracekeeperError):
    """No keeper listens."""


def ask(control: str | None, **wish: Any) -> dict[str, Any]:
    """Send one wish and return the answer; GracekeeperError for none, or a refusal."""
    with closing(connect(control)) as client:
        return exchange(client, **wish)


def only(control: str | None, service: str | None, verb: str) -> str | None:
    """Return the service that is meant, by the keeper's own word where none was said."""
    if service is not None:
        return service
    return ask(control, do="which", verb=verb)["service"] or None


def connect(control: str | None) -> socket.socket:
    """Return a connection to a keeper: at the path that was told, or the first that answers."""
    places = (control,) if control else candidates()
    for place in places:
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(PATIENCE_S)
        try:
            client.connect(place)
        except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError):
            client.close()  # nobody, or nobody any more
        except OSError as error:
            client.close()
            raise _silent(place, error) from None
        else:
            return client
    raise NobodyError(
        f"cannot find a running gracekeeper: nobody listens at {' or '.join(places)}. Start it"
        " with `gracekeeper run`, or give the same `--control` path here as there."
    )


def gone(control: str | None) -> bool:
    """Tell whether no keeper listens any more."""
    try:
        connect(control).close()
    except NobodyError:
        return True
    return False


def exchange(client: socket.socket, **wish: Any) -> dict[str, Any]:
    """Say a wish on a connection and return the answer."""
    path = client.getpeername()
    try:
        client.sendall(json.dumps(wish).encode() + b"\n")
        with client.makefile("rb") as answers:
            answer = json.loads(answers.read())
    except OSError as error:
        raise _silent(path, error) from None
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise GracekeeperError(
            f"cannot understand what {path} says: it is no gracekeeper's control socket."
            " Give the `--control` path of `run`."
        )
    if "error" in answer:
        wrong = answer.get("code") == UsageError.exit_code
        raise (UsageError if wrong else GracekeeperError)(answer["error"])
    return answer


def peer(client: socket.socket) -> int:
    """Return the keeper's pid as we see it; 0 when it lives in another PID namespace."""
    pid, _uid, _gid = UCRED.unpack(
        client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, UCRED.size)
    )
    return int(pid)


def _silent(path: str, error: OSError) -> GracekeeperError:
    return GracekeeperError(
        f"cannot talk to {path}: {error.strerror or error}. Ask as root or as its own user (this"
        f" is uid {os.getuid()}), while it runs."
    )
