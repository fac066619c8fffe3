"""The options of `drill`: where, what load, which end, and what fails it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

import click

from supervisor.drill.site import ACTIONS
from supervisor.drill.verdict import KINDS

F = TypeVar("F", bound=Callable[..., Any])


def _kinds(
    _context: click.Context, _option: click.Parameter, value: str | None
) -> tuple[str, ...] | None:
    """Take a list of what a drill can fail on."""
    if value is None:
        return None
    words = tuple(word.strip() for word in value.split(",") if word.strip())
    for word in words:
        if word not in KINDS:
            raise click.BadParameter(f"{word!r} is none of {', '.join(KINDS)}")
    return words


Row = tuple[str, dict[str, Any], str]  # name, what click makes of it, help
WHERE: Final[tuple[Row, ...]] = (
    ("url", {"metavar": "URL"}, "Where a COMMAND, or what --stop-command stops, answers."),
    ("ca", {"metavar": "FILE"},
     "With an https --url: who certifies it, or its own certificate (PEM)."),
    ("insecure", {"is_flag": True}, "With an https --url: whoever it is."),
    ("cert", {"metavar": "FILE"},
     "With an https --url: the certificate that clients show (PEM)."),
    ("key", {"metavar": "FILE"}, "Its key (PEM).  [default: in the same file]"),
    ("stop-command", {"metavar": "CMD"}, "With --url: what stops it. No shell reads it."),
    ("file", {"metavar": "FILE", "multiple": True}, "Compose's file; repeatable."),
    ("project", {"metavar": "NAME"}, "Compose's project."),
    ("port", {"metavar": "N", "type": int},
     "The container's port.  [default: the first that it publishes or exposes]"),
    ("env", {"metavar": "NAME=VALUE", "multiple": True},
     "A variable for the image or the COMMAND; repeatable."),
    ("ready", {"metavar": "PATH", "default": "/", "show_default": True},
     "It is ready when this is answered, and not by 502, 503 or 504."),
    ("ready-within", {"metavar": "TIME", "default": "60s", "show_default": True},
     "How long that is waited for."),
)  # fmt: skip
LOAD: Final[tuple[Row, ...]] = (
    ("clients", {"metavar": "N", "type": int, "default": 8, "show_default": True},
     "So many requests at once; each client asks again when it was answered."),
    ("rate", {"metavar": "N", "type": float},
     "Instead, N requests a second, whether or not they are answered; --clients at most at once."),
    ("keep-alive", {"is_flag": True}, "Clients keep their connections."),
    ("path", {"metavar": "PATH[=N]", "multiple": True},
     "What is asked for, N times as often as the others; repeatable.  [default: /]"),
    ("method", {"metavar": "NAME"}, "GET, or with a body POST, if none is named."),
    ("body", {"metavar": "TEXT"}, "What each request carries."),
    ("body-file", {"metavar": "FILE"}, "The same, from a file."),
)  # fmt: skip
END: Final[tuple[Row, ...]] = (
    ("action", {"metavar": "WHAT", "type": click.Choice(ACTIONS), "default": "stop",
                "show_default": True},
     "What is done: stop, restart, recycle (workers) or kill."),
    ("signal", {"metavar": "NAME"}, "The stop signal.  [default: its own, else TERM]"),
    ("grace", {"metavar": "TIME"},
     "From the signal to KILL.  [default: its own, else 10s; of --stop-command 60s]"),
    ("at", {"metavar": "WHEN", "default": "2s", "show_default": True},
     "After so much time under load, or after so many: `100 requests`."),
    ("times", {"metavar": "N", "type": int, "default": 1, "show_default": True},
     "So many drills, one after the other; each has to pass. With --stop-command, only of a"
     " restart."),
)  # fmt: skip
VERDICT: Final[tuple[Row, ...]] = (
    ("fail-on", {"metavar": "WHAT", "callback": _kinds},
     "Lost requests, a wrong exit code or a KILL, a slow stop.  [default: lost,exit; of a kill"
     " exit]"),
    ("slow-after", {"metavar": "TIME"}, "A stop that takes longer is slow, and fails it."),
    ("exit-code", {"metavar": "N,N"}, "The right ones.  [default: 128 + the signal, 0]"),
    ("report", {"metavar": "OUT", "multiple": True},
     "Write a page (.html), the document (.json) or JUnit's XML (.xml); repeatable."),
    ("json", {"is_flag": True}, "Print the document as JSON."),
)  # fmt: skip


SECTIONS: Final = {
    "Where": WHERE,
    "Load": LOAD,
    "In the middle of it": END,
    "Verdict": VERDICT,
}


class Sectioned(click.Command):
    """A command whose help has its options in sections."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write one list of options for each section, and one for the rest."""
        options = [one for one in self.get_params(ctx) if isinstance(one, click.Option)]
        left = {one.name: one.get_help_record(ctx) for one in options}
        for title, rows in SECTIONS.items():
            records = [left.pop(field(name)) for name, _made, _about in rows]
            with formatter.section(title):
                formatter.write_dl([one for one in records if one])
        with formatter.section("Other"):
            formatter.write_dl([one for one in left.values() if one])


def field(name: str) -> str:
    """Return what the function gets an option as: `json` and others are taken."""
    return f"{name.replace('-', '_')}_"


def drill_options(function: F) -> F:
    """Add all of them."""
    for name, made, about in reversed([row for rows in SECTIONS.values() for row in rows]):
        function = click.option(f"--{name}", field(name), help=about, **made)(function)
    return function
