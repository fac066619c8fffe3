"""Python files of the tree that are a service's main program, and what they do when they end."""

from __future__ import annotations

import posixpath
import sys
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

from supervisor.core.record import Record
from supervisor.doctor.commands.wrapping import base
from supervisor.doctor.house.pythonmodules import modules
from supervisor.doctor.services.program import PROGRAM

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.house.pythonmodules import Modules
    from supervisor.doctor.reading.pythonnodes import Call, Handler, Python
    from supervisor.doctor.reading.source import Source
    from supervisor.doctor.services.program import Link
    from supervisor.doctor.services.service import Service

_PLAIN: Final = """
requests urllib3 httpx flask flask_cors flask_sqlalchemy jinja2 markupsafe werkzeug bottle waitress
redis psycopg2 psycopg pymysql mysql MySQLdb pymongo sqlalchemy peewee pika kafka confluent_kafka
paho schedule apscheduler dotenv yaml toml numpy pandas scipy sklearn matplotlib boto3 botocore
prometheus_client structlog loguru pydantic bs4 lxml PIL dateutil pytz cryptography jwt grpc
google attr attrs click colorama tqdm psutil serial smbus RPi docker kubernetes elasticsearch
openai feedparser influxdb influxdb_client zmq websockets websocket croniter asyncpg aiomysql motor
minio tenacity backoff rich ujson orjson simplejson tzlocal jsonschema paramiko dns netaddr tweepy
praw aiokafka aio_pika pymemcache clickhouse_driver duckdb marshmallow hvac stomp pyodbc oracledb
cx_Oracle pymssql watchdog cv2 selenium
"""
PLAIN: Final = frozenset(_PLAIN.split()) | sys.stdlib_module_names
"""What sets no handler of a signal, however it is called."""
_HANDLING: Final = """
aiogram telegram aiohttp celery rq twisted uvicorn gunicorn hypercorn daphne sanic granian cherrypy
dramatiq huey arq airflow faust nameko procrastinate taskiq faststream temporalio discord nextcord
disnake pyrogram kopf locust scrapy aiorun prefect ray distributed luigi supervisor circus honcho
streamlit notebook jupyter_server ipykernel nicegui gradio chainlit pyspark rasa livekit mlflow
robyn blacksheep litestar fastapi_cli watchfiles hupper autobahn django_rq django_q
"""
HANDLING: Final = frozenset(_HANDLING.split())
"""What sets handlers by itself, or may start what does."""
LASTING: Final = (
    *(".serve_forever", ".wait_for_termination", ".loop_forever", ".start_consuming"),
    ".run_forever",
)
LOADING: Final = (
    *("__import__", "importlib.import_module", "importlib.reload", "exec", "eval"),
    *("runpy.run_path", "runpy.run_module", "imp.load_source", "imp.load_module"),
)
LOADERS: Final = (".exec_module", ".load_module", ".load_from_name", ".import_string")
"""What runs a module, or text, that only the running program knows."""
TAKING: Final = (
    *("signal.sigwait", "signal.sigwaitinfo", "signal.sigtimedwait", "signal.pthread_sigmask"),
    "signal.set_wakeup_fd",
)
"""What hears a signal without a handler."""
_SPEAKING: Final[WeakKeyDictionary[House, tuple[str, ...]]] = WeakKeyDictionary()


class PythonMain(Record):
    """One of them."""

    service: Service
    link: Link
    source: Source
    parsed: Python
    modules: Modules

    def handlers(self, signal: str = "SIGTERM") -> tuple[Handler, ...]:
        """Return what it does at a signal; a handler of one that nobody can tell counts."""
        return tuple(
            one for one in self.parsed.handlers if not one.signals or signal in one.signals
        )

    @property
    def plain(self) -> bool:
        """Tell whether nothing that it imports sets a handler."""
        return self.told and not self.strange

    @property
    def told(self) -> bool:
        """Tell whether the tree has all that it imports of its own, and no handler in that."""
        own = self.modules.own.values()
        known = bool(self.parsed.imports) and self.modules.whole
        hidden = any(hides(one) for one in (self.parsed, *own))
        return known and not hidden and not any(one.handlers for one in own)

    @property
    def strange(self) -> frozenset[str]:
        """Return what it imports that may set a handler; what protoc generates does not."""
        names = self.modules.foreign - PLAIN
        return frozenset(name for name in names if not name.endswith(("_pb2", "_pb2_grpc")))

    @property
    def lasts(self) -> bool:
        """Tell whether it surely runs until it is stopped; what it calls in the tree counts."""
        waited = ".daemon" not in self.source.text and ".setDaemon" not in self.source.text
        functions = reached(self.parsed, "", threads=waited)
        if _lasts(self.parsed, functions):
            return True
        folder = posixpath.dirname(self.source.path)
        for call in self.parsed.calls if self.modules.own else ():
            if call.function in functions and "." in call.name:
                behind = self.modules.behind(call, folder)
                name = call.name.rpartition(".")[2]
                if behind is not None and _lasts(behind, reached(behind, name)):
                    return True
        return False

    def reached(self) -> frozenset[str]:
        """Return the functions that it calls when it is run, from the module down."""
        return reached(self.parsed, "")


