"""A uvicorn that waits for its connections for ever."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from supervisor.doctor.finding import INFO, MEDIUM, Finding
from supervisor.doctor.house.waiting import killed
from supervisor.doctor.knowledge.trials import trial
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.services.hearing import for_path, hears

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.servers.servers import Server

OPTION: Final = "timeout-graceful-shutdown"
FIX = f"Add `--{OPTION} N`, some seconds below the grace period."
LASTING: Final = re.compile(
    r"\bWebSocket\b|@\w+\.websocket\(|\bEventSourceResponse\b|text/event-stream|\bsse_starlette\b"
    r"|\bsocketio\.ASGIApp\b|\bAsyncWebsocketConsumer\b|\bProtocolTypeRouter\b"
)


def check(house: House) -> Iterator[Finding]:
    """Look at every uvicorn without a limit: connections that last make it a bug."""
    lasting = _lasting(house)
    for server in house.servers:
        service = server.service
        if server.name != "uvicorn" or service.oneshot or not hears(service):
            continue
        if not server.sure or OPTION in server.options or "reload" in server.options:
            continue
        if "UVICORN_TIMEOUT_GRACEFUL_SHUTDOWN" in house.around(service).env:
            continue
        yield _finding(server, lasting)


def _finding(server: Server, lasting: str) -> Finding:
    return Finding(
        "uvicorn-no-cap",
        for_path(server.place.path, MEDIUM) if lasting else INFO,
        server.place,
        "uvicorn waits without a limit for open WebSockets and streams, and only then for its"
        f" lifespan's end: with one open it is {killed(server.service.grace)}, and no clean-up of"
        " it runs.",
        FIX,
        (),
        (f"{lasting}: connections that last",) if lasting else (),
    )


def _lasting(house: House) -> str:
    """Return where the application has WebSockets or event streams."""
    for source in house.of_kind("python"):
        if trial(source.path):
            continue
        match = LASTING.search(source.text)
        if match is not None:
            return str(source.place(source.text.count("\n", 0, match.start()) + 1))
    return ""


DOCKERFILE = 'FROM python:3.11-slim\nCOPY . /app\nCMD ["uvicorn", "app:app"]\n'
SOCKET = (
    "from fastapi import FastAPI, WebSocket\napp = FastAPI()\n"
    '@app.websocket("/ws")\nasync def ws(socket: WebSocket): ...\n'
)
PLAIN = "from fastapi import FastAPI\napp = FastAPI()\n"

RULE = Rule(
    id="uvicorn-no-cap",
    severity=MEDIUM,
    title="uvicorn has no limit for its graceful stop",
    why=(
        "uvicorn waits for its connections for ever unless `--timeout-graceful-shutdown` is set,"
        " and runs the lifespan's shutdown afterwards. One WebSocket or event stream that stays"
        " open, and neither happens: it is killed at the end of the grace period, and what the"
        " lifespan would have closed stays open; one database listener did so for 67 minutes."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example((("Dockerfile", DOCKERFILE), ("app.py", SOCKET)), at="Dockerfile:3"),
        Example((("Dockerfile", DOCKERFILE), ("app.py", PLAIN)), at="Dockerfile:3", severity=INFO),
    ),
    good=(
        Example(
            (
                (
                    "Dockerfile",
                    'FROM python:3.11\nCMD ["uvicorn", "--timeout-graceful-shutdown=8", "a:a"]\n',
                ),
                ("app.py", SOCKET),
            )
        ),
        Example(
            (("Dockerfile", 'FROM python:3.11\nCMD ["gunicorn", "-k", "uvicorn_worker", "a:a"]\n'),)
        ),
        Example((("Dockerfile", 'FROM python:3.11\nCMD ["uvicorn", "a:a", "--reload"]\n'),)),
        Example((("Dockerfile", f"{DOCKERFILE}ENV UVICORN_TIMEOUT_GRACEFUL_SHUTDOWN=8\n"),)),
    ),
)
