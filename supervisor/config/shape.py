"""Shape: every key of a gracekeeper.toml; the checks, the JSON Schema and the reference use it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from supervisor.config import kinds
from supervisor.config.kinds import Kind
from supervisor.config.readiness import KINDS, Readiness
from supervisor.core.exitstatus import EXIT_CODE_POLICIES
from supervisor.core.revival import RESTART_POLICIES


@dataclass(frozen=True)
class Table:
    """A table of its own: its keys; `one_of`: exactly one of these has to be there."""

    keys: tuple[Key, ...]
    one_of: tuple[str, ...] = ()
    several: bool = False  # a list of such tables


@dataclass(frozen=True)
class Key:
    """One key; `others` are names that people try first, `default` is what the reference says."""

    name: str
    kind: Kind | Table
    help: str
    default: str = ""
    needed: bool = False
    others: tuple[str, ...] = ()


def _default(kind: type[Any], field: str) -> str:
    return f"{getattr(kind, field):g}"


READY = Table(
    (
        Key("socket", kinds.PATH, "A unix socket at this path takes a connection."),
        Key("tcp", kinds.TCP, "HOST:PORT takes a connection.", others=("port",)),
        Key("http", kinds.HTTP, "This URL answers with 2xx or 3xx.", others=("url",)),
        Key("file", kinds.PATH, "A file is there.", others=("path",)),
        Key("exec", kinds.COMMAND, "This command ends with 0.", others=("command", "test")),
        Key("notify", kinds.YES, "The service says READY=1 (sd_notify(3), `$NOTIFY_SOCKET`)."),
        Key("stats", kinds.text("a path or HOST:PORT"), "uWSGI's stats server, a path or"
            " HOST:PORT, tells of a worker that accepts."),
        Key("every", kinds.duration(above=0), "From one probe to the next; 0.2"
            " with exec.", _default(Readiness, "every_s"), others=("interval", "period")),
        Key("timeout", kinds.duration(above=0), "One probe has so long to answer.",
            _default(Readiness, "patience_s"), others=("patience",)),
    ),
    one_of=KINDS,
)  # fmt: skip
STOP = Table(
    (
        Key("signal", kinds.SIGNAL, "What is sent: a name or a number.", needed=True),
        Key("patience", kinds.duration(), "Until the next rung; by default until nothing but"
            " killing is left.", "until the end", others=("timeout", "wait")),
        Key("target", kinds.choice("main", "group", "tree"), "Who gets it: the main process, its"
            " process group, or all descendants.", "main", others=("to",)),
    ),
    several=True,
)  # fmt: skip
RECYCLE = Table(
    (
        Key("memory", kinds.SIZE_OR_SHARE, "Replace a worker that needs more."),
        Key("memory_as", kinds.choice("pss", "uss"), "What of a worker is compared.", "pss"),
        Key("headroom", kinds.SIZE_OR_SHARE, "Replace the largest when the cgroup has less left."),
        Key("pressure", kinds.SHARE_ONLY, "The same when tasks wait for memory so often (PSI)."),
        Key("age", kinds.TIME, "Replace a worker that is older."),
        Key("jitter", kinds.JITTER, "Take up to so much off each worker's age.", "10%"),
        Key("requests", kinds.count(1), "Replace a worker after so many requests."),
        Key("leak", kinds.SIZE_ONLY, "Replace a worker that grows so much per 1,000 requests."),
        Key("min_ready", kinds.count(0), "So many workers stay ready meanwhile.", "1"),
        Key("cool_down", kinds.PAUSE, "From one worker's return to the next one's leave.", "30s"),
        Key("per_hour", kinds.count(1), "At most so many in an hour.", "60"),
        Key("deadline", kinds.TIME, "A worker that has not gone by then is reminded; after as"
            " long again it is killed.", "60s"),
    )
)  # fmt: skip
SERVICE = Table(
    (
        Key("command", kinds.COMMAND, "The program and its arguments: a list, or one string that is"
            " split like a shell's words. No shell reads it.", needed=True,
            others=("cmd", "exec", "args", "entrypoint", "run")),
        Key("task", kinds.FLAG, "It runs once and has to end with 0, like a migration.", "false",
            others=("oneshot", "one_shot", "init", "once")),
        Key("after", kinds.AFTER, "What has to be true before it starts. In a list: tasks are"
            " completed, services ready; a table says which: started, ready or completed.",
            "at once", others=("depends_on", "needs", "requires", "depends")),
        Key("user", kinds.USER, "Whom it runs as: NAME, UID, NAME:GROUP or UID:GID.",
            "gracekeeper's own"),
        Key("cwd", kinds.PATH, "Its folder.", "gracekeeper's own",
            others=("directory", "working_dir", "working_directory", "chdir", "workdir")),
        Key("environment", kinds.ENVIRONMENT, "Variables, added to gracekeeper's own. NAME_FILE"
            " gives it NAME with what that file holds, without the last newline.",
            others=("env", "environ")),
        Key("verbatim", kinds.VARIABLES, "Variables whose names end in _FILE and that are passed on"
            " as they are."),
        Key("listen", kinds.LISTEN, "Addresses that gracekeeper owns and hands to it, as"
            " `--listen`: [NAME=]ADDR.", others=("port", "ports", "address", "bind")),
        Key("late", kinds.choice("answer", "hold"), "Who comes after the stop began gets a 503, or"
            " waits for the next server.", "answer"),
        Key("ready", READY, "How one finds out that it serves; exactly one probe.",
            "as its server tells; else once it runs", others=("readiness", "healthcheck", "probe")),
        Key("start_timeout", kinds.duration(above=1), "It has so long to become ready.",
            "60", others=("ready_timeout", "startup_timeout")),
        Key("restart", kinds.choice(*RESTART_POLICIES), "When it has ended by itself: after 0.5 s,"
            " then twice as long each time; given up after 8 ends in a row.", "never"),
        Key("restart_grace", kinds.duration(above=0), "At a restart without a gap, the"
            " generation before has so long to answer whom it has accepted.", "60"),
        Key("watch_file", kinds.PATH, "Restart it without a gap when this changes.",
            others=("watch", "reload_file")),
        Key("essential", kinds.FLAG, "When it is over for good, everything stops in order, and its"
            " code is the container's.", "true", others=("critical", "required")),
        Key("stop", STOP, "A ladder of its own: rungs, taken in order. KILL may stand before the"
            " end: what it cuts is lost. If the last rung is no KILL of the tree, that is added.",
            "its server's own; else TERM", others=("stop_signal", "ladder")),
        Key("grace", kinds.duration(above=0), "The most of the budget that its own stop may"
            " take.", "all", others=("stop_timeout", "stop_grace_period")),
        Key("drain_delay", kinds.duration(), "Of this service alone, in its own part of the"
            " budget.", "0"),
        Key("recycle", RECYCLE, "When uWSGI's workers are replaced, one after the other."),
        Key("log", kinds.choice("inherit", "prefix", "json"), "Its output: as it is, each line"
            " behind its name, or as JSON.", "inherit if it is alone, else prefix",
            others=("output", "logging")),
    )
)  # fmt: skip
TOP = (
    Key("grace", kinds.duration(above=0), "From the signal to the platform's KILL;"
        " everything fits in.", "10", others=("stop_grace_period", "stop_timeout")),
    Key("drain_delay", kinds.duration(), "Normal service after the signal, for balancers to look"
        " away.", "0"),
    Key("exit_code", kinds.choice(*EXIT_CODE_POLICIES), "After a stop: 128 + signal, the child's"
        " own, or 0.", "signal"),
    Key("hurry", kinds.FLAG, "A second signal, a second later or more, hurries whoever is"
        " being stopped then.", "true"),
    Key("health", kinds.ADDRESS, "Serve /livez, /readyz, /status and /metrics here.", "off"),
    Key("control", kinds.PATH, "The control socket; `none` for none.", "as `run --control`"),
    Key("report", kinds.PATH, "Write the shutdown report here, too.", "off"),
    Key("log_format", kinds.choice("json", "text", "none"), "How gracekeeper's own lines look.",
        "json"),
)  # fmt: skip
SERVICES = "services"
DOCTOR = "doctor"  # a table of `gracekeeper doctor` alone, which checks it itself
