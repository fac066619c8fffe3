"""What programs do that start another one: become it, pass a signal on, swallow it, or kill.

Source: table 3 of the catalogue; measured as PID 1 with an application that needs one second,
except where `measured` is False (documentation and threads).
"""

from __future__ import annotations

from typing import Final

from supervisor.core.record import Record

EXECS, FORWARDS, GROUP, SWALLOWS, KILLS, CHANGES, KEEPS = (
    *("execs", "forwards", "group", "swallows", "kills", "changes", "keeps"),
)


class Wrapper(Record):
    """One that runs another program.

    `does`     EXECS: it is gone; FORWARDS; GROUP: to all below; SWALLOWS: 137 at the end of the
               grace; KILLS: TERM, two seconds, KILL; CHANGES: another signal arrives
    `valued`   its own options that take the next word
    `skips`    positional words of its own before the command (gosu: the user)
    `behind`   its own subcommand that has to come first: `uv run`
    """

    does: str
    valued: tuple[str, ...] = ()
    skips: int = 0
    behind: tuple[str, ...] = ()
    assigns: bool = False  # NAME=value words come first
    dashes: bool = False  # the command begins behind `--` only
    line: str = ""  # the option whose value is a line for a shell: `su -c`
    quoted: bool = False  # the command is one word: watchfiles
    after: tuple[str, ...] = ()  # the command stands behind one of these, up to `;`: find
    sends: str = ""  # of CHANGES: the signal that arrives
    code: int | None = None  # its own exit code, whatever its child's was
    measured: bool = True