def reached(parsed: Python, function: str, *, threads: bool = False) -> frozenset[str]:
    """Return the functions of a module that one of them calls, itself included; "": the module.

    `threads`: what it starts in threads counts, too.
    """
    calls: dict[str, set[str]] = {}
    for one in parsed.calls:
        called = calls.setdefault(one.function, set())
        called.add(one.name.rpartition(".")[2])
        called |= _threads(one) if threads else set()
    found: set[str] = set()
    left = {function}
    while left:
        name = left.pop()
        found.add(name)
        left |= calls.pop(name, set())
    return frozenset(found)


def _threads(call: Call) -> set[str]:
    """Return the function of a thread that Python waits for at its end."""
    target, daemon = call.keyword("target"), call.keyword("daemon")
    waited = daemon is None or daemon.constant is False
    if call.name != "threading.Thread" or target is None or not waited:
        return set()
    return {target.name.rpartition(".")[2]} - {""}


def _lasts(parsed: Python, functions: frozenset[str]) -> bool:
    if any(one.name.endswith(LASTING) and one.function in functions for one in parsed.calls):
        return True
    if any(one.name.endswith("BlockingScheduler") for one in parsed.calls) and any(
        one.name.endswith(".start") and one.function in functions for one in parsed.calls
    ):
        return True  # its `start` does not come back
    return any(loop.function in functions and not loop.leaves for loop in parsed.loops)


def hides(parsed: Python) -> bool:
    """Tell whether a module loads what nobody can read, or hears signals in another way."""
    return any(
        one.name in LOADING or one.name in TAKING or one.name.endswith(LOADERS)
        for one in parsed.calls
    )


def python_mains(house: House) -> Iterator[PythonMain]:
    """Return them, one for each service; of Procfiles and supervisord, too."""
    for service in house.services:
        chain = service.chain
        if chain is None or chain.main.kind != PROGRAM:
            continue
        if service.oneshot or chain.program == "manage.py":
            continue
        source = chain.main.source or _module(house, service, chain.main)
        parsed = house.files.python(source.path) if source is not None else None
        if source is not None and parsed is not None:
            found = modules(house, source, parsed)
            yield PythonMain(service, chain.main, source, parsed, found)


def _module(house: House, service: Service, link: Link) -> Source | None:
    """Return the file of `python -m package.module`, where it is in the tree."""
    if not base(link.argv[0]).startswith("python") or "-m" not in link.argv:
        return None
    folders = link.name.replace(".", "/")
    for path in (f"{folders}.py", f"{folders}/__main__.py"):
        found = house.around(service).file(f"./{path}")
        if found is not None and f"/{found.path}".endswith(f"/{path}"):
            return found
    return None


def handles(house: House, main: PythonMain) -> bool:
    """Tell whether it may have a handler for SIGTERM; those for other signals are none."""
    if main.handlers():
        return True
    known = bool(main.parsed.handlers) and "SIGTERM" not in main.source.text
    return speaks_of_signals(house, main.source, without=known)


def speaks_of_signals(house: House, source: Source, *, without: bool = False) -> bool:
    """Tell whether a Python file, or one beside or below it, has to do with SIGTERM.

    `without`: that file itself does not count.
    """
    if house not in _SPEAKING:
        _SPEAKING[house] = tuple(
            one.path
            for one in house.of_kind("python", "gunicorn")
            if "SIGTERM" in one.text or "add_signal_handler" in one.text
        )
    folder = posixpath.dirname(source.path)
    return any(
        (not folder or path.startswith(f"{folder}/")) and not (without and path == source.path)
        for path in _SPEAKING[house]
    )
