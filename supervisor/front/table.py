"""The options of `run`, as data: both who reads them quickly and who explains them use this.

The limits for recycling are not among them: only the rich half reads those.
"""

from __future__ import annotations

from supervisor.core.exitstatus import EXIT_CODE_POLICIES
from supervisor.core.record import Record
from supervisor.core.revival import RESTART_POLICIES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PREFIX = "GRACEKEEPER_"
# Not options: ours to the app, for a traceback, and the launcher's.
OTHER_VARIABLES = tuple(PREFIX + name for name in ("DRAIN_FD", "DEBUG", "SIGNAL_FD"))


class Option(Record):
    """One option: `--name` and GRACEKEEPER_NAME.

    `kind`: "text", "texts" (repeatable), "duration", "choice" or "switch" (with a `--no-` of its
    own). `field`: of front.options.Options, where it isn't the name.
    """

    name: str
    kind: str
    help: str
    default: Any = None
    metavar: str = ""
    choices: tuple[str, ...] = ()
    field: str = ""

    @property
    def variable(self) -> str:
        """The environment's name for it."""
        return PREFIX + self.key.upper()

    @property
    def key(self) -> str:
        """The name as Python spells it."""
        return self.name.replace("-", "_")

    @property
    def target(self) -> str:
        """The field of Options that it becomes."""
        return self.field or self.key


CONFIG = "config"  # the only one in whose company there is no command
OPTIONS = (
    Option(
        CONFIG,
        "text",
        "Run the services of this gracekeeper.toml in place of one COMMAND.",
        metavar="FILE",
    ),
    Option(
        "listen",
        "texts",
        "Own this address and hand it to uWSGI, gunicorn, uvicorn, hypercorn or granian. For"
        " uWSGI, NAME is what is spoken there: http (http-socket), http-router or uwsgi; by default"
        " http, on a unix socket uwsgi.  [repeatable]",
        metavar="[NAME=]ADDR",
    ),
    Option(
        "grace",
        "duration",
        "From the signal to the platform's KILL, everything fits in: 10, 10s, 1m30s.",
        10.0,
        "TIME",
        field="grace_s",
    ),
    Option(
        "drain-delay",
        "duration",
        "Normal service after the signal, for balancers to look away.",
        0.0,
        "TIME",
        field="drain_delay_s",
    ),
    Option(
        "late",
        "choice",
        "Answer who comes after the signal with 503, or let them wait for the next server.",
        "answer",
        choices=("answer", "hold"),
    ),
    Option("hurry", "switch", "A second signal, a second later or more, makes it faster.", True),
    Option(
        "health",
        "text",
        "Serve /livez, /readyz, /status and /metrics here.  [default: off]",
        metavar="ADDR",
    ),
    Option(
        "control",
        "text",
        "The control socket; `none` for none.  [default: $XDG_RUNTIME_DIR/gracekeeper.sock,"
        " /run/gracekeeper.sock or /tmp/gracekeeper-UID.sock]",
        metavar="PATH",
    ),
    Option(
        "rewrite",
        "texts",
        "Send the command signal B when A arrives (TERM:QUIT); 0 in place of B sends nothing."
        " [repeatable]",
        metavar="A:B",
    ),
    Option(
        "group",
        "switch",
        "Send signals to the command's whole process group. Servers with workers cut requests"
        " then.",
        False,
    ),
    Option(
        "stop-signals",
        "text",
        "The signals that begin a stop with its budget; others are only passed on.  [default:"
        " TERM,INT; for servers that are known QUIT, too]",
        metavar="SIGS",
    ),
    Option(
        "success-codes",
        "text",
        "Exit with 0 in place of these codes, e.g. 0,143.",
        metavar="N,N",
    ),
    Option(
        "subreaper",
        "switch",
        "Adopt orphaned descendants when not PID 1.",
        True,
    ),
    Option(
        "parent-death",
        "text",
        "Get this signal when our own parent ends.",
        metavar="SIG",
    ),
    Option(
        "restart",
        "choice",
        "Start a command anew that has ended by itself, after 0.5 s to 30 s; given up after 8"
        " ends in a row.",
        "never",
        choices=RESTART_POLICIES,
    ),
    Option(
        "watch-file",
        "text",
        "Restart without a gap when this file, or one in this folder, has changed.",
        metavar="PATH",
    ),
    Option(
        "start-timeout",
        "duration",
        "At a restart: by when the next generation must be ready, or is thrown away.",
        60.0,
        "TIME",
        field="start_timeout_s",
    ),
    Option(
        "restart-grace",
        "duration",
        "And what the one before gets to answer whom it has accepted.",
        60.0,
        "TIME",
        field="restart_grace_s",
    ),
    Option("report", "text", "Write the shutdown report here, too.", metavar="FILE"),
    Option(
        "exit-code",
        "choice",
        "After a stop: 128 + signal (143 for TERM), the child's own, or 0.",
        "signal",
        choices=EXIT_CODE_POLICIES,
    ),
    Option(
        "log-format",
        "choice",
        "How the keeper's own lines look; the report is JSON in any case, and `none` leaves it to"
        " the file.",
        "json",
        choices=("json", "text", "none"),
    ),
)