_RUN: Final = ("run",)
WRAPPERS: Final[dict[str, Wrapper]] = {
    # They become the program.
    "env": Wrapper(EXECS, ("-u", "--unset", "-C", "--chdir"), assigns=True),
    "nice": Wrapper(EXECS, ("-n", "--adjustment")),
    "ionice": Wrapper(EXECS, ("-c", "-n", "--class", "--classdata"), measured=False),
    "chrt": Wrapper(EXECS, ("-p",), skips=1, measured=False),
    "taskset": Wrapper(EXECS, (), skips=1, measured=False),
    "numactl": Wrapper(EXECS, (), measured=False),
    "stdbuf": Wrapper(EXECS, ("-i", "-o", "-e", "--input", "--output", "--error")),
    "nohup": Wrapper(EXECS),
    "setpriv": Wrapper(
        EXECS,
        (
            *("--reuid", "--regid", "--groups", "--inh-caps", "--ambient-caps", "--bounding-set"),
            *("--securebits", "--pdeathsig", "--selinux-label", "--apparmor-profile"),
        ),
    ),
    "gosu": Wrapper(EXECS, skips=1),
    "su-exec": Wrapper(EXECS, skips=1, measured=False),
    "s6-setuidgid": Wrapper(EXECS, skips=1, measured=False),
    "setuidgid": Wrapper(EXECS, skips=1),
    "chpst": Wrapper(EXECS, ("-u", "-U", "-e", "-n", "-m", "-d", "-o", "-p", "-f", "-c", "-l")),
    "poetry": Wrapper(EXECS, ("-C", "--directory", "-P", "--project"), behind=_RUN),
    "pipenv": Wrapper(EXECS, behind=_RUN),
    "dotenv": Wrapper(EXECS, ("-f", "--file"), behind=_RUN),
    "bundle": Wrapper(EXECS, behind=("exec",), measured=False),
    "pdm": Wrapper(EXECS, ("-p", "--project"), behind=_RUN, measured=False),
    "ddtrace-run": Wrapper(EXECS),
    "newrelic-admin": Wrapper(EXECS, behind=("run-program",)),
    "opentelemetry-instrument": Wrapper(
        EXECS,
        (
            *("--traces_exporter", "--metrics_exporter", "--logs_exporter", "--service_name"),
            *("--exporter_otlp_endpoint", "--id_generator"),
        ),
    ),
    "wait-for-it.sh": Wrapper(EXECS, dashes=True, measured=False),
    "wait-for-it": Wrapper(EXECS, dashes=True, measured=False),
    "chamber": Wrapper(EXECS, behind=("exec",), dashes=True, measured=False),
    "command": Wrapper(EXECS),
    "catchsegv": Wrapper(SWALLOWS, measured=False),
    # They stay, and pass the signal on.
    "uv": Wrapper(
        FORWARDS,
        (
            *("--with", "--python", "-p", "--env-file", "--group", "--extra", "--directory"),
            *("--project", "--package", "--with-requirements", "--index-url", "--only-group"),
        ),
        behind=_RUN,
    ),
    "timeout": Wrapper(FORWARDS, ("-k", "--kill-after", "-s", "--signal"), skips=1),
    "sudo": Wrapper(FORWARDS, ("-u", "--user", "-g", "--group", "-C", "-h", "-p"), assigns=True),
    "tini": Wrapper(FORWARDS, ("-p", "-e")),
    "tini-static": Wrapper(FORWARDS, ("-p", "-e")),
    "docker-init": Wrapper(FORWARDS, ("-p", "-e")),
    "catatonit": Wrapper(FORWARDS),
    "dumb-init": Wrapper(GROUP, ("-r", "--rewrite")),
    "gracekeeper": Wrapper(
        FORWARDS,
        (
            *("--listen", "--grace", "--health", "--drain-delay", "--report", "--config"),
            *("--control", "--stop-signals", "--watch-file"),
        ),
        behind=("run", "hold"),
    ),
    # They stay and swallow it.
    "hatch": Wrapper(SWALLOWS, ("-e", "--env", "-p", "--project"), behind=_RUN),
    "rye": Wrapper(SWALLOWS, behind=_RUN, measured=False),
    "conda": Wrapper(
        SWALLOWS, ("-n", "--name", "-p", "--prefix", "--cwd"), behind=_RUN, measured=False
    ),
    "xvfb-run": Wrapper(
        SWALLOWS,
        (
            *("-n", "--server-num", "-e", "--error-file", "-f", "--auth-file", "-s"),
            *("--server-args", "-p", "--xauth-protocol", "-w", "--wait"),
        ),
    ),
    "unbuffer": Wrapper(SWALLOWS),
    "time": Wrapper(SWALLOWS, ("-f", "--format", "-o", "--output")),
    "flock": Wrapper(SWALLOWS, ("-w", "--timeout", "-E"), skips=1, line="-c"),
    "find": Wrapper(SWALLOWS, after=("-exec", "-execdir", "-ok", "-okdir")),
    "xargs": Wrapper(SWALLOWS, ("-n", "-P", "-I", "-L", "-d", "-s", "-a")),
    "strace": Wrapper(SWALLOWS, ("-e", "-o", "-s", "-p", "-u", "-E")),
    "setsid": Wrapper(SWALLOWS),
    "watch": Wrapper(SWALLOWS, ("-n",), measured=False),
    # TERM, two seconds, KILL; every other signal is blocked.
    "su": Wrapper(KILLS, ("-s", "--shell", "-g", "-G", "-w"), skips=1, line="-c", code=143),
    "runuser": Wrapper(KILLS, ("-u", "--user", "-s", "--shell", "-g", "-G"), line="-c", code=143),
    "script": Wrapper(KILLS, ("-E", "-I", "-O", "-B", "-o"), line="-c", code=0),
    # Another signal arrives.
    "watchmedo": Wrapper(
        CHANGES,
        ("-d", "--directory", "-p", "--pattern", "--patterns", "--signal", "-i", "--interval"),
        behind=("auto-restart",),
        sends="INT",
    ),
    "watchfiles": Wrapper(
        CHANGES, ("--filter", "--args", "--target-type"), quoted=True, sends="INT"
    ),
    "npm": Wrapper(CHANGES, sends="TERM", code=1),
    "yarn": Wrapper(CHANGES, sends="TERM", measured=False),
    "pnpm": Wrapper(CHANGES, sends="TERM", measured=False),
}
for _name in ("mamba", "micromamba"):
    WRAPPERS[_name] = WRAPPERS["conda"]
# What `gracekeeper run` stops in the server's own way: uWSGI always, these behind its front door.
DRIVEN: Final = ("gunicorn", "uvicorn", "hypercorn", "granian", "nginx")
INITS: Final = ("tini", "tini-static", "docker-init", "catatonit", "dumb-init", "gracekeeper")
