"""uWSGI's conditions and loops in a configuration (core/config.c, uwsgi_logic_opt_*)."""

from __future__ import annotations

from supervisor.errors import UsageError
from supervisor.servers.uwsgi.substitution import integer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from supervisor.servers.uwsgi.surroundings import Surroundings

ENDS = ("end", "endfor", "endif", "end-if", "end-for")
LOOPS = ("for", "for-times", "for-readline")
SPELLINGS = {
    "ifenv": "if-env",
    "ifexists": "if-exists",
    "ifdir": "if-dir",
    "if-directory": "if-dir",
    "ifplugin": "if-plugin",
}
CONDITIONS = ("opt", "env", "reload", "hostname", "exists", "file", "dir")
# What can't be known from outside: compiled in, or a pattern language of its own.
UNKNOWN = (
    "for-glob",
    "if-plugin",
    "if-not-plugin",
    "if-hostname-match",
    "if-not-hostname-match",
)
LOGIC = frozenset(
    (
        *LOOPS,
        *SPELLINGS,
        *UNKNOWN,
        *(f"if-{name}" for name in CONDITIONS),
        *(f"if-not-{name}" for name in CONDITIONS),
    )
)
# Under a condition that we can't decide, only these would matter.
_MATTERS = (
    "http httprouter https http-to-https http-socket http11-socket socket uwsgi-socket protocol"
    " socket-protocol master master-fifo stats stats-server chdir uid gid listen ini include"
    " inherit set emperor daemonize chmod-socket chown-socket"
)
MATTERS = frozenset(_MATTERS.split())


class Condition:
    """One `if-...` or `for...` that is in force."""

    def __init__(self, key: str, argument: str, where: str) -> None:
        """Remember what it asks."""
        self._key, self._argument, self._where = SPELLINGS.get(key, key), argument, where

    def items(
        self,
        option: str,
        where: str,
        around: Surroundings,
        value_of: Callable[[str], str | None],
    ) -> list[str]:
        """Return what `%(_)` stands for, once for every time that the option is taken."""
        if self._key in UNKNOWN:
            if option not in MATTERS:
                return ["%(_)"]
            raise UsageError(
                f"cannot tell whether `{option}` ({where}) holds: `{self._key}` ({self._where}) is"
                " uWSGI's own to decide. Take it out of the condition."
            )
        if self._key in LOOPS:
            return self._loop(around)
        name, negated = self._key.removeprefix("if-"), self._key.startswith("if-not-")
        found = self._holds(name.removeprefix("not-"), around, value_of)
        if negated:
            return [self._argument] if found is None else []
        return [] if found is None else [found]

    def _loop(self, around: Surroundings) -> list[str]:
        if self._key == "for":
            return self._argument.split()
        if self._key == "for-times":
            return [str(n) for n in range(1, integer(self._argument) + 1)]
        try:
            return around.read(self._argument).splitlines()
        except OSError:
            return []

    def _holds(
        self, name: str, around: Surroundings, value_of: Callable[[str], str | None]
    ) -> str | None:
        """Return what a condition found, None when it does not hold."""
        if name in ("opt", "env"):
            key, equals, wanted = self._argument.partition("=")
            found = value_of(key) if name == "opt" else around.environment.get(key)
            return found if not equals or found == wanted else None
        if name == "hostname":
            holds = self._argument == around.hostname
        elif name == "reload":
            holds = False  # we look before the first start
        else:
            kind = around.kind(around.real(self._argument))
            holds = kind == name if name in ("file", "dir") else bool(kind)
        return self._argument if holds else None
